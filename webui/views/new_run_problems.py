"""The form's first part: tasks, what of them is masked, and what agents are shown."""

from typing import Any

import streamlit as st

from rexlab.dashboard.new_run_choices import TaskChoice, task_choices
from rexlab.execution.request_agents import SETTINGS
from rexlab.task.named_variants import load_named_variants
from webui.parts.page import guard
from webui.parts.state import settings
from webui.parts.text import plain
from webui.views.new_run_parts import Part, kept, known_tasks

_HOW = {
    "all": "All sets",
    "sample": "A sample of sets",
    "progressive": "Nested chains",
    "named": "Named sets",
}
_HOW_HELP = (
    "All sets: every way to choose so many functions. A sample: some of them, drawn with the seed. Nested chains: each "
    "larger set holds the smaller one. Named sets: those that a task lists."
)
_SHOWN = {
    "default": "Paper, code and the experiments' commands",
    "pieces": "Choose piece by piece",
    "fc": "AutoExperiment fc: nothing masked, no commands",
    "pc": "AutoExperiment pc: masked, no commands",
    "pc+refsol": "AutoExperiment pc+refsol: masked, with commands",
}
_HINTS = {"default": "Task alone", "hints": "Hints", "detailed_hints": "Detailed hints"}
_MOST_PILLS = 12
_QUERY = "tasks"
_TASKS = "new-run-tasks"


def choose_problems() -> Part:
    """Ask for tasks and variants."""
    with st.container(border=True):
        st.subheader("Tasks", anchor=False)
        suites, tasks = _tasks()
    part = Part({"suites": suites})
    if not tasks:
        part.missing = "Choose at least one task."
        return part
    with st.container(border=True):
        st.subheader("What is masked and shown", anchor=False)
        part.fields |= _shown(tasks)
        if all(task.extension for task in tasks):
            st.caption("Nothing is masked in extension tasks: agents implement what the instructions ask for.")
        elif part.fields.get("setting") != "fc":
            masked, part.missing = _masks(tasks)
            part.fields |= masked
    return part


def _tasks() -> tuple[tuple[str, ...], list[TaskChoice]]:
    known = {task.id: task for task in task_choices(settings())}
    suites: dict[str, list[TaskChoice]] = {}
    for task in known.values():
        suites.setdefault(task.id.partition("/")[0], []).append(task)
    labels = {suite: f"{suite}: all {len(tasks)} tasks" for suite, tasks in suites.items()}
    labels |= {task.id: f"{task.id}: {task.title}" for task in known.values()}
    if unknown := _preselect(labels):
        st.caption(plain(f"There is no task {', '.join(unknown)}."))
    chosen = st.multiselect(
        "Tasks",
        list(labels),
        format_func=lambda name: labels.get(name, name),
        placeholder="Suites, or single tasks",
        label_visibility="collapsed",
        select_all=False,
        **kept("tasks"),
    )
    ids = [task.id for name in chosen for task in suites.get(name, [known[name]] if name in known else [])]
    return tuple(chosen), [known[i] for i in dict.fromkeys(ids)]


def _preselect(labels: dict[str, str]) -> list[str]:
    """Choose the tasks that the address names, once for each address; those that do not exist are returned."""
    asked = st.query_params.get(_QUERY, "")
    names = [name.strip() for name in asked.split(",") if name.strip()]
    if asked != st.session_state.get("new-run-asked", ""):
        st.session_state["new-run-asked"] = asked
        if names:
            st.session_state[_TASKS] = [name for name in names if name in labels]
    return [name for name in names if name not in labels]


def _shown(tasks: list[TaskChoice]) -> dict[str, Any]:
    how = st.selectbox("Agents are shown", list(_SHOWN), format_func=_SHOWN.__getitem__, **kept("shown"))
    found: dict[str, Any] = {}
    if how in SETTINGS:
        found["setting"] = how
    elif how == "pieces":
        paper, commands = st.columns(2)
        if not paper.checkbox("The paper", value=True, **kept("paper")):
            found["paper"] = False
        if not commands.checkbox("The experiments' commands", value=True, **kept("commands")):
            found["commands"] = False
    if any(task.extension for task in tasks):
        levels = st.pills(
            "Hints of extension tasks",
            list(_HINTS),
            format_func=_HINTS.__getitem__,
            selection_mode="multi",
            default=["default"],
            help="Several levels make as many variants of each task.",
            **kept("hints"),
        )
        if levels and levels != ["default"]:
            found["hints"] = ",".join(levels)
    return found


def _masks(tasks: list[TaskChoice]) -> tuple[dict[str, Any], str]:
    """What is masked, and what is still to be chosen."""
    names = [how for how in _HOW if how != "named" or any(task.named for task in tasks)]
    how = st.segmented_control(
        "Sets of masked functions",
        names,
        format_func=_HOW.__getitem__,
        default="all",
        required=True,
        help=_HOW_HELP,
        **kept("how"),
    )
    if how == "named":
        return _named(tasks)
    numbers = _numbers(max(task.functions for task in tasks))
    found: dict[str, Any] = {} if numbers == "1" else {"masks": numbers}
    if how in ("sample", "progressive"):
        label = "Sets of each number and task" if how == "sample" else "Chains of each task"
        found[how] = int(st.number_input(label, min_value=1, value=5, **kept(how)))
    return found, "" if numbers else "Choose how many functions are masked."


def _numbers(most: int) -> str:
    """Numbers of masked functions, as the option ``--masks`` takes them."""
    if most > _MOST_PILLS:
        return str(
            st.text_input(
                f"Numbers of masked functions, up to {most}",
                value="1",
                placeholder="1,2,3 or 1..5",
                **kept("masks-text"),
            )
        ).strip()
    chosen = st.pills(
        "Numbers of masked functions",
        list(range(_MOST_PILLS + 1))[: most + 1],
        selection_mode="multi",
        default=[min(1, most)],
        help="A task with fewer functions is left out of the larger numbers. 0: nothing is masked.",
        **kept("masks"),
    )
    return ",".join(str(number) for number in sorted(chosen))


def _named(tasks: list[TaskChoice]) -> tuple[dict[str, Any], str]:
    names: list[str] = []
    with guard():
        for task in tasks:
            if task.named:
                (loaded,) = known_tasks().find(str(task.folder), settings().task_folders)
                names += [variant.name for variant in load_named_variants(loaded)]
    chosen = st.multiselect(
        "Named sets",
        list(dict.fromkeys(names)),
        accept_new_options=True,
        placeholder="Names, or patterns such as n2-*",
        **kept("named"),
    )
    return {"variants": ",".join(chosen)}, "" if chosen else "Choose named sets."
