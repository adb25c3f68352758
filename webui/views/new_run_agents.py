"""The form's second part: harnesses with their parameters, models, a strategy."""

from typing import Any

import streamlit as st

from rexlab.dashboard.new_run_choices import bundle_in_words, model_choices
from rexlab.execution.request_command import number_text
from rexlab.harness.manifest import Harness, ParamSection
from webui.parts.page import guard
from webui.parts.state import engine, key, settings
from webui.parts.text import plain
from webui.views.new_run_parts import AgentsPart, harnesses, kept

_OWN = "command"
"""The harness that runs a program of the user's, and the name of the option for it."""
_PROGRAM = "program"
_STRATEGIES = {"": "One launch", "best-of-n": "Best of n attempts", "iterate": "Up to n attempts that learn"}
_VERIFIERS = {
    "visible": "re-run the visible experiments",
    "claim": "take the agent's own results",
    "judge": "ask the agent's model",
}


def choose_agents() -> AgentsPart:
    """Ask for harnesses, models and a strategy."""
    known = harnesses()
    with st.container(border=True):
        st.subheader("Agents", anchor=False)
        for problem in known.problems:
            st.warning(plain(problem))
        chosen = st.multiselect(
            "Harnesses",
            list(known.found),
            format_func=lambda name: _title(known.found[name]),
            placeholder="Harnesses: programs around a model",
            label_visibility="collapsed",
            select_all=False,
            **kept("harnesses"),
        )
        found = [known.found[name] for name in chosen if name in known.found]
        part = AgentsPart(harnesses=found)
        if not found:
            part.missing = "Choose at least one agent."
            return part
        texts: list[str] = []
        for harness in found:
            texts += _harness(harness, part)
        others = [harness.name for harness in found if _PROGRAM not in part.fields or harness.name != _OWN]
        if program := part.fields.pop(_PROGRAM, None):
            part.fields["command"] = program
        part.fields |= {"harness": ",".join(others), "params": tuple(texts)}
        _models(found, part)
        if any(harness.manifest.harness.runs_model for harness in found):
            part.fields |= _strategy()
    return part


def _title(harness: Harness) -> str:
    kind = " (reference)" if harness.is_reference else ""
    return f"{harness.name}: {harness.manifest.harness.title}{kind}"


def _harness(harness: Harness, part: AgentsPart) -> list[str]:
    """Say what the harness is, and ask for its parameters, each as the option ``--param`` takes it."""
    section = harness.manifest.harness
    needs = "asks a model" if harness.manifest.model else "asks no model"
    facts = [needs, *filter(None, [_bundle(harness)])]
    st.markdown(f"**{plain(harness.name)}** {plain(section.summary)}")
    st.caption(plain(f"Version {section.version}; {'; '.join(facts)}."))
    texts = []
    required = [p for p in harness.manifest.param if p.default is None]
    optional = [p for p in harness.manifest.param if p.default is not None]
    for param in required:
        value = _parameter(harness, param)
        if not value:
            part.missing = part.missing or f"The harness {harness.name} needs its parameter {param.name}."
        elif harness.name == _OWN and param.name == _PROGRAM:
            part.fields[_PROGRAM] = value
        else:
            texts.append(f"{harness.name}.{param.name}={value}")
    if optional:
        with st.expander(plain(f"Parameters of {harness.name}")):
            for param in optional:
                value = _parameter(harness, param)
                if value and param.default is not None and value != _as_text(param.default):
                    texts.append(f"{harness.name}.{param.name}={value}")
    return texts


@st.cache_data(show_spinner=False, max_entries=64)
def _bundle_of(_harness: Harness, digest: str, stamp: int) -> str:
    return bundle_in_words(_harness, settings())


def _bundle(harness: Harness) -> str:
    """Whether its bundle is installed; looked at again when one was installed or removed."""
    root = settings().bundle_root
    return _bundle_of(harness, harness.digest(), root.stat().st_mtime_ns if root.is_dir() else 0)


def _as_text(value: str | int | float | bool) -> str:
    """As the option ``--param`` takes it, numbers in their shortest form."""
    if isinstance(value, bool):
        return str(value).lower()
    return number_text(value) if isinstance(value, float) else str(value)


def _parameter(harness: Harness, param: ParamSection) -> str:
    """The value as text; empty when none was given."""
    about = plain(param.description[:1].upper() + param.description[1:])
    state: dict[str, Any] = kept(f"param-{harness.name}-{param.name}")
    label = plain(param.name)
    default = param.default
    if param.choices:
        index = param.choices.index(str(default)) if default in param.choices else None
        value: Any = st.selectbox(label, param.choices, index=index, help=about, **state)
    elif param.type == "bool":
        value = st.checkbox(label, value=bool(default), help=about, **state)
    elif param.type == "int":
        given = int(default) if default is not None else None
        low, high = (None if edge is None else int(edge) for edge in (param.minimum, param.maximum))
        value = st.number_input(label, min_value=low, max_value=high, value=given, step=1, help=about, **state)
    elif param.type == "float":
        given_float = float(default) if default is not None else None
        value = st.number_input(
            label, min_value=param.minimum, max_value=param.maximum, value=given_float, help=about, **state
        )
    else:
        value = st.text_input(label, value="" if default is None else str(default), help=about, **state).strip()
    return "" if value is None else _as_text(value)


def _models(found: list[Harness], part: AgentsPart) -> None:
    asking = [harness.name for harness in found if harness.manifest.model]
    may_ask = any(p.type == "command" for harness in found for p in harness.manifest.param)
    if not asking and not may_ask:
        return
    names: list[str] = []
    with guard():
        names = _known_models(key())
    chosen = st.multiselect(
        "Models",
        names,
        accept_new_options=True,
        placeholder="provider/model, or scripted to try it without one",
        help="Every harness that asks a model gets each of these. Keys of providers are read from the environment of "
        "this server. Scripted models cost nothing and say nothing about a model.",
        select_all=False,
        **kept("models"),
    )
    if chosen:
        part.fields["model"] = ",".join(chosen)
        part.fields["model_params"] = _model_params()
    elif asking:
        part.missing = part.missing or f"Choose a model for {', '.join(asking)}, or scripted to try it without one."


@st.cache_data(show_spinner=False, max_entries=2)
def _known_models(revision: str) -> list[str]:
    return model_choices(settings(), engine())


def _model_params() -> tuple[str, ...]:
    text = st.text_input(
        "Parameters of every request",
        placeholder="temperature=0.2 reasoning_effort=high",
        help="NAME=VALUE, separated by blanks.",
        **kept("model-params"),
    )
    return tuple(text.split())


def _strategy() -> dict[str, Any]:
    kind_box, count_box, verifier_box = st.columns([2, 1, 2])
    kind = kind_box.selectbox("Strategy", list(_STRATEGIES), format_func=_STRATEGIES.__getitem__, **kept("strategy"))
    if not kind:
        return {}
    count = count_box.number_input("n", min_value=2, max_value=100, value=3, **kept("strategy-n"))
    verifier = verifier_box.selectbox(
        "How attempts are judged", list(_VERIFIERS), format_func=_VERIFIERS.__getitem__, **kept("strategy-verifier")
    )
    return {"strategy": f"{kind}:n={count},verifier={verifier}"}
