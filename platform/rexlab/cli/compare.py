"""``rexlab compare`` and ``rexlab power``: two agents on the same problems, and how many trials that takes."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rexlab.cli.context import open_store
from rexlab.cli.output import AsJson, note, print_json, print_table

if TYPE_CHECKING:
    from rexlab.reports.comparisons import Compared, Pairs
    from rexlab.reports.view import View


def compare(
    run_a: Annotated[str, typer.Argument(help="Run id, the beginning of one, or `latest`.")],
    run_b: Annotated[str, typer.Argument(help="Another run, or the same one to compare the agents in it.")],
    as_json: AsJson = False,
) -> None:
    """Compare the agents of two runs on the variants and attempts they share: McNemar, and an interval over papers.

    Every agent of the first run is compared with every one of the second; p-values are adjusted for that (Holm).
    """
    from rexlab.cli.sections import print_section
    from rexlab.reports.comparisons import compare_all, comparison_section
    from rexlab.reports.view import View
    from rexlab.settings import load_settings
    from rexlab.store.columns import read_trials
    from rexlab.store.queries import find_run

    engine = open_store(load_settings())
    ids = [find_run(engine, name).id for name in (run_a, run_b)]
    matched = _match(View(read_trials(engine, ids)), ids)
    compared = compare_all([m for m in matched if len(m[2])])
    if as_json:
        print_json([_as_dict(c) for c in compared])
        return
    empty = [f"{a} and {b} share no variant and attempt that both finished" for a, b, p in matched if not len(p)]
    again = sorted({c.a for c in compared if c.a == c.b})
    same = [f"{a} is the same agent in both runs: only chance lies between its trials" for a in again]
    section = comparison_section(compared, empty + same)
    print_section(section, section.title)


def _match(view: "View", ids: list[str]) -> "list[tuple[str, str, Pairs]]":
    """Each agent of the first run with each of the second, by name; within one run each pair once.

    Raises:
        InputError: there is no pair to compare, and why.
    """
    import numpy as np

    from rexlab.errors import InputError
    from rexlab.reports.comparisons import match, side

    names = view.agent_names
    present = [run.id for run in view.trials.runs]
    number: dict[str, int] = {}
    sides = []
    for run_id in ids:
        of_run = np.equal(view.trials.run, present.index(run_id))
        agents = sorted(np.unique(view.trials.agent[of_run]).tolist(), key=names.__getitem__)
        if not agents:
            raise InputError(f"run {run_id} has no finished trial to compare; `rexlab runs resume {run_id}` goes on")
        sides.append({names[a]: side(view, of_run & np.equal(view.trials.agent, a), number) for a in agents})
    if ids[0] == ids[1] and len(sides[0]) == 1:
        raise InputError(
            f"run {ids[0]} has one agent only, {next(iter(sides[0]))}: name another run to compare it with"
        )
    matched = [(a, b, match(sides[0][a], sides[1][b])) for a in sides[0] for b in sides[1] if ids[0] != ids[1] or a < b]
    if not any(len(pairs) for _, _, pairs in matched):
        spoilt = sum(pairs.infra for _, _, pairs in matched)
        raise InputError(
            f"in every pair that agents of {ids[0]} and {ids[1]} share, {spoilt} in all, an infrastructure error ended "
            "one of the two trials; repeat those with `rexlab runs retry`"
            if spoilt
            else f"no agents of {ids[0]} and {ids[1]} finished a variant and attempt that they share; plan both runs "
            "with the same tasks, --masks, --sample and --seed"
        )
    return matched


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
