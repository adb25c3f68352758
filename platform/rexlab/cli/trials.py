"""``rexlab trials``: list, show, accept."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rexlab.cli.context import open_store
from rexlab.cli.output import AsJson, clock, console, note, outcome_text, print_json, print_table
from rexlab.reports.cells import duration, percent, printable

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.settings import Settings
    from rexlab.store.models import MetricRow
    from rexlab.store.queries import TrialRecord

app = typer.Typer(help="Trials: single attempts, with their patch, logs and metrics.", no_args_is_help=True)
TrialId = Annotated[str, typer.Argument(help="Trial id, from `rexlab trials list`.")]


@app.command("list")
def list_(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or `latest`.")],
    as_json: AsJson = False,
) -> None:
    """A run's trials in order; those that a retry replaced are marked."""
    from rexlab.reports.view import agent_name
    from rexlab.settings import load_settings
    from rexlab.store.queries import find_run, list_trials

    engine = open_store(load_settings())
    records = list_trials(engine, [find_run(engine, run).id], replaced=True)
    if as_json:
        print_json([_as_dict(r) for r in records])
        return
    gone = {r.trial.replaces_id for r in records}
    rows = []
    for r in records:
        outcome = r.outcome or r.trial.state
        shown = outcome_text(outcome, f"{outcome} (replaced)" if r.trial.id in gone else None)
        credit = percent(r.grade.credit) if r.grade else "-"
        flags = ", ".join(r.grade.flags if r.grade else r.trial.flags)
        rows.append(
            (r.trial.id, r.variant.task, _functions(r), agent_name(r.agent), r.trial.attempt, shown, credit, flags)
        )
    columns = ("trial", "task", "masked", "agent", "attempt", "outcome", "credit", "flags")
    print_table(columns, rows, right=("attempt", "credit"))


@app.command()
def show(
    trial: TrialId,
    diff: Annotated[bool, typer.Option("--diff", help="The agent's patch.")] = False,
    log: Annotated[bool, typer.Option("--log", help="What the agent and the experiments printed.")] = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Every value with target, tolerance and margin.")] = False,
    as_json: AsJson = False,
) -> None:
    """One trial: what it was, how it ended, and on request its patch, logs and metrics."""
    from rexlab.settings import load_settings
    from rexlab.store.queries import events_of, find_trial, grades_of, metrics_of

    settings = load_settings()
    engine = open_store(settings)
    record = find_trial(engine, trial)
    values = metrics_of(engine, record.grade) if record.grade else []
    if as_json:
        print_json(
            {
                **_as_dict(record),
                "grades": [g.model_dump() for g in grades_of(engine, trial)],
                "metrics": [m.model_dump() for m in values],
                "events": [e.model_dump() for e in events_of(engine, trial)],
            }
        )
        return
    if not (diff or log or metrics):
        _print_facts(engine, record)
    if metrics:
        _print_metrics(values)
    if diff:
        _print_diff(engine, settings, trial)
    if log:
        _print_logs(engine, settings, trial)


@app.command()
def accept(
    trial: TrialId,
    why: Annotated[str, typer.Option(help="Why the patch may count; kept with the decision.")],
) -> None:
    """Let a patch flagged as tampered count after all. The earlier grade stays beside the decision."""
    from rexlab.execution.review import accept_trial
    from rexlab.settings import load_settings

    old = accept_trial(open_store(load_settings()), trial, why)
    note(f"trial {trial} counts as passed now; the earlier grade ({old.outcome}) is kept")


def _functions(record: "TrialRecord") -> str:
    return ", ".join(f.rpartition(":")[2] for f in record.variant.functions) or "-"


