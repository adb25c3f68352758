"""``rexlab report``: success rates of a run, with denominators and intervals."""

import csv
import sys
from collections.abc import Hashable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rexlab.cli.context import open_store
from rexlab.cli.output import note, print_json, print_table
from rexlab.reports.cells import percent

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.stats import Cell, Rate, TrialFact
    from rexlab.store.queries import TrialRecord


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def report(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or `latest`.")],
    format: Annotated[Format, typer.Option(help="table, json or csv.")] = Format.TABLE,
    original_rule: Annotated[
        bool, typer.Option("--original-rule", help="Judge by AutoExperiment's rule: a mean of 5 % per experiment.")
    ] = False,
) -> None:
    """Print a run's success rates: per agent and number of masks; json and csv also per task."""
    from rexlab.settings import load_settings
    from rexlab.store.queries import find_run

    engine = open_store(load_settings())
    print_report(engine, find_run(engine, run).id, format, original_rule=original_rule)


def print_report(engine: "Engine", run_id: str, format: str, *, original_rule: bool = False) -> None:
    """Print the report of one run; by AutoExperiment's rule when asked for, from the stored values."""
    from rexlab.store.models import Outcome, State
    from rexlab.store.queries import list_trials

    records = list_trials(engine, [run_id])
    finished = [r for r in records if r.trial.state is State.FINISHED and r.outcome is not Outcome.CANCELLED]
    facts = {r.trial.id: _original_fact(engine, r) if original_rule else _fact(r) for r in finished}
    if format == "table":
        _print_table(run_id, finished, len(records), facts)
        if original_rule:
            note("judged by AutoExperiment's rule: mean of |gold - got| / gold over an experiment's values <= 0.05")
    elif format == "json":
        print_json({"run": run_id, "trials": len(records), "counted": len(finished), "rows": _rows(finished, facts)})
    else:
        rows = _rows(finished, facts)
        if rows:
            writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(
                {**row, "outcomes": _words(row["outcomes"]), "flags": _words(row["flags"])} for row in rows
            )
    if not finished:
        note(f"run {run_id} has no finished trial yet: {len(records)} are planned")


def agent_name(record: "TrialRecord") -> str:
    """The agent in words; reference harnesses and scripted models are marked."""
    agent = record.agent
    older = [agent.harness, *([agent.model] if agent.model else []), *(f"{k}={v}" for k, v in agent.params.items())]
    words = [agent.label] if agent.label else older
    return " ".join([*words, *(["[ref]"] * agent.reference), *(["[sim]"] * agent.simulated)])


def shown_name(record: "TrialRecord") -> str:
    """What the agent was shown, where it is not everything: ``no paper, hints``."""
    shown = record.variant.shown
    words = [] if shown.get("paper", True) else ["no paper"]
    words += [] if shown.get("commands", True) else ["no commands"]
    level = shown.get("hints", "default")
    return ", ".join([*words, *([level] if level != "default" else [])])


def _fact(record: "TrialRecord") -> "TrialFact":
    from rexlab.stats import TrialFact

    return TrialFact(
        str(record.outcome),
        record.grade.credit if record.grade else None,
        tuple(record.grade.flags if record.grade else record.trial.flags),
    )


def _original_fact(engine: "Engine", record: "TrialRecord") -> "TrialFact":
    """The trial as the original rule judges it; its credit is then the share of experiments that pass."""
    from rexlab.grading.original_rule import judge_by_original_rule
    from rexlab.stats import TrialFact
    from rexlab.store.models import Outcome
    from rexlab.store.queries import metrics_of

    fact = _fact(record)
    if record.grade is None:
        return fact
    verdict = judge_by_original_rule(metrics_of(engine, record.grade))
    otherwise = Outcome.WRONG_RESULT if record.outcome is Outcome.PASSED else record.outcome
    outcome = Outcome.PASSED if verdict.passed else otherwise
    return TrialFact(str(outcome), verdict.experiments_passed / max(len(verdict.losses), 1), fact.flags)


def _cells(records: "list[TrialRecord]", facts: "dict[str, TrialFact]", *, by_task: bool) -> "dict[Any, Cell]":
    from rexlab.stats import tabulate

    keyed: list[tuple[Hashable, TrialFact]] = []
    for record in sorted(records, key=lambda r: _key(r, by_task=True)):
        keyed.append((_key(record, by_task=by_task), facts[record.trial.id]))
    return tabulate(keyed)


def _rows(records: "list[TrialRecord]", facts: "dict[str, TrialFact]") -> list[dict[str, Any]]:
    cells = _cells(records, facts, by_task=True)
    spent = _spending(records, by_task=True)
    marks = {agent_name(r): r.agent for r in records}
    return [
        {
            **_as_dict(("agent", "shown", "task", "masks"), key, cell),
            "reference": marks[key[0]].reference,
            "simulated": marks[key[0]].simulated,
            **spent[key],
        }
        for key, cell in cells.items()
    ]


