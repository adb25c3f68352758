"""One run: how far it is, what can be done with it, its trials, timings, plan and report."""

from functools import partial

import streamlit as st

from rexlab.dashboard.runs_actions import trials_in_words
from rexlab.dashboard.runs_plan import plan_in_words
from rexlab.dashboard.runs_report import FORMATS, report_file
from rexlab.dashboard.texts import readable
from rexlab.errors import NotFoundError
from rexlab.reports.cells import duration
from rexlab.store.progress import Progress
from webui.parts.page import gone, guard, header
from webui.parts.pages import link
from webui.parts.state import engine
from webui.parts.text import plain
from webui.views.runs_actions import job_of, show_actions
from webui.views.runs_book import EVERY_S, book
from webui.views.runs_matrix import show_matrix
from webui.views.runs_progress import (
    cost_in_words,
    cost_note,
    pace_in_words,
    passed_in_words,
    show_bar,
    show_outcomes,
    show_status,
    took,
)
from webui.views.runs_timings import show_timings
from webui.views.runs_trials import show_trials


def show_run(run_id: str) -> None:
    """The run's page, or a page that says that there is none."""
    link("All runs", "runs")
    try:
        progress = book().find(run_id)
    except NotFoundError:
        header("Run")
        gone(f"There is no run {run_id} in this store. It may have been removed, or the address is incomplete.")
    run = progress.run
    header(run.name or run.id, f"Run {run.id}")
    moves = progress.moves()
    # a job that has only begun has claimed nothing yet
    every = EVERY_S if moves or job_of(run_id) is not None else None
    st.fragment(_head, run_every=every)(run_id, moves)
    show_actions(progress)
    trials, timings, plan, report = st.tabs(["Trials", "Timings", "Plan", "Report"])
    with trials:
        st.fragment(_trials, run_every=every)(run_id)
    with timings:
        st.fragment(_timings, run_every=every and 5 * every)(run_id)
    with plan:
        _plan(progress)
    with report:
        _report(run_id)


def _head(run_id: str, moved: bool) -> None:
    progress = book().find(run_id)
    if progress.moves() != moved:
        st.rerun()  # other actions make sense now
    with st.container(horizontal=True, vertical_alignment="center"):
        show_status(progress, job_at_work=job_of(run_id) is not None)
        show_outcomes(progress)
    show_bar(progress)
    with st.container(horizontal=True):
        for title, value, about in _figures(progress):
            st.metric(title, value, help=about, border=True, width="content")
    if note := cost_note(progress.cost):
        st.caption(plain(note))
    if progress.silent:
        st.warning(
            f"{trials_in_words(progress.silent)} at work belong to workers that no longer answer; resuming the run "
            "takes them over.",
            icon=":material/warning:",
        )


def _figures(progress: Progress) -> list[tuple[str, str, str]]:
    """Title, value and meaning of the run's numbers; those that say nothing are left out."""
    found = [("Passed", passed_in_words(progress), "Of the finished trials that nobody cancelled.")]
    if progress.at_work:
        left = "-" if progress.left_s is None else duration(progress.left_s)
        found.append(("Throughput", pace_in_words(progress), "Finished trials, by the last ones."))
        found.append(("Time left", left, "At the pace of the last trials."))
        found.append(("At work", f"{progress.at_work:,}", "Trials that some worker has now."))
    else:
        found.append(("Took", took(progress), "From the first trial's start to the last one's end, pauses included."))
    if progress.cost.asked:
        found.append(("Cost so far", cost_in_words(progress.cost), "Of finished trials, repeated ones too."))
    return found


def _trials(run_id: str) -> None:
    with guard():
        show_matrix(book().find(run_id))
        show_trials(run_id)


def _timings(run_id: str) -> None:
    with guard():
        show_timings(book().find(run_id))


def _plan(progress: Progress) -> None:
    with guard():
        for title, text in plan_in_words(engine(), progress.run):
            name, value = st.columns([1, 4])
            name.markdown(f"**{plain(title)}**")
            value.text(readable(text))


def _report(run_id: str) -> None:
    st.caption("Made when you ask for it: success with intervals, difficulty, functions, cost and more.")
    with st.container(horizontal=True):
        for written in FORMATS:
            st.download_button(
                written.title,
                data=partial(report_file, engine(), run_id, written.name),
                file_name=f"{run_id}.{written.name}",
                mime=written.mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"report-{written.name}",
            )
    st.caption(
        plain(f"At a shell, in these formats and four more: rexlab report {run_id} --format html --out report.html")
    )
