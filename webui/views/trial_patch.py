"""What the agent wrote beside the reference: function by function or file by file, then the whole patch."""

from collections.abc import Sequence

import streamlit as st

from rexlab.dashboard.patches import FileVersions, FunctionVersions, file_versions, function_versions
from rexlab.errors import RexlabError
from rexlab.execution.prepare import planned_task
from rexlab.store.models import ArtifactRow, Outcome
from rexlab.store.queries import TrialRecord
from webui.parts.page import empty
from webui.parts.state import artifacts, settings
from webui.parts.tables import show_table
from webui.parts.text import plain, show_text

_DIFFERENCES = "Differences, from the reference to the agent's version"
_BRIEF = 24
"""Lines of differences that are shown at once."""
_TALL, _LINES = 460, 24
"""Pixels of a box of code that has more lines than these."""


def patch(record: TrialRecord, rows: Sequence[ArtifactRow]) -> None:
    """The patch in three ways: beside the reference, as text, and what the grader did not take of it."""
    kept = [row for row in rows if row.kind == "patch"]
    if not kept:
        empty(_no_patch_yet(record))
        return
    data = artifacts().load(kept[-1])
    if not data.strip():
        st.info("The agent changed nothing; the reference shows what was asked for.", icon=":material/info:")
    try:
        _beside_the_reference(record, data)
    except RexlabError as error:
        st.warning(plain(f"The patch cannot be set beside the reference: {error}"), icon=":material/warning:")
    if data.strip():
        st.subheader("The whole patch", anchor=False)
        show_text(data, language="diff", height=_height(data.count(b"\n")))
    _left_out(record)


def _no_patch_yet(record: TrialRecord) -> str:
    if record.outcome is Outcome.CANCELLED:
        return "The trial was cancelled before the agent's patch was captured."
    if record.outcome is Outcome.INFRA_ERROR:
        return "The trial failed for a reason of the platform's before the agent's patch was captured."
    if record.outcome is not None:
        return "No patch was kept of this trial."
    return "The patch is captured when the agent has ended; then it is shown here beside the reference."


def _beside_the_reference(record: TrialRecord, data: bytes) -> None:
    if record.variant.kind == "extension":
        found, more = _files(record.trial.id, record, data)
        for file in found:
            _file(file)
        if more:
            st.caption(f"{more:,} more files are in the whole patch below.")
        return
    if not record.variant.functions:
        st.caption("Nothing was masked: the agent was asked to run the experiments on whole code.")
        return
    verdicts = record.grade.functions if record.grade else None
    if verdicts is None:
        st.caption(
            "The functions were not judged one by one: a run started with --attribute, or a regrade with it, does that."
        )
    for function in _functions(record.trial.id, record, data):
        _function(function, None if verdicts is None else verdicts.get(function.id))


@st.cache_data(show_spinner="Setting the patch beside the reference …", max_entries=64)
def _functions(trial_id: str, _record: TrialRecord, _data: bytes) -> list[FunctionVersions]:
    task = planned_task(_record, settings())
    return function_versions(task, _record.variant.functions, _data, settings())


@st.cache_data(show_spinner="Setting the patch beside the reference …", max_entries=64)
def _files(trial_id: str, _record: TrialRecord, _data: bytes) -> tuple[list[FileVersions], int]:
    return file_versions(planned_task(_record, settings()), _data, settings())


def _function(function: FunctionVersions, right: bool | None) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(function.qualname)}** :small[:gray[{plain(function.path)}]]", width="content")
            _verdict(function, right)
        if function.problem:
            st.warning(plain(f"{function.problem}."), icon=":material/warning:")
        agent, reference = st.columns(2)
        height = _height(max(function.reference.count("\n"), (function.submitted or "").count("\n")))
        with agent:
            st.caption("The agent's version")
            if function.submitted is None:
                st.info("There is none that could be shown.")
            else:
                show_text(function.submitted, language="python", height=height)
        with reference:
            st.caption("The reference")
            show_text(function.reference, language="python", height=height)
        if function.diff and not function.untouched:
            brief = function.diff.count("\n") <= _BRIEF
            with st.expander(_DIFFERENCES, icon=":material/difference:", expanded=brief):
                show_text(function.diff, language="diff")
        if function.masked and not function.untouched:
            with st.expander("What the agent was given", icon=":material/visibility_off:"):
                show_text(function.masked, language="python")


def _verdict(function: FunctionVersions, right: bool | None) -> None:
    """What the grader says of this function alone, and whether it was touched at all."""
    if right is not None:
        words, colour = ("● right alone", "green") if right else ("✕ wrong alone", "red")
        st.badge(words, color=colour, help="Measured with this one version in the reference code")  # type: ignore[arg-type]
    if function.untouched:
        st.badge("left as it was masked", color="gray")
    elif function.submitted is not None and not function.diff and not function.problem:
        st.badge("the same as the reference", color="gray")


def _file(file: FileVersions) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(file.path)}**", width="content")
            if file.submitted and not file.reference:
                st.badge("not in the reference", color="gray")
            elif file.reference and not file.submitted and not file.problem:
                st.badge("left alone by the agent", color="gray")
        if file.problem:
            st.warning(plain(f"Not all of it can be compared: {file.problem}."), icon=":material/warning:")
        nothing = "no change that could be shown" if file.problem else "no change"
        agent, reference = st.columns(2)
        height = _height(max(file.reference.count("\n"), file.submitted.count("\n")))
        for column, title, diff in (
            (agent, "The agent's changes", file.submitted),
            (reference, "The reference's", file.reference),
        ):
            with column:
                st.caption(title)
                show_text(
                    diff or nothing,
                    language="diff" if diff else None,
                    height=height if diff else None,
                )
        if file.diff:
            with st.expander(_DIFFERENCES, icon=":material/difference:"):
                show_text(file.diff, language="diff", height=_height(file.diff.count("\n")))


def _left_out(record: TrialRecord) -> None:
    """Files that were not applied, and files in which nothing was masked."""
    grade = record.grade
    if grade is None:
        return
    if grade.dropped:
        st.subheader("Not applied", anchor=False)
        st.caption("The grader put the reference's files back, or left these out.")
        show_table([{"File": d["path"], "Why": d["reason"]} for d in grade.dropped], key="dropped-files")
    if grade.elsewhere:
        st.subheader("Changed elsewhere", anchor=False)
        st.caption("These files were applied, and nothing was masked in them.")
        show_table([{"File": path} for path in grade.elsewhere], key="elsewhere")


def _height(lines: int) -> int | None:
    return _TALL if lines > _LINES else None
