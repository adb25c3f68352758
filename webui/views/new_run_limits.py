"""The form's third part: attempts, budgets, workers, the sandbox, a name, and what few runs need."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rexlab.execution.request import RUN_PRIORITIES
from rexlab.execution.request_command import number_text
from rexlab.sandbox import BACKENDS
from webui.parts.state import settings
from webui.parts.text import plain
from webui.views.new_run_parts import AgentsPart, kept, sandboxes

_LIMITS = {"usd": "USD", "calls": "calls", "tokens": "tokens", "seconds": "seconds"}
_REST = ("calls", "tokens", "seconds")


def choose_limits(agents: AgentsPart) -> dict[str, Any]:
    """Ask for everything that is about neither tasks nor agents; fields of the request."""
    found: dict[str, Any] = {}
    pays = any(harness.manifest.harness.runs_model for harness in agents.harnesses)
    with st.container(border=True):
        st.subheader("How it runs", anchor=False)
        attempts, workers = st.columns(2)
        found["trials"] = int(
            attempts.number_input("Attempts at each variant", min_value=1, max_value=1000, value=1, **kept("trials"))
        )
        if settings().broker_url is None:
            found |= _workers(workers) | _sandbox(agents)
        else:
            found |= _priority(workers)
        limits: dict[str, list[str]] = {"trial": [], "run": []}
        if pays:
            _budgets(("usd",), limits)
        found["name"] = st.text_input(
            "Name of the run", placeholder="Its tasks' names", max_chars=200, **kept("name")
        ).strip()
        with st.expander("Advanced"):
            if pays:
                _budgets(_REST, limits)
                limits["trial"] += _lifted(agents, limits["trial"])
            found |= _advanced()
    fields = {"trial": "budget", "run": "run_budget"}
    return found | {fields[scope]: ",".join(texts) for scope, texts in limits.items() if texts}


def _workers(place: DeltaGenerator) -> dict[str, Any]:
    default = settings().workers
    at_once = place.number_input(
        "Trials at the same time", min_value=1, max_value=256, value=default, **kept("workers")
    )
    return {} if at_once == default else {"workers": int(at_once)}


def _priority(place: DeltaGenerator) -> dict[str, Any]:
    """Of a run on a cluster, where each worker has its own sandbox and number of trials."""
    chosen = place.selectbox(
        "Priority",
        RUN_PRIORITIES,
        index=RUN_PRIORITIES.index("normal"),
        help="Whose trials the cluster's workers take first.",
        **kept("priority"),
    )
    return {"priority": chosen}


def _sandbox(agents: AgentsPart) -> dict[str, Any]:
    here = sandboxes()
    automatic = "bubblewrap" if here["bubblewrap"].ok else "process"
    labels = {"auto": f"auto: {automatic}"}
    labels |= {name: name if here[name].ok else f"{name}: not available here" for name in BACKENDS}
    default = settings().sandbox
    names = list(labels)
    chosen = st.selectbox(
        "Sandbox",
        names,
        index=names.index(default) if default in names else 0,
        format_func=labels.__getitem__,
        help="What agents and experiments run in.",
        **kept("sandbox"),
    )
    found: dict[str, Any] = {} if chosen == default else {"sandbox": chosen}
    risky = [h.name for h in agents.harnesses if h.manifest.harness.runs_model and not h.manifest.model]
    if risky and (automatic if chosen == "auto" else chosen) == "process":
        label = f"Let {', '.join(risky)} into the process sandbox, which is not meant to hold programs like it"
        found["unsafe"] = st.checkbox(plain(label), **kept("unsafe"))
    return found


def _budgets(names: Sequence[str], limits: dict[str, list[str]]) -> None:
    """Ask for these limits, of a trial and of the whole run, and add them as the options take them."""
    for scope, column in zip(limits, st.columns(len(limits)), strict=True):
        for name in names:
            usd = name == "usd"
            value = column.number_input(
                f"Budget of {'a trial' if scope == 'trial' else 'the run'}, {_LIMITS[name]}",
                min_value=0.01 if usd else 1,
                value=None,
                step=0.5 if usd else 1,
                placeholder="As the harness says" if scope == "trial" else "No limit",
                help="Calls to the model alone count; the one after the one that reaches a limit is refused.",
                **kept(f"{scope}-{name}"),
            )
            if value is not None:
                limits[scope].append(f"{name}={number_text(value)}")


def _lifted(agents: AgentsPart, given: Sequence[str]) -> list[str]:
    """Limits of the harnesses' own that the user wants lifted; those with another value here do not hold anyway."""
    set_here = {text.partition("=")[0] for text in given}
    own = {name for h in agents.harnesses for name in h.manifest.budget.model_dump(exclude_none=True)} - set_here
    if not own:
        return []
    lifted = st.multiselect(
        "Limits of the harnesses' own that do not hold in this run",
        sorted(own),
        format_func=_LIMITS.__getitem__,
        placeholder="None",
        **kept("lifted"),
    )
    return [f"{name}=none" for name in lifted]


def _advanced() -> dict[str, Any]:
    found: dict[str, Any] = {}
    first, second = st.columns(2)
    timeout = first.number_input(
        "Seconds for each launch",
        min_value=1,
        value=None,
        placeholder="As its harness says",
        **kept("timeout"),
    )
    if timeout is not None:
        found["agent_timeout"] = float(timeout)
    limit = second.number_input(
        "Variants of each task, at the most", min_value=1, value=None, placeholder="No limit", **kept("limit")
    )
    if limit is not None:
        found["limit"] = int(limit)
    seed = first.number_input("Seed", value=0, step=1, help="Of everything that is drawn.", **kept("seed"))
    if seed:
        found["seed"] = int(seed)
    if st.checkbox("Also judge each masked function alone", help="Credit for each function.", **kept("attribute")):
        found["attribute"] = True
    return found
