"""What is released of hidden experiments when agents are submitted again and again, and how much choosing flatters."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from rexlab.reports.document import Cell, Column, Kind, Section, Share
from rexlab.reports.view import View
from rexlab.stats.clusters import standard_error
from rexlab.stats.release import best_of_bias, paired_ladder
from rexlab.store.columns import Floats, Ints
from rexlab.store.models import AgentRow

ALL = "all of them"
"""The row of every family together, where there are several."""
_FLAT = 1e-9
"""A smaller standard error is rounding."""


@dataclass(frozen=True)
class Submissions:
    """Each agent in each run, in order of time."""

    agent: Ints
    """(submissions,), into the view's agents."""
    run: Ints
    """(submissions,), into its runs."""
    ended: Floats
    """Seconds since the epoch, of the last trial."""
    losses: Floats
    """Share of attempts that failed, (submissions, problems); NaN: not tried."""
    visible: Floats
    """Share of attempts that a verifier of the visible experiments refuses, likewise; NaN: or nothing is visible."""
    accepted: list[Share]
    """Trials that such a verifier accepts, per submission."""
    cluster: Ints
    """Number of each problem's paper, (problems,)."""


def exposure(view: View) -> list[Section]:
    """The sections ``ladder`` and ``exposure``; reference harnesses and simulated models submit nothing.

    A submission is one agent in one run, at the time of its last trial; the problems are the variants that any
    submission tried. The parameter-free Ladder (``stats.release.paired_ladder``) runs over all submissions in order of
    time: success is released where it beats the last released one by more than the standard error of the difference.
    Success means passed, with hidden and visible experiments; what only the visible ones say is public as it is.
    How much the best of several submissions is flattered is estimated from the visible results alone: from the hidden
    ones it would release a little of them.
    """
    kept = [not (agent.reference or agent.simulated) for agent in view.trials.agents]
    competing = view if all(kept) else view.pick(np.array(kept, dtype=bool)[view.trials.agent])
    left_out = [f"{len(view) - len(competing):,} trials of references and simulated models are left out"]
    notes = left_out if len(competing) < len(view) else []
    if not len(competing):
        return [
            Section("ladder", "Ladder", _LADDER, [], ["no agent has submitted anything", *notes]),
            Section("exposure", "Exposure", _EXPOSURE, []),
        ]
    found = _submissions(competing)
    if found.losses.shape[1] < 2:
        few = "there is one problem: the Ladder needs two or more, for it weighs a difference against its spread"
        return [
            Section("ladder", "Ladder", _LADDER, [], [few, *notes]),
            Section("exposure", "Exposure", _EXPOSURE, []),
        ]
    released = paired_ladder(found.losses)
    return [
        _ladder(competing, found, released.released, released.improved, notes),
        _exposure(competing, found, released.improved),
    ]


_LADDER = [
    Column("number", "no.", Kind.COUNT),
    Column("ended", "ended (UTC)"),
    Column("agent", "agent"),
    Column("run", "run"),
    Column("tried", "problems", Kind.SHARE),
    Column("visible", "visible accepted", Kind.SHARE),
    Column("improved", "improved", Kind.FLAG),
    Column("released", "best released", Kind.PERCENT),
]
_EXPOSURE = [
    Column("family", "harness and model"),
    Column("submissions", "submissions", Kind.COUNT),
    Column("improved", "improved", Kind.COUNT),
    Column("bias", "flattered by", Kind.POINTS),
    Column("meaning", "that is"),
]


def _submissions(view: View) -> Submissions:
    trials = view.trials
    present, of = np.unique(trials.agent * len(trials.runs) + trials.run, return_inverse=True)
    last = np.full(present.size, -np.inf)
    np.maximum.at(last, of, trials.ended)
    order = np.argsort(last, kind="stable")
    number = np.empty_like(order)
    number[order] = np.arange(order.size)
    of = number[of]
    variants, problem = np.unique(trials.variant, return_inverse=True)
    shape = (present.size, variants.size)
    cell = of * shape[1] + problem
    judged = np.equal(trials.grade, -1) | (trials.visible >= 0)  # graded and yet unjudged: nothing is visible
    accepted = np.equal(trials.visible, 1)
    counts = [np.bincount(of, weights=which, minlength=shape[0]) for which in (accepted, judged)]
    papers = np.empty(variants.size, dtype=np.int64)
    papers[problem] = view.cluster
    return Submissions(
        agent=present[order] // len(trials.runs),
        run=present[order] % len(trials.runs),
        ended=last[order],
        losses=_means(cell, ~trials.passed, shape),
        visible=_means(cell[judged], ~accepted[judged], shape),
        accepted=[Share(int(a), int(j)) for a, j in zip(*counts, strict=True)],
        cluster=papers,
    )


