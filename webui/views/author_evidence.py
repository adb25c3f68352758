"""What is known of a task without running it, and the commands that prove the rest, as background jobs."""

import time

import streamlit as st

from rexlab.authoring.check_files import MIN_CALIBRATION_RUNS
from rexlab.dashboard.authoring_draft import Draft
from rexlab.dashboard.authoring_places import Place
from rexlab.execution.jobs import Job, list_jobs, start_job
from webui.parts.jobs import show_job, when
from webui.parts.page import guard
from webui.parts.state import read_only, settings
from webui.parts.text import plain
from webui.views.author_state import findings

_KINDS = {"calibrate": "Calibrate", "check": "Check", "mutate": "Try mistakes"}


def show_evidence(place: Place, draft: Draft, editable: bool) -> None:
    """Findings, the buttons that start jobs, and the jobs of this task."""
    _findings(place)
    jobs = list_jobs(settings(), subject=str(place.folder))
    busy = bool(jobs) and jobs[0].state == "running"
    if not read_only():
        _commands(place, draft, editable, busy)
    _jobs(jobs)


def _findings(place: Place) -> None:
    st.markdown("**What the saved files say**")
    with st.container(border=True, gap="xsmall"):
        for finding in findings(place):
            sign = ":green[:material/check_circle:]" if finding.holds else ":red[:material/cancel:]"
            detail = f" :gray[{plain(finding.detail)}]" if finding.detail else ""
            st.markdown(f"{sign} {plain(_sentence(finding.claim))}{detail}")
            if finding.remedy:
                st.caption(plain(_sentence(finding.remedy.replace(str(place.folder), place.id))))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _commands(place: Place, draft: Draft, editable: bool, busy: bool) -> None:
    st.markdown("**Prove the rest by running it**")
    if draft.changes and editable:
        st.markdown(":orange[:material/edit:] The commands read what is saved: save your changes first.")
    folder = str(place.folder)
    calibrate, mutate, check = st.columns(3, gap="medium")
    with calibrate.container(border=True, height="stretch", vertical_alignment="distribute"):
        st.caption("Run the reference several times: the evidence for every check.")
        runs = st.number_input("Runs", 2, 50, MIN_CALIBRATION_RUNS, key="author-runs", disabled=not editable)
        apply = st.checkbox("Write checks that are open or do not hold", key="author-apply", disabled=not editable)
        arguments = ["task", "calibrate", folder, f"--runs={runs}", *(["--apply"] if apply else [])]
        _start(place, "calibrate", arguments, disabled=busy or not editable)
    with mutate.container(border=True, height="stretch", vertical_alignment="distribute"):
        st.caption("Put subtle mistakes into each function: do the checks notice?")
        mutants = st.number_input("Mistakes per function", 1, 100, 1, key="author-mutants", disabled=not editable)
        _start(place, "mutate", ["task", "mutate", folder, f"--mutants={mutants}"], disabled=busy or not editable)
    with check.container(border=True, height="stretch", vertical_alignment="distribute"):
        st.caption("The whole proof: the reference passes, and every mask alone fails.")
        _start(place, "check", ["task", "check", folder], disabled=busy)
    if not editable:
        st.caption("Calibrate and Try mistakes write beside the manifest, so they need a copy that can be edited.")


def _start(place: Place, kind: str, arguments: list[str], *, disabled: bool) -> None:
    if st.button(_KINDS[kind], key=f"author-{kind}", width="stretch", disabled=disabled):
        with guard():
            start_job(settings(), arguments, kind=kind, subject=str(place.folder))
            st.rerun()


def _jobs(jobs: list[Job]) -> None:
    if not jobs:
        return
    st.markdown("**The last command**")
    show_job(jobs[0])
    if len(jobs) == 1:
        return
    with st.expander(f"Earlier commands: {len(jobs) - 1}"):
        names = {f"{_KINDS.get(j.kind, j.kind)}, {j.state}, {when(j, time.time())}": j for j in jobs[1:11]}
        chosen = st.selectbox("Command", list(names), index=None, placeholder="Choose one to see its log")
        if chosen:
            show_job(names[chosen])
        if len(jobs) > 11:
            st.caption(plain(f"The {len(jobs) - 11} oldest are not listed."))
