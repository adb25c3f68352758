"""Read the metric values of many grades as columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlmodel import col, select

from rexlab.store.columns import Floats, Ints
from rexlab.store.database import reading
from rexlab.store.models import GradeRow, MetricRow, TrialRow

_BATCH = 256
"""Rows at a time: a large batch of Python objects keeps the garbage collector busy."""
_COLUMNS = {
    "id": np.int64,
    "grade": np.int64,
    "experiment": np.int64,
    "hidden": np.bool_,
    "target": np.float64,
    "observed": np.float64,
}


@dataclass(frozen=True)
class MetricColumns:
    """Values of metrics by grade and experiment, those of one experiment in the task's order. Arrays are (values,)."""

    grade: Ints
    """Id of the value's grade, rising."""
    experiment: Ints
    """A number per name of an experiment, rising within a grade."""
    hidden: NDArray[np.bool_]
    """Whether the agent never saw the experiment."""
    target: Floats
    observed: Floats
    """NaN: it is missing."""

    def __len__(self) -> int:
        return int(self.grade.size)


def read_metric_columns(engine: Engine, run_ids: Sequence[str]) -> MetricColumns:
    """The values of every grade of these runs' trials, the newest and those before.

    Raises:
        StoreError: the store cannot be read.
    """
    row = MetricRow
    query = (
        select(  # type: ignore[call-overload]
            row.id, row.grade_id, row.experiment, row.hidden, row.target, row.observed
        )
        .join(GradeRow, col(GradeRow.id) == row.grade_id)
        .join(TrialRow, col(TrialRow.id) == GradeRow.trial_id)
        .where(col(TrialRow.run_id).in_(run_ids))
    )
    names: dict[str, int] = {}
    parts: dict[str, list[NDArray[np.generic]]] = {name: [np.array([], kind)] for name, kind in _COLUMNS.items()}
    with reading(engine) as session:
        result = session.connection().execution_options(yield_per=_BATCH).execute(query)
        for batch in result.partitions(_BATCH):
            values = dict(zip(_COLUMNS, zip(*batch, strict=True), strict=True))
            values["experiment"] = tuple(names.setdefault(name, len(names)) for name in values["experiment"])
            for name, kind in _COLUMNS.items():
                parts[name].append(np.array(values[name], dtype=kind))
    read = {name: np.concatenate(part) for name, part in parts.items()}
    order = np.lexsort((read.pop("id"), read["experiment"], read["grade"]))
    return MetricColumns(**{name: column[order] for name, column in read.items()})
