"""Finished trials as columns, made from a few words each: what reports are tested on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rexlab.store.columns import OUTCOMES, Coded, TrialColumns
from rexlab.store.models import AgentRow, Outcome, RunRow, VariantRow

NAN = float("nan")


@dataclass(frozen=True)
class Made:
    """One finished trial; everything that a test does not care for has a default."""

    outcome: str = "passed"
    agent: str = "react"
    """``harness`` or ``harness model``; a row with ``oracle`` or ``mutant`` is a reference's."""
    task: str = "classic/deis"
    paper: str | None = None
    """None: the task is its own paper."""
    functions: tuple[str, ...] = ("a.py:f",)
    """Masked; () of an extension."""
    hint: str = "default"
    attempt: int = 1
    run: str = "r1"
    credit: float = NAN
    flags: tuple[str, ...] = ()
    credits: Mapping[str, bool] | None = None
    """Per-function verdicts."""
    mutated: Mapping[str, str] | None = None
    selection: Mapping[str, Any] | None = None
    visible: int = -1
    claim: int = -1
    claims_made: int = 0
    """At least 1 where ``claim`` is: who claims every visible value right claims something."""
    claims_held: int = 0
    file_recall: float = NAN
    calls: int | None = None
    """None: it asked no model."""
    tokens: int = 0
    cost: float = NAN
    solving: float = NAN
    wall: float = NAN
    ended: float = 0.0
    gpus: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False
    graded: bool = True


def columns(made: Iterable[Made], planned: int | None = None) -> TrialColumns:
    """The columns of these trials, in their order."""
    rows = list(made)
    agents, variants, runs = {}, {}, {}
    for row in rows:
        agents.setdefault(_agent(row).id, _agent(row))
        variants.setdefault(_variant(row).id, _variant(row))
        spec: dict[str, Any] = {}
        runs.setdefault(
            row.run, RunRow(id=row.run, created_at=0.0, name="test", spec=spec, digest="d", platform_version="0.1.0")
        )
    number = {key: i for table in (agents, variants, runs) for i, key in enumerate(table)}
    asked = np.array([row.calls is not None for row in rows], dtype=bool)
    return TrialColumns(
        runs=list(runs.values()),
        agents=list(agents.values()),
        variants=list(variants.values()),
        planned=len(rows) if planned is None else planned,
        run=_ints(number[row.run] for row in rows),
        agent=_ints(number[_agent(row).id] for row in rows),
        variant=_ints(number[_variant(row).id] for row in rows),
        attempt=_ints(row.attempt for row in rows),
        outcome=_ints(OUTCOMES.index(Outcome(row.outcome)) for row in rows),
        grade=_ints(i if row.graded else -1 for i, row in enumerate(rows, 1)),
        credit=_floats(row.credit for row in rows),
        flags=_coded([list(row.flags) for row in rows]),
        functions=_coded([dict(row.credits) if row.credits is not None else None for row in rows]),
        mutated=_coded([dict(row.mutated) if row.mutated is not None else None for row in rows]),
        selection=_coded([dict(row.selection) if row.selection is not None else None for row in rows]),
        visible=_ints(row.visible for row in rows),
        claim=_ints(row.claim for row in rows),
        claims_made=_ints(max(row.claims_made, int(row.claim == 1)) for row in rows),
        claims_held=_ints(row.claims_held for row in rows),
        file_recall=_floats(row.file_recall for row in rows),
        asked=asked,
        calls=_floats(row.calls or 0 for row in rows),
        tokens=_floats(row.tokens for row in rows),
        cost=np.where(asked, _floats(row.cost for row in rows), 0.0),
        solving=_floats(row.solving for row in rows),
        wall=_floats(row.wall for row in rows),
        ended=_floats(row.ended for row in rows),
    )


def _agent(row: Made) -> AgentRow:
    harness, _, model = row.agent.partition(" ")
    label = " ".join([row.agent, *(f"{k}={v}" for k, v in row.params.items())])
    return AgentRow(
        id=label,
        harness=harness,
        harness_digest="h",
        model=model or None,
        params=dict(row.params),
        reference=harness in ("oracle", "mutant"),
        label=label,
        simulated=row.simulated,
    )


def _variant(row: Made) -> VariantRow:
    return VariantRow(
        id=f"{row.task} {','.join(row.functions)} {row.hint}",
        task=row.task,
        task_digest="t",
        task_folder="",
        kind="masking" if row.functions else "extension",
        functions=list(row.functions),
        masks=len(row.functions),
        shown={"paper": True, "commands": True, "hints": row.hint},
        paper=row.paper or row.task,
        gpus=row.gpus,
    )


def _ints(values: Iterable[int]) -> Any:
    return np.array(list(values), dtype=np.int64)


def _floats(values: Iterable[float]) -> Any:
    return np.array(list(values), dtype=np.float64)


def _coded(values: list[Any]) -> Coded:
    texts = [json.dumps(value, sort_keys=True) for value in values]
    known = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    return Coded([json.loads(text) for text in known], _ints(known[text] for text in texts))