def _print_facts(engine: "Engine", record: "TrialRecord") -> None:
    from rexlab.reports.view import agent_name, shown_name
    from rexlab.store.queries import artifacts_of, events_of, grades_of

    trial, grade = record.trial, record.grade
    facts: list[tuple[str, object]] = [
        ("trial", trial.id),
        ("task", f"{record.variant.task} @ {record.variant.task_digest[:12]}"),
        ("masked", "\n".join(record.variant.functions) or "nothing"),
        ("agent", agent_name(record.agent)),
        ("shown", shown_name(record.variant) or "all"),
        ("attempt", f"{trial.attempt}, seed {trial.seed}"),
        ("state", trial.state),
        ("outcome", outcome_text(record.outcome)),
        ("detail", record.detail),
        ("started", clock(trial.started_at)),
        ("finished", clock(trial.finished_at)),
        ("timings", ", ".join(f"{k} {duration(v)}" for k, v in trial.timings.items())),
    ]
    if trial.replaces_id:
        facts.append(("replaces", trial.replaces_id))
    if trial.claims_problem:
        facts.append(("claims", f"unreadable: {trial.claims_problem}"))
    if trial.usage:
        facts.append(("model calls", _usage(trial.usage)))
    for tried in (trial.selection or {}).get("attempts", []):
        mark = " (chosen)" if tried["attempt"] == (trial.selection or {})["chosen"] else ""
        facts.append((f"attempt {tried['attempt']}{mark}", f"score {tried['score']:.2f}: {tried['said']}"))
    for function, change in (trial.mutations or {}).items():
        facts.append(("mutation", f"{function}: {change}"))
    if grade:
        facts += [("credit", percent(grade.credit)), ("flags", ", ".join(grade.flags) or "none")]
        facts += [
            ("function", f"{name}: {'right' if good else 'wrong'}") for name, good in (grade.functions or {}).items()
        ]
        facts += [("dropped", f"{d['path']}: {d['reason']}") for d in grade.dropped]
        facts += [("edited elsewhere", path) for path in grade.elsewhere]
        facts += [("noticed", note_) for note_ in grade.notes]
    for old in grades_of(engine, trial.id)[:-1]:
        facts.append(("earlier grade", f"{clock(old.created_at)} {old.reason}: {old.outcome}, {old.detail}"))
    facts += [("event", f"{clock(e.at)} {e.kind}: {e.message}") for e in events_of(engine, trial.id)]
    facts += [("artifact", f"{a.kind}: {a.path} ({a.size} bytes)") for a in artifacts_of(engine, trial.id)]
    print_table(("", ""), facts)
    note("more: --metrics, --diff, --log, --json")


def _usage(usage: dict[str, Any]) -> str:
    cost = "cost unknown" if usage["cost_usd"] is None else f"{usage['cost_usd']:.4f} USD"
    return (
        f"{usage['calls']} in {duration(usage['seconds'])}, {usage['failures']} failed, {usage['retries']} retries; "
        f"{usage['input_tokens']} tokens in ({usage['cached_tokens']} cached), {usage['output_tokens']} out; {cost}"
    )


def _print_metrics(values: "list[MetricRow]") -> None:
    rows = []
    for m in values:
        name = (
            f"{m.metric}[{m.position}]"
            if m.position or any(v.metric == m.metric and v.position for v in values)
            else m.metric
        )
        rows.append(
            (
                m.experiment + (" (hidden)" if m.hidden else ""),
                name,
                _number(m.observed),
                _number(m.target),
                _number(m.tolerance),
                _number(m.margin),
                outcome_text("passed" if m.passed else "wrong_result", "yes" if m.passed else "no"),
                _number(m.claimed),
                "" if m.claim is None else "true" if m.claim else "false",
                m.problem,
            )
        )
    columns = (
        "experiment",
        "metric",
        "observed",
        "target",
        "tolerance",
        "margin",
        "passes",
        "claimed",
        "claim",
        "problem",
    )
    print_table(columns, rows, right=("observed", "target", "tolerance", "margin", "claimed"))
    if not rows:
        note("the trial was not graded: it has no metrics")


def _print_diff(engine: "Engine", settings: "Settings", trial: str) -> None:
    from rich.syntax import Syntax

    patches = _load(engine, settings, trial, ("patch",))
    for _, text in patches:
        console().print(Syntax(printable(text), "diff", background_color="default", word_wrap=True))
    if not patches or not patches[-1][1]:
        note("the agent changed nothing")


def _print_logs(engine: "Engine", settings: "Settings", trial: str) -> None:
    for kind, text in _load(engine, settings, trial, ("agent_stdout", "agent_stderr", "experiment_log")):
        console().print(f"--- {kind} ---", style="bold", markup=False)
        console().print(printable(text), markup=False)


def _load(engine: "Engine", settings: "Settings", trial: str, kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    from rexlab.store.artifacts import Artifacts
    from rexlab.store.queries import artifacts_of

    store = Artifacts(settings.artifact_root)
    found = [a for a in artifacts_of(engine, trial) if a.kind in kinds]
    return [(a.kind, store.load(a).decode("utf-8", "replace")) for a in found]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _as_dict(record: "TrialRecord") -> dict[str, Any]:
    from rexlab.reports.view import agent_name

    return {
        **record.trial.model_dump(),
        "outcome": record.outcome,
        "detail": record.detail,
        "task": record.variant.task,
        "functions": record.variant.functions,
        "masks": record.variant.masks,
        "agent": agent_name(record.agent),
        "shown": record.variant.shown,
        "reference": record.agent.reference,
        "simulated": record.agent.simulated,
        "credit": record.grade.credit if record.grade else None,
        "flags": record.grade.flags if record.grade else record.trial.flags,
    }
