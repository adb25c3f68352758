"""``rexlab compare`` and ``rexlab power``: two agents on the same problems, and how many trials that takes."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rexlab.cli.context import open_store
from rexlab.cli.output import AsJson, note, print_json, print_table

if TYPE_CHECKING:
    from rexlab.reports.comparisons import Compared


def compare(
    run_a: Annotated[str, typer.Argument(help="Run id, the beginning of one, or `latest`.")],
    run_b: Annotated[str, typer.Argument(help="Another run, or the same one to compare the agents in it.")],
    as_json: AsJson = False,
) -> None:
    """Compare the agents of two runs on the variants and attempts they share: McNemar, and an interval over papers.

    Every agent of the first run is compared with every one of the second; p-values are adjusted for that (Holm).
    """
    from rexlab.cli.sections import print_section
    from rexlab.dashboard.comparing import Party, compare_parties
    from rexlab.reports.view import View
    from rexlab.settings import load_settings
    from rexlab.store.columns import read_trials
    from rexlab.store.queries import find_run

    engine = open_store(load_settings())
    ids = [find_run(engine, name).id for name in (run_a, run_b)]
    comparison = compare_parties(View(read_trials(engine, ids)), *(Party(run=run_id) for run_id in ids))
    if as_json:
        print_json([_as_dict(c) for c in comparison.compared])
        return
    print_section(comparison.section, comparison.section.title)


def _as_dict(compared: "Compared") -> dict[str, Any]:
    pairs = compared.pairs
    return {
        "a": compared.a,
        "b": compared.b,
        **asdict(compared.found),
        "p_holm": compared.p_holm,
        "infra_left_out": pairs.infra,
        "trials_of_a_alone": pairs.alone_a,
        "trials_of_b_alone": pairs.alone_b,
        "matched_in_order": pairs.repeated,
    }


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
    from rexlab.reports.cells import percent
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
