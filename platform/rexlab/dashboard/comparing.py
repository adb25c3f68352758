"""What the Compare page and ``rexlab compare`` know: who is compared with whom, per task, and where the two differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rexlab.errors import InputError, NotFoundError
from rexlab.reports.comparisons import Compared, Pairs, compare_all, comparison_section, match, side
from rexlab.reports.document import Cell, Column, Kind, Section, Share
from rexlab.reports.view import View, shown_name
from rexlab.store.columns import OUTCOMES, Ints
from rexlab.store.models import Outcome, RunRow
from rexlab.store.pages import Place

_MARK = "~"
"""Stands before the agent's id in the text of a party; no id holds it, and an address keeps it as it is."""
A_WINS, B_WINS, TIE = "A", "B", "tie"


@dataclass(frozen=True)
class Party:
    """One side of a comparison: the agents of a run, an agent over all its runs, or an agent in one run."""

    run: str | None = None
    """Its id; None: every run."""
    agent: str | None = None
    """Its id; None: every agent of the run."""

    @property
    def text(self) -> str:
        """For addresses: ``RUN``, ``~AGENT`` or ``RUN~AGENT``."""
        return (self.run or "") + (f"{_MARK}{self.agent}" if self.agent else "")


@dataclass(frozen=True)
class Comparison:
    """What came of comparing two parties."""

    compared: list[Compared]
    """Row by row of the section."""
    section: Section
    """``comparisons``; its notes say which agents share nothing."""


@dataclass(frozen=True)
class Difference:
    """A pair of trials at one variant and attempt, of which one alone passed."""

    task: str
    functions: list[str]
    """Masked ones; empty of an extension task."""
    shown: str
    """What the agents were shown, where it is not everything: ``no paper, hints``."""
    attempt: int
    place_a: Place
    place_b: Place
    outcome_a: Outcome
    outcome_b: Outcome


def read_party(view: View, text: str) -> Party:
    """The party of this text, as ``Party.text`` writes it.

    Raises:
        NotFoundError: there is no such run, or no finished trial of such an agent.
    """
    run, _, agent = text.partition(_MARK)
    if run and all(row.id != run for row in view.trials.runs):
        raise NotFoundError(f"there is no run {run!r} to compare; choose one of the list")
    if agent and all(row.id != agent for row in view.trials.agents):
        raise NotFoundError(f"no finished trial is of an agent {agent!r}; choose one of the list")
    if not run and not agent:
        raise NotFoundError("neither a run nor an agent is named; choose one of the list")
    return Party(run or None, agent or None)


def runs_to_compare(view: View) -> list[RunRow]:
    """The runs that have a finished trial, the newest first."""
    present = np.unique(view.trials.run)
    return sorted((view.trials.runs[r] for r in present), key=lambda run: (run.created_at, run.id), reverse=True)


def agents_to_compare(view: View, run: str | None) -> dict[str, str]:
    """The agents that have a finished trial, in this run or in any: id and name, in order of their names."""
    numbers = _agents_of(view, Party(run))
    return {view.trials.agents[a].id: view.agent_names[a] for a in numbers}


def first_choice(view: View) -> tuple[Party, Party] | None:
    """What is shown before anybody chose: the agents of the newest run with at least two, with each other."""
    for run in runs_to_compare(view):
        if len(_agents_of(view, Party(run.id))) > 1:
            return Party(run.id), Party(run.id)
    return None


def words(view: View, party: Party) -> str:
    """``react gpt-4o in run r1``, ``run r1``, ``react gpt-4o``."""
    names = [name for row, name in zip(view.trials.agents, view.agent_names, strict=True) if row.id == party.agent]
    return " in ".join([*names, *([f"run {party.run}"] if party.run else [])])


def compare_parties(view: View, a: Party, b: Party) -> Comparison:
    """Compare each agent of the one party with each of the other; p-values are adjusted for that (Holm).

    Raises:
        InputError: there is no pair to compare, and why.
    """
    matched = _match(view, a, b)
    compared = compare_all([m for m in matched if len(m[2])])
    empty = [f"{x} and {y} share no variant and attempt that both finished" for x, y, p in matched if not len(p)]
    again = sorted({c.a for c in compared if c.a == c.b})
    same = [f"{name} is the same agent in both runs: only chance lies between its trials" for name in again]
    return Comparison(compared, comparison_section(compared, empty + same))


def _match(view: View, a: Party, b: Party) -> list[tuple[str, str, Pairs]]:
    """Each agent of the one party with each of the other, by name; within one party each two once.

    An agent is not compared with itself on the same trials.

    Raises:
        InputError: there is none, and why.
    """
    names = view.agent_names
    number: dict[str, int] = {}
    sides = []
    for party in (a, b):
        agents = _agents_of(view, party)
        if not agents:
            raise InputError(_without_trials(view, party))
        sides.append({i: side(view, _members(view, party, i), number) for i in agents})
    share_runs = a.run == b.run or a.run is None or b.run is None
    twos = [(i, j) for i in sides[0] for j in sides[1] if i != j or not share_runs]
    twos = [(i, j) for i, j in twos if a != b or names[i] < names[j]]
    if not twos:
        raise InputError(_one_alone(view, a, b, names[next(iter(sides[0]))]))
    matched = [(names[i], names[j], match(sides[0][i], sides[1][j])) for i, j in twos]
    if not any(len(pairs) for _, _, pairs in matched):
        raise InputError(_without_pairs(view, a, b, sum(pairs.infra for _, _, pairs in matched)))
    return matched


