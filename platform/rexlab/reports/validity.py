"""Whether results can be believed: agents' claims against the re-run, and the tasks' own references and mutants."""

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rexlab.reports.document import Cell, Column, Kind, Section, Share
from rexlab.reports.success import rate_over_papers
from rexlab.reports.view import View
from rexlab.store.columns import OUTCOMES, Ints
from rexlab.store.models import Outcome

_PASSED = OUTCOMES.index(Outcome.PASSED)
_SHOWN = 3
"""Most surviving changes to list in a cell."""


def claims(view: View) -> Section:
    """What agents claim of their own results, against the re-run; one row per agent that claims anything."""
    trials, groups = view.trials, view.groups(["agent"])
    counted = np.flatnonzero(~trials.infra)
    claiming = trials.claims_made > 0
    told = trials.claim == 1
    values = {
        "trials": np.ones(len(view)),
        "made": trials.claims_made,
        "held": trials.claims_held,
        "claiming": claiming,
        "false": claiming & (trials.claims_held < trials.claims_made),
        "known": trials.claim >= 0,
        "older": (trials.grade >= 0) & (trials.claim < 0),
        "told": told,
        "passed": told & trials.passed,
    }
    sums = {name: groups.sums(value, counted) for name, value in values.items()}
    rows: list[list[Cell]] = []
    silent, unknown = [], []
    for g, (name, *_) in enumerate(groups.values):
        n = {key: int(total[g]) for key, total in sums.items()}
        if not n["trials"]:
            continue
        if not n["claiming"] and not n["told"]:
            silent.append(str(name))
            continue
        if n["older"]:
            unknown.append(f"{name} ({n['older']} trials)")
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
    changes = np.array([len(value or {}) for value in trials.mutated.values], dtype=np.int64)[trials.mutated.codes]
    oracle = np.flatnonzero(_of_harness(view, "oracle") & ~trials.infra)
    mutant = np.flatnonzero(_of_harness(view, "mutant") & ~trials.infra & (changes > 0))
    notes, rows = [], []
    if oracle.size:
        rows.append(_row(view, "oracle", "all", oracle, "flake rate: the reference bodies, put back, did not pass"))
        rows += _faulty(view, "oracle", oracle, ~trials.passed, _flaky)
    else:
        notes.append("no flake rate: no trial of the harness oracle is among these")
    if mutant.size:
        rows.append(_row(view, "mutant", "all", mutant, "kill rate: a reference body, changed, did not pass"))
        if (single := mutant[changes[mutant] == 1]).size:
            rows.append(_row(view, "mutant", "all, one change", single, "kill rate of a single change"))
        rows += _faulty(view, "mutant", mutant, trials.passed, _survived)
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


def _of_harness(view: View, name: str) -> NDArray[np.bool_]:
    return np.array([a.harness == name for a in view.trials.agents], dtype=bool)[view.trials.agent]


def _row(view: View, harness: str, label: str, rows: Ints, meaning: str) -> list[Cell]:
    """What the trials of these numbers say: how many failed, with an interval over papers."""
    failed = rows[view.trials.outcome[rows] != _PASSED]
    total = np.bincount(view.cluster[rows])
    lost = np.bincount(view.cluster[failed], minlength=total.size)
    rate = rate_over_papers(lost[total > 0], total[total > 0])
    return [harness, label, rows.size, Share(failed.size, rows.size), rate, meaning]


def _faulty(
    view: View, harness: str, rows: Ints, fault: NDArray[np.bool_], meaning: Callable[[View, Ints], str]
) -> list[list[Cell]]:
    """A row for each task with a fault, the worst first; ``meaning`` says it of the faulty trials."""
    groups = view.groups(["task"])
    task = groups.index[rows]
    faults, total = (np.bincount(some, minlength=len(groups.values)) for some in (task[fault[rows]], task))
    found = np.flatnonzero(faults)
    made: list[list[Cell]] = []
    for g in found[np.argsort(-faults[found] / total[found], kind="stable")].tolist():
        own = rows[task == g]
        made.append(_row(view, harness, str(groups.values[g][0]), own, meaning(view, own[fault[own]])))
    return made


def _flaky(view: View, rows: Ints) -> str:
    counts = np.bincount(view.trials.outcome[rows], minlength=len(OUTCOMES))
    found = ", ".join(f"{OUTCOMES[o]} {counts[o]}" for o in np.argsort(-counts, kind="stable") if counts[o])
    return f"flaky, or its reference is wrong: {found}"


def _survived(view: View, rows: Ints) -> str:
    mutated = view.trials.mutated
    survivors: Counter[str] = Counter()
    for code, times in zip(*np.unique(mutated.codes[rows], return_counts=True), strict=True):
        for function, change in mutated.values[code].items():
            survivors[f"{function}: {change}"] += int(times)
    listed = "; ".join(f"{change} ({times})" for change, times in survivors.most_common(_SHOWN))
    more = f"; {len(survivors) - _SHOWN} more" if len(survivors) > _SHOWN else ""
    return f"passed although changed, unnoticed or without effect: {listed}{more}"
