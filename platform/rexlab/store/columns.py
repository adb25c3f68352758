"""Read finished trials as columns: what reports of a million trials can be made from."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, String, cast, distinct, func, null
from sqlmodel import Session, col, select

from rexlab.errors import StoreError
from rexlab.store.database import reading
from rexlab.store.models import AgentRow, GradeRow, Outcome, RunRow, State, TrialRow, VariantRow
from rexlab.store.queries import Row, newest_grade

OUTCOMES: tuple[Outcome, ...] = tuple(Outcome)
"""``TrialColumns.outcome`` counts into these."""
_BATCH = 256
_IDS = 500
"""So many are asked for at once: a database takes only so many values in a query."""
_NAMED = ("run", "agent", "variant", "outcome")
"""Columns of names, which become numbers."""
_JSON: dict[str, type] = {"flags": list, "functions": dict, "mutated": dict, "selection": dict}
"""Columns of JSON with few different values, and what these are."""
_WHOLE = ("attempt", "grade", "visible", "claim", "claims_made", "claims_held")
_OF_ATTEMPTS = ("attempt", "score", "agent_outcome")
"""What is kept of the attempts of a selection."""
_PATCH = re.compile(r'"patch_sha256": "[0-9a-f]+", |, "patch_sha256": "[0-9a-f]+"')
"""The one part of a selection that is never the same twice; without it the same texts come again and again."""
_CACHED = 4096

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Coded:
    """A column with few different values: what they are, and which one each trial has."""

    values: list[Any]
    codes: Ints
    """(trials,), into ``values``."""


@dataclass(frozen=True)
class TrialColumns:
    """Finished trials, each by its newest grade; those that a retry replaced, or a person cancelled, are left out.

    Agents and variants are those that have such a trial.

    Every array is (trials,), in order of run and position. NaN and -1 stand for unknown, as each says.
    """

    runs: list[RunRow]
    agents: list[AgentRow]
    variants: list[VariantRow]
    planned: int
    """Trials of the runs, finished or not."""
    run: Ints
    agent: Ints
    variant: Ints
    attempt: Ints
    outcome: Ints
    """Into ``OUTCOMES``."""
    grade: Ints
    """Id of the newest grade; -1: it never came to grading."""
    credit: Floats
    """Share of metric values that pass; NaN: never graded."""
    flags: Coded
    """Lists of flags."""
    functions: Coded
    """Per-function verdicts, ``{function: passes}``; None: not judged one by one."""
    mutated: Coded
    """``{function: what was changed}`` of the mutant harness; None: nothing was."""
    selection: Coded
    """What a strategy tried and chose, as ``TrialRow.selection``, but of each attempt its number, score and agent's
    outcome alone; None: the harness was launched once."""
    visible: Ints
    """Whether a verifier that sees the visible experiments would accept: 1, 0; -1 never graded, or nothing visible."""
    claim: Ints
    """Whether one that takes the agent's word would: 1, 0; -1 unknown."""
    claims_made: Ints
    """Values for which it claims a number; 0: none, or never graded."""
    claims_held: Ints
    """How many of these the re-run bears out."""
    file_recall: Floats
    """NaN: no extension, or older than the column."""
    asked: NDArray[np.bool_]
    """Whether it asked a model."""
    calls: Floats
    tokens: Floats
    """Input and output."""
    cost: Floats
    """USD; NaN where a model was asked whose price is unknown, 0 where none was asked."""
    solving: Floats
    """Seconds the agent was at work; NaN where that is unknown."""
    wall: Floats
    """Seconds from the trial's start to its end; NaN likewise."""
    ended: Floats
    """Seconds since the epoch."""

    def __len__(self) -> int:
        return int(self.run.size)

    @property
    def passed(self) -> NDArray[np.bool_]:
        return np.equal(self.outcome, OUTCOMES.index(Outcome.PASSED))

    @property
    def infra(self) -> NDArray[np.bool_]:
        return np.equal(self.outcome, OUTCOMES.index(Outcome.INFRA_ERROR))