def _means(cell: Ints, values: NDArray[np.bool_], shape: tuple[int, int]) -> Floats:
    """Mean of the values in each cell; NaN where there is none."""
    size = shape[0] * shape[1]
    count = np.bincount(cell, minlength=size)
    total = np.bincount(cell, weights=values, minlength=size)
    means: Floats = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return means.reshape(shape)


def _ladder(
    view: View, found: Submissions, released: Floats, improved: NDArray[np.bool_], notes: Sequence[str]
) -> Section:
    problems = found.losses.shape[1]
    tried = (~np.isnan(found.losses)).sum(axis=1)
    rows: list[list[Cell]] = [
        [
            s + 1,
            datetime.fromtimestamp(found.ended[s], UTC).strftime("%Y-%m-%d %H:%M"),
            view.agent_names[found.agent[s]],
            view.trials.runs[found.run[s]].id,
            Share(int(tried[s]), problems),
            found.accepted[s] if found.accepted[s].trials else None,
            bool(improved[s]),
            1.0 - float(released[s]),
        ]
        for s in range(len(found.agent))
    ]
    said = [
        f"{int(improved.sum())} of {len(rows)} submissions improved on what was released before, the first always; a "
        "submission is one agent in one run",
        "visible accepted: trials that pass the visible experiments, which is public; best released: the best success "
        "with the hidden ones too, renewed only where it grows by more than the standard error of the difference "
        "(the parameter-free Ladder, Blum and Hardt 2015)",
        f"success is over the {problems:,} problems that any submission tried; what a submission did not try counts as "
        "wrong, and so does an infrastructure error",
    ]
    if partial := int((tried < problems).sum()):
        said.append(
            f"{partial} submissions did not try every problem; name suites, tasks or --masks that all of them tried"
        )
    if not all(share.trials for share in found.accepted):
        said.append("visible accepted: - where nothing is visible of the tasks")
    said.append(
        "this limits what is shown here, not what is stored: whoever has the store reads every grade (rexlab report), "
        "and every other choice of tasks begins a new Ladder; it protects only where somebody else keeps the store"
    )
    return Section("ladder", "Ladder", _LADDER, rows, [*said, *notes])


def _exposure(view: View, found: Submissions, improved: NDArray[np.bool_]) -> Section:
    families = [_family(view.trials.agents[a]) for a in found.agent]
    counts = Counter(families)
    named = [(name, np.array([family == name for family in families])) for name in sorted(counts)]
    if len(named) > 1:
        named.append((ALL, np.ones(len(families), dtype=bool)))
    rows: list[list[Cell]] = []
    for name, members in named:
        bias, meaning = _bias(found.visible[members], found.cluster)
        rows.append([name, int(members.sum()), int(improved[members].sum()), bias, meaning])
    notes = []
    if any(bias is not None for _, _, _, bias, _ in rows):
        notes.append(
            "flattered by: standard error of a submission's success over papers, without what is hard or easy for all "
            "of them, times the mean of the largest of so many normals; from visible results, for an estimate from "
            "hidden ones would release some of them"
        )
    return Section("exposure", "Exposure to repeated submissions", _EXPOSURE, rows, notes)


def _bias(visible: Floats, cluster: Ints) -> tuple[float | None, str]:
    """By how much the best of these submissions looks better than it is, 0 to 1, and the same in words.

    Args:
        visible: Losses, (submissions, problems); NaN: not tried, or nothing visible.
        cluster: Number of each problem's paper.
    """
    submissions = len(visible)
    if submissions < 2:
        return 0.0, "one submission: there was nothing to choose from"
    known = ~np.isnan(visible).all(axis=0)
    if known.sum() < 2:
        return None, "nothing is visible of these tasks, or of one problem only: no estimate"
    losses = np.nan_to_num(visible[:, known], nan=1.0)
    papers = np.unique(cluster[known], return_inverse=True)[1]
    if papers.max() < 1:  # one paper: the best that is left is to take its problems as independent
        papers = np.arange(papers.size)
    member = np.equal(papers[:, None], np.arange(papers.max() + 1)).astype(np.float64)
    totals, sizes = losses @ member, member.sum(axis=0)
    # what is hard for all submissions lifts none above the others: without the mean over submissions, the squares sum
    # up to half the mean square of the standard errors of all differences, times the number of submissions less one
    apart = standard_error(totals - totals.mean(axis=0), np.broadcast_to(sizes, totals.shape))
    error = float(np.sqrt(np.square(apart).sum() / (submissions - 1)))
    if error < _FLAT:
        return 0.0, f"the {submissions} submissions did equally well on every paper: choosing gained nothing"
    bias = best_of_bias(error, submissions)
    return bias, f"were all equally good, the best of {submissions} would still look {100 * bias:.1f} points too good"


def _family(agent: AgentRow) -> str:
    return f"{agent.harness} {agent.model}" if agent.model else agent.harness
