"""A run's report as a file, made when it is asked for."""

from dataclasses import dataclass

from sqlalchemy import Engine

from rexlab.reports.build import DEFAULT_BY, build_report
from rexlab.reports.data import render_csv, render_json
from rexlab.reports.html import render_html
from rexlab.store.columns import read_trials

_PER_TASK = ("agent", "shown", "task", "masks")


@dataclass(frozen=True)
class ReportFormat:
    """How a report is written."""

    name: str
    """Also what its file's name ends in."""
    title: str
    mime: str


FORMATS = (
    ReportFormat("html", "HTML", "text/html"),
    ReportFormat("csv", "CSV", "text/csv"),
    ReportFormat("json", "JSON", "application/json"),
)


def report_file(engine: Engine, run_id: str, format_name: str) -> bytes:
    """The report as ``rexlab report RUN --format`` writes it.

    Raises:
        StoreError: the store cannot be read.
    """
    trials = read_trials(engine, [run_id])
    command = f"rexlab report {run_id} --format {format_name}"
    by = DEFAULT_BY if format_name == "html" else _PER_TASK
    report = build_report(trials, by, command=command, main_only=format_name == "csv")
    if format_name == "html":
        return render_html(report).encode()
    return (render_csv if format_name == "csv" else render_json)(report, trials).encode()