def read_trials(engine: Engine, run_ids: Sequence[str] | None = None) -> TrialColumns:
    """The finished trials of these runs, or of all runs.

    Raises:
        StoreError: the store cannot be read, or holds what this version of rexlab does not know.
    """
    runs = select(RunRow).order_by(col(RunRow.created_at), col(RunRow.id))
    with reading(engine) as session:
        planned = _planned(session, run_ids)
        read, found = _read(session.connection().execution_options(yield_per=_BATCH), _query(run_ids))
        wanted = list(session.exec(runs if run_ids is None else runs.where(col(RunRow.id).in_(run_ids))).all())
        agents = _rows(session, AgentRow, found["agent"])
        variants = _rows(session, VariantRow, found["variant"])
    ids = {"run": [r.id for r in wanted], "agent": [a.id for a in agents], "variant": [v.id for v in variants]}
    for name, order in ids.items():
        read[name] = _places(found[name], order)[read[name]]
    known = [str(outcome) for outcome in OUTCOMES]
    if unknown := [outcome for outcome in found["outcome"] if outcome not in known]:
        raise StoreError(f"the store has trials that ended as {unknown[0]!r}; this rexlab does not know it: upgrade")
    read["outcome"] = _places(found["outcome"], known)[read["outcome"]]
    read |= {name: Coded(kind.decoded, read[name]) for name, kind in found.items() if isinstance(kind, _FoundJson)}
    read["asked"] = ~np.isnan(read["calls"])
    read["cost"] = np.where(read["asked"], read["cost"], 0.0)
    read["calls"] = np.nan_to_num(read["calls"])
    return TrialColumns(wanted, agents, variants, planned, **read)


def count_planned(engine: Engine) -> int:
    """All trials of all runs, finished or not; those that a retry replaced are not counted.

    Raises:
        StoreError: the store cannot be read.
    """
    with reading(engine) as session:
        return _planned(session, None)


def _planned(session: Session, ids: Sequence[str] | None) -> int:
    count = select(func.count(col(TrialRow.id)), func.count(distinct(col(TrialRow.replaces_id))))
    every, replaced = session.exec(_of_runs(count, ids)).one()
    return int(every - replaced)


def _query(ids: Sequence[str] | None) -> Any:
    text: Callable[[Any], Any] = lambda column: cast(column, String)  # noqa: E731 - decoded once per different value
    outcome = func.coalesce(text(GradeRow.outcome), text(TrialRow.outcome), "nothing")
    replaced = _of_runs(select(TrialRow.replaces_id).where(col(TrialRow.replaces_id).is_not(null())), ids)
    query = (
        select(  # type: ignore[call-overload]
            col(TrialRow.run_id).label("run"),
            col(TrialRow.agent_id).label("agent"),
            col(TrialRow.variant_id).label("variant"),
            col(TrialRow.attempt).label("attempt"),
            outcome.label("outcome"),
            col(GradeRow.id).label("grade"),
            col(GradeRow.credit).label("credit"),
            func.coalesce(text(GradeRow.flags), text(TrialRow.flags)).label("flags"),
            text(GradeRow.functions).label("functions"),
            text(TrialRow.mutations).label("mutated"),
            text(TrialRow.selection).label("selection"),
            col(GradeRow.visible_passed).label("visible"),
            col(GradeRow.claim_passed).label("claim"),
            func.coalesce(GradeRow.claims_made, 0).label("claims_made"),
            func.coalesce(GradeRow.claims_held, 0).label("claims_held"),
            col(TrialRow.file_recall).label("file_recall"),
            col(TrialRow.calls).label("calls"),
            func.coalesce(TrialRow.tokens, 0).label("tokens"),
            col(TrialRow.cost_usd).label("cost"),
            col(TrialRow.solve_s).label("solving"),
            (col(TrialRow.finished_at) - col(TrialRow.started_at)).label("wall"),
            col(TrialRow.finished_at).label("ended"),
        )
        .select_from(TrialRow)
        .join(GradeRow, col(GradeRow.id) == newest_grade(), isouter=True)
        .where(TrialRow.state == State.FINISHED, outcome != Outcome.CANCELLED.value)
        .where(col(TrialRow.id).not_in(replaced))
        .order_by(col(TrialRow.run_id), col(TrialRow.position))
    )
    return _of_runs(query, ids)