def _key(record: "TrialRecord", *, by_task: bool) -> tuple[Any, ...]:
    return (agent_name(record), shown_name(record), *([record.variant.task] if by_task else []), record.variant.masks)


def _spending(records: "list[TrialRecord]", *, by_task: bool) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Calls, tokens and USD per row; a cost that is unknown once is unknown in all, and None without a model."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(_key(record, by_task=by_task), []).extend([record.trial.usage] if record.trial.usage else [])
    spent: dict[tuple[Any, ...], dict[str, Any]] = {}
    for key, usages in groups.items():
        costs = [u["cost_usd"] for u in usages]
        spent[key] = {
            "calls": sum(u["calls"] for u in usages) if usages else None,
            "tokens": sum(u["input_tokens"] + u["output_tokens"] for u in usages) if usages else None,
            "cost_usd": sum(costs) if costs and None not in costs else None,
        }
    return spent


def _print_table(run_id: str, records: "list[TrialRecord]", planned: int, facts: "dict[str, TrialFact]") -> None:
    cells = sorted(_cells(records, facts, by_task=False).items())
    infra = any(cell.infra_excluded.trials != cell.strict.trials for _, cell in cells)
    flagged = any(cell.flags for _, cell in cells)
    spent = _spending(records, by_task=False)
    asked = any(s["calls"] is not None for s in spent.values())
    partly = any(key[1] for key, _ in cells)
    columns = ["agent", "masks", "passed", "rate [95 %]", "credit", "outcomes"]
    if infra:
        columns[2:4] = ["passed", "strict [95 %]", "w/o infra", "rate [95 %]"]
    if flagged:
        columns.append("flags")
    if asked:
        columns += ["calls", "tokens", "USD"]
    if partly:
        columns.insert(1, "shown")
    rows = []
    for (agent, seen, masks), cell in cells:
        rates = [cell.strict, cell.infra_excluded] if infra else [cell.strict]
        shown = [text for rate in rates for text in (f"{rate.successes}/{rate.trials}", _with_interval(rate))]
        credit = f"{100 * cell.credit:.0f} %"
        counts = [_words(cell.outcomes, "\n"), *([_words(cell.flags, "\n")] if flagged else [])]
        used = _spending_words(spent[agent, seen, masks]) if asked else []
        rows.append([agent, *([seen or "all"] if partly else []), masks, *shown, credit, *counts, *used])
    right = [column for column in columns if column not in ("agent", "shown", "outcomes", "flags")]
    print_table(columns, rows, title=f"run {run_id}: {len(records)} of {planned} trials", right=right)
    if infra:
        note("strict: infrastructure errors count as failures; w/o infra: they are left out")
    if any(r.agent.reference for r in records):
        note("[ref]: the harness was handed the solution; its rows judge tasks and checks, not an agent")
    if any(r.agent.simulated for r in records):
        note("[sim]: a scripted model answered; its rows judge harnesses and the platform, not a model")


def _spending_words(spent: dict[str, Any]) -> list[str]:
    if spent["calls"] is None:
        return ["-", "-", "-"]
    cost = "unknown" if spent["cost_usd"] is None else f"{spent['cost_usd']:.2f}"
    return [f"{spent['calls']}", f"{spent['tokens']:,}", cost]


def _with_interval(rate: "Rate") -> str:
    interval = rate.interval
    if interval is None:
        return "-"
    value = f"{100 * rate.value:.0f} %" if rate.value in (0, 1) else percent(rate.value)
    return f"{value} [{100 * interval.low:.0f}–{100 * interval.high:.0f}]"  # noqa: RUF001


def _as_dict(names: tuple[str, ...], key: tuple[Any, ...], cell: "Cell") -> dict[str, Any]:
    strict, excluded = cell.strict.interval, cell.infra_excluded.interval
    return {
        **dict(zip(names, key, strict=True)),
        "passed": cell.strict.successes,
        "trials": cell.strict.trials,
        "strict_rate": cell.strict.value,
        "strict_low": strict.low if strict else None,
        "strict_high": strict.high if strict else None,
        "trials_without_infra": cell.infra_excluded.trials,
        "rate_without_infra": cell.infra_excluded.value,
        "low_without_infra": excluded.low if excluded else None,
        "high_without_infra": excluded.high if excluded else None,
        "credit": cell.credit,
        "outcomes": dict(cell.outcomes),
        "flags": dict(cell.flags),
    }


def _words(counts: Any, separator: str = ", ") -> str:
    return separator.join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
