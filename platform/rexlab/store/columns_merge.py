"""Columns of trials, of which some runs have changed: what stayed is kept, and only the others are read again."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from rexlab.store.columns import Coded, Ints, TrialColumns, count_planned, read_trials


def read_again(engine: Engine, before: TrialColumns, changed: set[str]) -> TrialColumns:
    """What ``read_trials`` of the whole store gives, from what it gave before some runs changed or were new.

    Raises:
        StoreError: the store cannot be read.
    """
    fresh = read_trials(engine, sorted(changed))
    stays = np.array([run.id not in changed for run in before.runs], dtype=bool)
    kept = np.flatnonzero(stays[before.run]) if before.runs else np.array([], dtype=np.int64)
    runs = [run for run in before.runs if run.id not in changed] + fresh.runs
    made: dict[str, Any] = {"runs": sorted(runs, key=lambda run: (run.created_at, run.id))}
    coded = {"run": _renumber(made["runs"], (before.runs, before.run[kept]), (fresh.runs, fresh.run))}
    for name, table in (("agent", "agents"), ("variant", "variants")):
        old, new = ((getattr(part, table), getattr(part, name)) for part in (before, fresh))
        old = (old[0], old[1][kept])
        made[table] = _present(old, new)
        coded[name] = _renumber(made[table], old, new)
    # read_trials orders by run and position, and both parts are in that order
    ids = np.array([run.id for run in made["runs"]])
    order = np.argsort(ids[coded["run"]], kind="stable") if ids.size else kept
    made |= {name: codes[order] for name, codes in coded.items()}
    for column in fields(TrialColumns):
        if column.name in made or column.name == "planned":
            continue
        one, other = getattr(before, column.name), getattr(fresh, column.name)
        if isinstance(one, Coded):
            made[column.name] = _merge(replace(one, codes=one.codes[kept]), other, order)
        else:
            made[column.name] = np.concatenate([one[kept], other])[order]
    return TrialColumns(planned=count_planned(engine), **made)


def _present(*parts: tuple[list[Any], Ints]) -> list[Any]:
    """The rows that some trial has, by id, each once."""
    found = {rows[i].id: rows[i] for rows, codes in parts for i in np.unique(codes)}
    return [found[key] for key in sorted(found)]


def _renumber(order: list[Any], *parts: tuple[list[Any], Ints]) -> Ints:
    """The parts' codes one after the other, into ``order``."""
    number = {row.id: i for i, row in enumerate(order)}
    return np.concatenate(
        [np.array([number.get(row.id, -1) for row in rows], dtype=np.int64)[codes] for rows, codes in parts]
    )


def _merge(one: Coded, other: Coded, order: NDArray[np.int64]) -> Coded:
    """Both columns one after the other and in ``order``, each value that is used once."""
    values: dict[str, Any] = {}
    number: dict[str, int] = {}
    codes = []
    for part in (one, other):
        into = np.zeros(len(part.values), dtype=np.int64)
        for i in np.unique(part.codes):
            text = repr(part.values[i])
            into[i] = number.setdefault(text, len(number))
            values.setdefault(text, part.values[i])
        codes.append(into[part.codes])
    return Coded(list(values.values()), np.concatenate(codes)[order])