def per_task(view: View, pairs: Pairs) -> Section:
    """One row per task: how many of its pairs each passed, and who passed more of them."""
    tasks = np.array([v.task for v in view.trials.variants])[view.trials.variant[pairs.of_a]]
    names, place = np.unique(tasks, return_inverse=True)
    total = np.bincount(place, minlength=names.size)
    won_a, won_b, both = (
        np.bincount(place[won], minlength=names.size)
        for won in (pairs.passed_a, pairs.passed_b, pairs.passed_a & pairs.passed_b)
    )
    rows: list[list[Cell]] = []
    for t, name in enumerate(names.tolist()):
        trials, a, b = int(total[t]), int(won_a[t]), int(won_b[t])
        more = A_WINS if a > b else B_WINS if b > a else TIE
        rows.append([name, more, Share(a, trials), Share(b, trials), a - int(both[t]), b - int(both[t])])
    columns = [
        Column("task", "task"),
        Column("more", "passes more"),
        Column("passed_a", "A passed", Kind.SHARE),
        Column("passed_b", "B passed", Kind.SHARE),
        Column("only_a", "only A", Kind.COUNT),
        Column("only_b", "only B", Kind.COUNT),
    ]
    return Section("per_task", "Per task", columns, rows)


def differing(view: View, pairs: Pairs) -> Ints:
    """Which pairs one of the two alone passed, task by task: (differences,) into the pairs."""
    found = np.flatnonzero(pairs.passed_a != pairs.passed_b)
    trials = pairs.of_a[found]
    variants = view.trials.variants
    order = sorted(range(len(variants)), key=lambda v: (variants[v].task, variants[v].masks, variants[v].functions))
    place = np.argsort(order)[view.trials.variant[trials]]
    return np.asarray(found[np.lexsort((view.trials.attempt[trials], place))])


def differences(view: View, pairs: Pairs, which: Sequence[int] | Ints) -> list[Difference]:
    """These pairs in words."""
    return [_difference(view, int(pairs.of_a[i]), int(pairs.of_b[i])) for i in which]


def _difference(view: View, trial_a: int, trial_b: int) -> Difference:
    trials = view.trials
    variant, attempt = trials.variants[trials.variant[trial_a]], int(trials.attempt[trial_a])

    def place(trial: int) -> Place:
        return Place(trials.runs[trials.run[trial]].id, trials.agents[trials.agent[trial]].id, variant.id, attempt)

    return Difference(
        task=variant.task,
        functions=list(variant.functions),
        shown=shown_name(variant),
        attempt=attempt,
        place_a=place(trial_a),
        place_b=place(trial_b),
        outcome_a=OUTCOMES[trials.outcome[trial_a]],
        outcome_b=OUTCOMES[trials.outcome[trial_b]],
    )


def _agents_of(view: View, party: Party) -> list[int]:
    """Numbers of the party's agents, in order of their names."""
    found = np.unique(view.trials.agent[_members(view, party)]).tolist()
    return sorted(found, key=view.agent_names.__getitem__)


def _members(view: View, party: Party, agent: int | None = None) -> NDArray[np.bool_]:
    """Which trials are the party's, or those of this agent of it, (trials,)."""
    trials = view.trials
    runs = np.array([party.run in (None, run.id) for run in trials.runs], dtype=bool)
    agents = np.array([party.agent in (None, row.id) for row in trials.agents], dtype=bool)
    if agent is not None:
        agents &= np.arange(agents.size) == agent
    return np.asarray(runs[trials.run] & agents[trials.agent], dtype=bool)


def _without_trials(view: View, party: Party) -> str:
    more = f"; `rexlab runs resume {party.run}` goes on" if party.run else ""
    return f"{words(view, party)} has no finished trial to compare{more}"


def _one_alone(view: View, a: Party, b: Party, name: str) -> str:
    if a == b and a.run and not a.agent:
        return f"run {a.run} has one agent only, {name}: name another run to compare it with"
    return f"{words(view, a)} and {words(view, b)} are the same trials: choose another agent or run for one of them"


def _without_pairs(view: View, a: Party, b: Party, spoilt: int) -> str:
    who = f"agents of {a.run} and {b.run}" if not (a.agent or b.agent) else f"{words(view, a)} and {words(view, b)}"
    if spoilt:
        return (
            f"in every pair that {who} share, {spoilt} in all, an infrastructure error ended one of the two trials; "
            "repeat those with `rexlab runs retry`"
        )
    if a.agent or b.agent:
        return f"{who} finished no variant and attempt that they share; run both on the same tasks, masks and seed"
    return (
        f"no {who} finished a variant and attempt that they share; plan both runs with the same tasks, --masks, "
        "--sample and --seed"
    )
