"""The experiments of a task: command, seeds, checks in words, and the evidence that reference runs gave for these."""

import streamlit as st

from rexlab.dashboard.calibration import Calibrated, Evidence, calibration_of, evidence_for, number_in_words
from rexlab.dashboard.calibration_figure import can_scale, evidence_figure
from rexlab.dashboard.texts import escaped
from rexlab.reports.cells import duration, percent
from rexlab.task.load import Task
from rexlab.task.manifest import ExperimentSection
from webui.parts.page import empty
from webui.parts.tables import show_table
from webui.parts.text import plain

_COLUMNS_OF_RUNS = 12
"""Of more runs the table has the lowest and the highest value alone."""


def show_experiments(task: Task) -> None:
    """One experiment at a time, its metrics, and the evidence of one of them."""
    names = [e.name for e in task.experiments]
    hidden = {e.name for e in task.experiments if e.hidden}
    name = st.segmented_control(
        "Experiment",
        names,
        default=names[0],
        required=True,
        format_func=lambda n: f":material/visibility_off: {plain(n)}" if n in hidden else plain(n),
        key="experiment",
    )
    experiment = next(e for e in task.experiments if e.name == (name or names[0]))
    _facts(task, experiment)
    found = calibration_of(task)
    evidence = [evidence_for(experiment, metric, found.record if found else None) for metric in experiment.metric]
    _metrics(evidence)
    _calibration(task, found)
    if found is not None:
        _evidence(evidence)


def _facts(task: Task, experiment: ExperimentSection) -> None:
    if experiment.description:
        st.markdown(escaped(experiment.description, 1_000))
    if experiment.hidden:
        st.badge("hidden", icon=":material/visibility_off:", color="violet")
        st.caption("The agent is never told of this experiment; it is graded all the same.")
    st.code(experiment.command, language="bash", wrap_lines=True)
    seeds = ", ".join(map(str, experiment.seeds))
    depends = ""
    if task.functions:
        names = ", ".join(experiment.functions) or "all functions that can be masked"
        depends = f" Depends on {names}."
    st.caption(
        escaped(
            f"Seed{'s' * (len(experiment.seeds) != 1)} {seeds}. At most {duration(experiment.timeout_s)}.{depends}",
            2_000,
        )
    )


def _metrics(evidence: list[Evidence]) -> None:
    rows = [
        {
            "Metric": e.metric.name,
            "Values": len(e.positions),
            "Passes when": e.check,
            "Reference runs": _passing(e),
            "Room": percent(room) if (room := _room(e)) is not None else "-",
            "Read from": e.source,
        }
        for e in evidence
    ]
    show_table(rows, key=f"metrics-{evidence[0].experiment.name}", columns=_COLUMNS)


_COLUMNS = {
    "Metric": st.column_config.TextColumn(pinned=True),
    "Passes when": st.column_config.TextColumn(width="large"),
    "Reference runs": st.column_config.TextColumn(help="How many of the reference runs pass with every value."),
    "Room": st.column_config.TextColumn(
        help="Of the reference value that is nearest to failing: 100 % is at the target, 0 % at the edge."
    ),
}


def _passing(evidence: Evidence) -> str:
    if not evidence.runs:
        return "none"
    return f"{evidence.passing_runs} of {evidence.runs} pass"


def _room(evidence: Evidence) -> float | None:
    return min((p.room for p in evidence.positions if p.room is not None), default=None)


def _calibration(task: Task, found: Calibrated | None) -> None:
    if found is None:
        empty(
            "There is no evidence for these checks yet: the task has no calibration.json. Make it by running the "
            "reference five times:",
            command=f"rexlab task calibrate {task.id}",
        )
        return
    record = found.record
    st.subheader("Evidence", anchor=False)
    hardware = ", ".join(part for part in (record.hardware.get("cpu", ""), record.hardware.get("kernel", "")) if part)
    day = record.created[:16].replace("T", " ")
    seeds = f" and {len(record.seed_runs)} with other seeds" if record.seed_runs else ""
    st.caption(
        escaped(
            f"{len(record.runs)} reference runs{seeds}, {day} UTC, in the {record.sandbox} sandbox, on {hardware}.",
            1_000,
        )
    )
    if not found.current:
        st.warning(
            "The task was changed after these runs. Run the calibration again before you rely on it.",
            icon=":material/warning:",
        )


def _evidence(evidence: list[Evidence]) -> None:
    which, how = st.columns([2, 3], vertical_alignment="bottom")
    names = [e.metric.name for e in evidence]
    name = which.selectbox("Metric", names, key=f"metric-{evidence[0].experiment.name}")
    chosen = next(e for e in evidence if e.metric.name == (name or names[0]))
    with how.container(horizontal=True):
        scaled = can_scale(chosen) and st.toggle(
            "In tolerances",
            value=len(chosen.positions) > 1,
            key=f"in-tolerances-{chosen.experiment.name}-{chosen.metric.name}",
            help="Distance to the target, 1 being the edge of what passes: narrow bands are visible so.",
        )
        others = chosen.other_runs > 0 and st.toggle(
            "Other seeds", key="other-seeds", help="What the method's own chance does to the number."
        )
    figure = evidence_figure(chosen, in_tolerances=scaled, others=others)
    if figure is None:
        st.caption("No reference run measured this metric as it is now. Run the calibration again.")
        return
    st.plotly_chart(figure, key="evidence", width="stretch", theme="streamlit", config={"displaylogo": False})
    st.caption(plain(_sentence(chosen)))
    show_table(_rows(chosen, others), key="evidence-table")


def _sentence(evidence: Evidence) -> str:
    all_ = "every value passes" if evidence.holds else "not every value passes"
    return f"{evidence.metric.name} passes when it is {evidence.check}; in {evidence.runs} reference runs {all_}."


def _rows(evidence: Evidence, others: bool) -> list[dict[str, object]]:
    rows = []
    for p in evidence.positions:
        row: dict[str, object] = {"Value": p.number, "Seed": p.seed, "Target": number_in_words(p.target)}
        row |= {"Passes from": number_in_words(p.low), "to": number_in_words(p.high)}
        if evidence.runs <= _COLUMNS_OF_RUNS:
            row |= {f"Run {i}": number_in_words(v) for i, v in enumerate(p.values, 1)}
        else:
            row |= {"Lowest": number_in_words(min(p.values)), "Highest": number_in_words(max(p.values))}
        if others:
            row |= {f"Other seed {i}": number_in_words(v) for i, v in enumerate(p.other_values, 1)}
        rows.append(row)
    return rows
