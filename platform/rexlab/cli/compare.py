"""``rexlab compare`` and ``rexlab power``: two agents on the same problems, and how many trials that takes."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rexlab.cli.context import open_store
from rexlab.cli.output import AsJson, note, print_json, print_table
from rexlab.reports.cells import percent

if TYPE_CHECKING:
    from rexlab.stats.paired import PairedComparison
    from rexlab.store.queries import TrialRecord

Key = tuple[str, int]
"""Variant and attempt."""


def compare(
    run_a: Annotated[str, typer.Argument(help="Run id, the beginning of one, or `latest`.")],
    run_b: Annotated[str, typer.Argument(help="Another run, or the same one to compare the agents in it.")],
    as_json: AsJson = False,
) -> None:
    """Compare the agents of two runs on the variants and attempts they share: McNemar, and an interval over papers.

    Every agent of the first run is compared with every one of the second; p-values are adjusted for that (Holm).
    """
    from rexlab.cli.report import agent_name
    from rexlab.errors import InputError
    from rexlab.settings import load_settings
    from rexlab.stats.paired import holm
    from rexlab.store.queries import find_run, list_trials

    engine = open_store(load_settings())
    ids = [find_run(engine, name).id for name in (run_a, run_b)]
    agents: list[dict[str, list[TrialRecord]]] = []
    for run_id in ids:
        agents.append({})
        for record in list_trials(engine, [run_id]):
            agents[-1].setdefault(agent_name(record), []).append(record)
    pairs = [(a, b) for a in agents[0] for b in agents[1] if ids[0] != ids[1] or a < b]
    rows = []
    for a, b in pairs:
        found, left_out = _compare(agents[0][a], agents[1][b])
        if found is not None:
            rows.append((a, b, found, left_out))
    if not rows:
        raise InputError(
            f"no agents of {ids[0]} and {ids[1]} finished a variant and attempt that they share; plan both runs "
            "with the same tasks, --masks, --sample and --seed"
        )
    adjusted = holm([found.p_value for _, _, found, _ in rows])
    if as_json:
        print_json(
            [
                {"a": a, "b": b, **vars(found), "p_holm": p, "infra_left_out": left_out}
                for (a, b, found, left_out), p in zip(rows, adjusted, strict=True)
            ]
        )
        return
    _print(rows, adjusted)


def _compare(a: "list[TrialRecord]", b: "list[TrialRecord]") -> "tuple[PairedComparison | None, int]":
    """The comparison, None when nothing is shared, and how many pairs an infrastructure error spoilt."""
    import numpy as np

    from rexlab.stats.paired import compare_paired
    from rexlab.store.models import Outcome

    def finished(records: "list[TrialRecord]") -> "dict[Key, TrialRecord]":
        return {(r.variant.id, r.trial.attempt): r for r in records if r.outcome not in (None, Outcome.CANCELLED)}

    first, second = finished(a), finished(b)
    shared = [key for key in first if key in second]
    whole = [k for k in shared if Outcome.INFRA_ERROR not in (first[k].outcome, second[k].outcome)]
    if not whole:
        return None, len(shared)
    tasks = sorted({first[k].variant.task for k in whole})
    number = {task: i for i, task in enumerate(tasks)}
    comparison = compare_paired(
        np.array([first[k].outcome is Outcome.PASSED for k in whole]),
        np.array([second[k].outcome is Outcome.PASSED for k in whole]),
        np.array([number[first[k].variant.task] for k in whole]),
    )
    return comparison, len(shared) - len(whole)


def _print(rows: "list[tuple[str, str, PairedComparison, int]]", adjusted: list[float]) -> None:
    columns = ("A", "B", "pairs", "tasks", "both", "only A", "only B", "neither", "A - B [95 %]", "p", "p (Holm)")
    table: list[tuple[Any, ...]] = []
    for (a, b, found, _), p in zip(rows, adjusted, strict=True):
        edges = found.interval
        interval = f" [{100 * edges.low:+.0f} to {100 * edges.high:+.0f}]" if edges else ""
        counts = (found.pairs, found.clusters, found.both, found.only_a, found.only_b, found.neither)
        table.append((a, b, *counts, f"{100 * found.difference:+.1f} %{interval}", f"{found.p_value:.3g}", f"{p:.3g}"))
    print_table(columns, table, right=columns[2:])
    for a, b, found, left_out in rows:
        if found.reason:
            note(f"{a} and {b}: {found.reason}")
        if left_out:
            note(f"{a} and {b}: {left_out} pairs left out for an infrastructure error in one of them")
    note("p: exact McNemar test, two-sided; the interval resamples tasks, for trials of one task are not independent")


def power(
    baseline: Annotated[float, typer.Option(help="Success rate of the one agent, 0 to 1.")],
    delta: Annotated[float, typer.Option(help="The difference to be seen, for example 0.05.")],
    power: Annotated[float, typer.Option(help="Probability of seeing it.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided significance level.")] = 0.05,
    correlation: Annotated[float, typer.Option(help="Of the two agents' success on one variant.")] = 0.5,
    per_paper: Annotated[int, typer.Option(min=1, help="Trials per agent on one paper.")] = 1,
    intraclass: Annotated[float, typer.Option(help="Correlation of the trials of one paper.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Trials per agent that are needed to see a difference, before anything is run."""
    from rexlab.errors import InputError
    from rexlab.stats.power import plan_power

    try:
        plan = plan_power(
            baseline,
            delta,
            power=power,
            alpha=alpha,
            correlation=correlation,
            per_paper=per_paper,
            intraclass=intraclass,
        )
    except ValueError as error:
        raise InputError(f"{error}; correct the options") from error
    if as_json:
        print_json(vars(plan))
        return
    rows = [
        ("both on the same variants (paired)", plan.paired),
        ("each on variants of its own", plan.unpaired),
    ]
    title = f"{percent(baseline)} against {percent(baseline + delta)}, power {percent(power)}, alpha {percent(alpha)}"
    print_table(("trials per agent", "needed"), rows, title=title, right=("needed",))
    if plan.design_effect > 1:
        note(f"clustering multiplies the number of trials by {plan.design_effect:.2f}")
