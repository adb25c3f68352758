"""Read finished trials as columns: what reports of a million trials can be made from."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, String, cast, func, null
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.models import AgentRow, GradeRow, Outcome, RunRow, State, TrialRow, VariantRow
from rexlab.store.queries import newest_grades

OUTCOMES: tuple[Outcome, ...] = tuple(Outcome)
"""``TrialColumns.outcome`` counts into these."""
_BATCH = 20_000

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
    """What a strategy tried and chose, as ``TrialRow.selection``; None: the harness was launched once."""
    visible: Ints
    """Whether a verifier that sees the visible experiments would accept: 1, 0; -1 never graded, or nothing visible."""
    claim: Ints
    """Whether one that takes the agent's word would: 1, 0; -1 unknown."""
    claims_made: Ints
    claims_held: Ints
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
    grading: Floats
    """Seconds of grading; NaN likewise."""
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
        StoreError: the store cannot be read.
    """
    with reading(engine) as session:
        wanted = select(RunRow).order_by(col(RunRow.created_at), col(RunRow.id))
        if run_ids is not None:
            wanted = wanted.where(col(RunRow.id).in_(run_ids))
        runs = list(session.exec(wanted).all())
        ids = None if run_ids is None else [run.id for run in runs]
        agents = list(session.exec(_used(select(AgentRow), TrialRow.agent_id, AgentRow.id, ids)).all())
        variants = list(session.exec(_used(select(VariantRow), TrialRow.variant_id, VariantRow.id, ids)).all())
        count = _of_runs(select(func.count()).select_from(TrialRow), ids).where(col(TrialRow.id).not_in(_replaced(ids)))
        planned = int(session.exec(count).one())
        read = _read(session.connection().execution_options(yield_per=_BATCH), _query(ids), runs, agents, variants)
    read["asked"] = ~np.isnan(read["calls"])
    read["tokens"] = np.nan_to_num(read.pop("input")) + np.nan_to_num(read.pop("output"))
    read["cost"] = np.where(read["asked"], read["cost"], 0.0)
    read["calls"] = np.nan_to_num(read["calls"])
    read["wall"] = read["ended"] - read.pop("started")
    return TrialColumns(runs=runs, agents=agents, variants=variants, planned=planned, **read)


def _query(ids: list[str] | None) -> Any:
    newest = newest_grades()
    text: Callable[[Any], Any] = lambda column: cast(column, String)  # noqa: E731 - decoded once per different value
    graded, ungraded = col(GradeRow.outcome), col(TrialRow.outcome)
    usage: Any = TrialRow.usage
    timings: Any = TrialRow.timings
    outcome = func.coalesce(text(graded), text(ungraded))
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
            col(GradeRow.claims_made).label("claims_made"),
            col(GradeRow.claims_held).label("claims_held"),
            col(TrialRow.file_recall).label("file_recall"),
            usage["calls"].as_integer().label("calls"),
            usage["input_tokens"].as_integer().label("input"),
            usage["output_tokens"].as_integer().label("output"),
            usage["cost_usd"].as_float().label("cost"),
            timings["solve"].as_float().label("solving"),
            timings["grade"].as_float().label("grading"),
            col(TrialRow.started_at).label("started"),
            col(TrialRow.finished_at).label("ended"),
        )
        .select_from(TrialRow)
        .join(newest, newest.c.trial_id == TrialRow.id, isouter=True)
        .join(GradeRow, col(GradeRow.id) == newest.c.id, isouter=True)
        .where(TrialRow.state == State.FINISHED, outcome != Outcome.CANCELLED.value)
        .where(col(TrialRow.id).not_in(_replaced(ids)))
        .order_by(col(TrialRow.run_id), col(TrialRow.position))
    )
    return _of_runs(query, ids)


def _replaced(ids: list[str] | None) -> Any:
    return _of_runs(select(TrialRow.replaces_id).where(col(TrialRow.replaces_id).is_not(null())), ids)


def _of_runs(query: Any, ids: list[str] | None) -> Any:
    return query if ids is None else query.where(col(TrialRow.run_id).in_(ids))


def _used(query: Any, key: Any, own: Any, ids: list[str] | None) -> Any:
    return query.where(col(own).in_(_of_runs(select(key).distinct(), ids))).order_by(col(own))


def _read(
    connection: Any, query: Any, runs: Sequence[Any], agents: Sequence[Any], variants: Sequence[Any]
) -> dict[str, Any]:
    """The result by columns. Batch after batch becomes arrays, for a million rows of Python objects fill gigabytes."""
    outcomes = {outcome.value: i for i, outcome in enumerate(OUTCOMES)}
    rows = ({row.id: i for i, row in enumerate(table)} for table in (runs, agents, variants))
    numbers = dict(zip(("run", "agent", "variant"), rows, strict=True)) | {"outcome": outcomes}
    texts: dict[str, dict[str | None, int]] = {name: {} for name in _CODED}
    result = connection.execute(query)
    names = list(result.keys())
    parts: dict[str, list[Any]] = {name: [] for name in names}
    for batch in result.partitions(_BATCH):
        for name, values in zip(names, zip(*batch, strict=True), strict=True):
            if name in numbers:
                known = numbers[name]
                parts[name].append(np.array([known[v] for v in values], dtype=np.int64))
            elif name in texts:
                codes = texts[name]
                parts[name].append(np.array([codes.setdefault(v, len(codes)) for v in values], dtype=np.int64))
            elif name in _WHOLE:
                parts[name].append(np.array([-1 if v is None else v for v in values], dtype=np.int64))
            else:
                parts[name].append(np.array(values, dtype=np.float64))
    read: dict[str, Any] = {
        name: np.concatenate(part) if part else np.array([], _kind(name)) for name, part in parts.items()
    }
    return read | {name: _decoded(texts[name], read[name], _CODED[name]) for name in _CODED}


_CODED: dict[str, Any] = {"flags": [], "functions": None, "mutated": None, "selection": None}
"""Columns of JSON with few different values, and what SQL's NULL and JSON's null stand for."""
_WHOLE = {"attempt", "grade", "visible", "claim", "claims_made", "claims_held"}


def _kind(name: str) -> type[np.generic]:
    return np.int64 if name in _WHOLE | {"run", "agent", "variant", "outcome", *_CODED} else np.float64


def _decoded(texts: dict[str | None, int], codes: Ints, absent: Any) -> Coded:
    values = [json.loads(text) if text is not None else None for text in texts]
    return Coded([absent if value is None else value for value in values], codes)
