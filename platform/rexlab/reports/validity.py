"""Whether results can be believed: agents' claims against the re-run, and the tasks' own references and mutants."""

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rexlab.reports.document import Cell, Column, Kind, Section, Share
from rexlab.reports.spending import group_sums
from rexlab.reports.success import group_rates
from rexlab.reports.view import View
from rexlab.store.columns import OUTCOMES

_SHOWN = 3
"""Most surviving changes to list in a cell."""


def claims(view: View) -> Section:
    """What agents claim of their own results, against the re-run; one row per agent that claims anything."""
    clean = view.pick(~view.trials.infra)
    trials, groups = clean.trials, clean.groups(["agent"])
    claiming = trials.claims_made > 0
    told = trials.claim == 1
    names = ("made", "held", "claiming", "false", "known", "told", "passed")
    values = (
        trials.claims_made,
        trials.claims_held,
        claiming,
        claiming & (trials.claims_held < trials.claims_made),
        trials.claim >= 0,
        told,
        told & trials.passed,
    )
    sums = {name: group_sums(groups, value) for name, value in zip(names, values, strict=True)}
    rows: list[list[Cell]] = []
    silent, unknown = [], []
    for g, (name, *_) in enumerate(groups.values):
        n = {key: int(total[g]) for key, total in sums.items()}
        if not n["claiming"] and not n["told"]:
            silent.append(str(name))
            continue
        if older := int((groups.members(g) & (trials.grade >= 0) & (trials.claim < 0)).sum()):
            unknown.append(f"{name} ({older} trials)")
        shares = (("held", "made"), ("false", "claiming"), ("told", "known"), ("passed", "told"))
        rows.append([name, n["made"], *(Share(n[part], n[whole]) if n[whole] else None for part, whole in shares)])
    columns = [
        Column("agent", "agent"),
        Column("made", "claims", Kind.COUNT),
        Column("held", "borne out", Kind.SHARE),
        Column("false", "trials with a false one", Kind.SHARE),
        Column("claimed_success", "claim success", Kind.SHARE),
        Column("of_these_passed", "of these passed", Kind.SHARE),
    ]
    notes = []
    if rows:
        notes.append(
            "borne out: the re-run gives the claimed number; a false one: of the trials that claim anything, those "
            "with a claim that is not borne out; claim success: a passing number is claimed for every visible value"
        )
    if any(None in row for row in rows):
        notes.append("-: there is nothing to take a share of")
    if silent:
        notes.append(f"no result was claimed by {', '.join(silent)}")
    if unknown:
        notes.append(
            f"graded before it was kept, or with nothing visible to claim, so not counted: {', '.join(unknown)}"
        )
    return Section("claims", "Claims", columns, rows, notes or ["no trial says anything about claims"])


def benchmark(view: View) -> Section:
    """Flake rate of the reference and kill rate of mutants: a row over all tasks, and one per task that is at fault."""
    columns = [
        Column("harness", "harness"),
        Column("task", "task"),
        Column("trials", "trials", Kind.COUNT),
        Column("failed", "failed", Kind.SHARE),
        Column("rate", "rate [95 %]", Kind.PERCENT),
        Column("meaning", "what it means"),
    ]
    trials = view.trials
    harness = np.array([a.harness for a in trials.agents], dtype=object)[trials.agent]
    changes = np.array([len(value or {}) for value in trials.mutated.values], dtype=np.int64)[trials.mutated.codes]
    oracle = view.pick((harness == "oracle") & ~trials.infra)
    mutant = view.pick((harness == "mutant") & ~trials.infra & (changes > 0))
    notes, rows = [], []
    if len(oracle):
        rows += [_overall(oracle, "oracle", "all", "flake rate: the reference bodies were put back and did not pass")]
        rows += _flaky(oracle)
    else:
        notes.append("no flake rate: no trial of the harness oracle is among these")
    if len(mutant):
        rows += [_overall(mutant, "mutant", "all", "kill rate: a reference body was changed, and the trial failed")]
        if len(single := view.pick((harness == "mutant") & ~trials.infra & (changes == 1))):
            rows += [_overall(single, "mutant", "all, one change", "kill rate of a single change")]
        rows += _survived(mutant)
        notes.append("mutant: trials in which nothing was changed do not count")
    else:
        notes.append("no kill rate: no trial of the harness mutant that changed anything is among these")
    if rows:
        notes.append(
            "tasks are listed where the reference failed, or a change passed; all others are without fault here"
        )
    if trials.infra.any():
        notes.append("infrastructure errors are left out")
    return Section("benchmark", "The benchmark itself", columns, rows, notes)


def _overall(view: View, harness: str, label: str, meaning: str) -> list[Cell]:
    groups, failed = view.groups([]), ~view.trials.passed
    rate = group_rates(groups, view.cluster, failed, np.ones(len(view), dtype=bool))[0]
    return [harness, label, len(view), Share(int(failed.sum()), len(view)), rate, meaning]


def _flaky(view: View) -> list[list[Cell]]:
    """Tasks whose reference failed, the flakiest first."""
    trials = view.trials

    def meaning(members: NDArray[np.bool_]) -> str:
        counts = np.bincount(trials.outcome[members & ~trials.passed], minlength=len(OUTCOMES))
        found = ", ".join(f"{OUTCOMES[o]} {counts[o]}" for o in np.argsort(-counts, kind="stable") if counts[o])
        return f"flaky, or its reference is wrong: {found}"

    return _faulty(view, "oracle", ~trials.passed, meaning)


def _survived(view: View) -> list[list[Cell]]:
    """Tasks of which a changed body passed, the most survivors first."""
    trials = view.trials

    def meaning(members: NDArray[np.bool_]) -> str:
        codes = Counter(trials.mutated.codes[members & trials.passed].tolist())
        survivors: Counter[str] = Counter()
        for code, times in codes.items():
            for function, change in trials.mutated.values[code].items():
                survivors[f"{function}: {change}"] += times
        listed = [f"{change} ({times})" for change, times in survivors.most_common(_SHOWN)]
        rest = len(survivors) - len(listed)
        more = f"; {rest} more" if rest else ""
        return f"passed although changed, unnoticed or without effect: {'; '.join(listed)}{more}"

    return _faulty(view, "mutant", trials.passed, meaning)


def _faulty(
    view: View, harness: str, fault: NDArray[np.bool_], meaning: Callable[[NDArray[np.bool_]], str]
) -> list[list[Cell]]:
    groups, everything = view.groups(["task"]), np.ones(len(view), dtype=bool)
    faults, total = group_sums(groups, fault), group_sums(groups, everything)
    failed = group_sums(groups, ~view.trials.passed)
    rates = group_rates(groups, view.cluster, ~view.trials.passed, everything)
    rows: list[list[Cell]] = []
    for g in np.argsort(-faults / total, kind="stable").tolist():
        if faults[g]:
            share = Share(int(failed[g]), int(total[g]))
            rows.append([harness, groups.values[g][0], int(total[g]), share, rates[g], meaning(groups.members(g))])
    return rows