def _of_runs(query: Any, ids: Sequence[str] | None) -> Any:
    return query if ids is None else query.where(col(TrialRow.run_id).in_(ids))


def _rows(session: Session, table: type[Row], ids: Iterable[str]) -> list[Row]:
    """The rows with these ids, in the order of their ids."""
    own, wanted = table.__table__.c.id, sorted(ids)  # type: ignore[attr-defined]
    parts = (wanted[start : start + _IDS] for start in range(0, len(wanted), _IDS))
    return [row for part in parts for row in session.exec(select(table).where(own.in_(part)).order_by(own)).all()]


class _Found(dict[Any, int]):
    """Numbers the different values of a column in the order in which they first appear."""

    def __missing__(self, value: Any) -> int:
        self[value] = number = len(self)
        return number


class _FoundJson(_Found):
    """Numbers the different texts of a column of JSON, and decodes each of them once."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.decoded: list[Any] = []

    def __missing__(self, text: Any) -> int:
        value = _decode(self.name, text)
        self.decoded.append([] if value is None and self.name == "flags" else value)
        return super().__missing__(text)


class _FoundSelections(_FoundJson):
    """Numbers selections by what is kept of them: nearly every text differs, and a million would fill the memory."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._number_of = lru_cache(_CACHED)(self._number)

    def __missing__(self, text: Any) -> int:
        if text is None:
            return super().__missing__(text)
        return self._number_of(_PATCH.sub("", text))

    def _number(self, text: str) -> int:
        selection = _decode(self.name, text)
        if selection is None:
            return super().__missing__(text)
        attempts = [{name: tried.get(name) for name in _OF_ATTEMPTS} for tried in selection.get("attempts", [])]
        kept = {**selection, "attempts": attempts}
        key = repr(kept)
        if key not in self:
            self[key] = len(self)
            self.decoded.append(kept)
        return self[key]


def _read(connection: Any, query: Any) -> tuple[dict[str, Any], dict[str, _Found]]:
    """The result by columns, and what the numbers in some of them stand for.

    Batch after batch becomes arrays, for a million rows of Python objects fill gigabytes. The batches are small: their
    objects stay in the processor's cache, and are gone before the garbage collector looks at them.
    """
    result = connection.execute(query)
    names = list(result.keys())
    found: dict[str, _Found] = {name: _Found() for name in _NAMED}
    found |= {name: (_FoundSelections if name == "selection" else _FoundJson)(name) for name in _JSON}
    parts = {name: [np.array([], np.int64 if name in found or name in _WHOLE else np.float64)] for name in names}
    for batch in result.partitions(_BATCH):
        for name, values in zip(names, zip(*batch, strict=True), strict=True):
            if name in found:
                array = np.fromiter(map(found[name].__getitem__, values), np.int64, len(values))
            elif name in _WHOLE:
                array = np.array([-1 if value is None else value for value in values], np.int64)
            else:
                array = np.array(values, np.float64)
            parts[name].append(array)
    return {name: np.concatenate(parts.pop(name)) for name in names}, found


def _places(found: Iterable[str], order: Sequence[str]) -> Ints:
    """Where in ``order`` each of the values found is, (values,)."""
    place = {value: i for i, value in enumerate(order)}
    return np.array([place[value] for value in found], dtype=np.int64)


def _decode(name: str, text: str | None) -> Any:
    """What a column of JSON holds; None for SQL's NULL and for JSON's null.

    Raises:
        StoreError: it holds anything else than it should.
    """
    try:
        value = json.loads(text) if text is not None else None
    except ValueError as error:
        raise StoreError(f"the column {name} of a stored trial is not JSON: {error}") from error
    if value is not None and not isinstance(value, _JSON[name]):
        raise StoreError(
            f"the column {name} of a stored trial is {str(text)[:80]}; this rexlab cannot read it: upgrade"
        )
    return value
