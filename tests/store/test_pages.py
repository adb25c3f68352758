"""Trials page by page: what each part of a filter leaves, in which order, and that pages make up the whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlmodel import Session, col

from rexlab.store.leases import claim
from rexlab.store.models import AgentRow, Outcome, State, TrialRow, VariantRow
from rexlab.store.pages import Place, TrialFilter, count_trials, page_of_trials, trials_at
from rexlab.store.records import GradeRecord, queue_retries, save_grade, save_result, save_run, trial_id

MakeGrade = Callable[..., GradeRecord]
EVERY_BUT_CANCELLED = tuple(outcome for outcome in Outcome if outcome is not Outcome.CANCELLED)


@dataclass
class Filled:
    engine: Engine

    def ids(self, offset: int = 0, limit: int = 50, newest_first: bool = False, **wanted: Any) -> list[str]:
        """Ids on the page, without the run; that their number is the count is checked where all are asked for."""
        asked = TrialFilter(**wanted)
        page = page_of_trials(self.engine, asked, offset=offset, limit=limit, newest_first=newest_first)
        if not offset and limit == 50:
            assert count_trials(self.engine, asked) == len(page)
        return [record.trial.id.removeprefix("r1-") for record in page]


@pytest.fixture
def filled(engine: Engine, plan: Any, make_grade: MakeGrade) -> Filled:
    """Six trials of run r1: three variants by two agents. 1 passed, 2 is wrong at last, 3 was an infrastructure error
    and is repeated by 7, which is queued; 4 was cancelled, 5 runs, 6 is queued."""
    variants = [
        variant("v1", "classic/one", functions=["f"]),
        variant("v2", "classic_two/one", functions=["f", "g"]),
        variant("v3", "extension/three", hints="hints"),
    ]
    agents = [AgentRow(id=i, harness=i, harness_digest="h", params={}, reference=False) for i in ("a", "b")]
    trials = [
        TrialRow(
            id=trial_id("r1", n),
            run_id="r1",
            position=n,
            variant_id=f"v{(n + 1) // 2}",
            agent_id="ab"[(n - 1) % 2],
            attempt=1,
            seed=n,
        )
        for n in range(1, 7)
    ]
    save_run(engine, plan.run("r1"), variants, agents, trials)
    finish(engine, 1, Outcome.PASSED, make_grade("r1-00001"))
    finish(engine, 2, Outcome.PASSED, make_grade("r1-00002"))
    save_grade(engine, make_grade("r1-00002", Outcome.WRONG_RESULT, reason="regrade"))
    finish(engine, 3, Outcome.INFRA_ERROR)
    finish(engine, 4, Outcome.CANCELLED)
    queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    assert claim(engine, trial_id("r1", 5), 60.0)
    with Session(engine) as session:
        for n in (1, 2, 3, 4):
            ended = update(TrialRow).where(col(TrialRow.position) == n).values(finished_at=100.0 * n)
            session.exec(ended)
        session.commit()
    return Filled(engine)


def variant(name: str, task: str, functions: list[str] | None = None, hints: str = "default") -> VariantRow:
    return VariantRow(
        id=name,
        task=task,
        task_digest="t",
        task_folder="",
        kind="masking" if functions else "extension",
        functions=functions or [],
        masks=len(functions or []),
        shown={"paper": True, "hints": hints},
    )


def finish(engine: Engine, position: int, outcome: Outcome, grade: GradeRecord | None = None) -> None:
    held = claim(engine, trial_id("r1", position), 60.0)
    assert held
    save_result(engine, held, outcome=outcome, detail="", timings={}, flags=[], sandbox="", grade=grade)


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ({}, "124567"),
        ({"replaced": True}, "1234567"),
        ({"runs": ("r1",)}, "124567"),
        ({"runs": ("r2",)}, ""),
        ({"agents": ("b",)}, "246"),
        ({"agents": ("a", "b")}, "124567"),
        ({"suites": ("classic",)}, "12"),
        ({"suites": ("classic_two",)}, "47"),
        ({"suites": ("classi_",)}, ""),
        ({"tasks": ("classic/one", "extension/three")}, "1256"),
        ({"masks": (2,)}, "47"),
        ({"masks": (0, 1)}, "12"),
        ({"hints": ("hints",)}, "56"),
        ({"hints": ("default",)}, ""),
        ({"states": (State.QUEUED, State.RUNNING)}, "567"),
        ({"outcomes": (Outcome.PASSED,)}, "1"),
        ({"outcomes": (Outcome.WRONG_RESULT,)}, "2"),
        ({"outcomes": (Outcome.INFRA_ERROR,), "replaced": True}, "3"),
        ({"outcomes": EVERY_BUT_CANCELLED}, "12"),
        ({"ended_from": 200.0}, "24"),
        ({"ended_before": 200.0}, "1"),
        ({"ended_from": 100.0, "ended_before": 400.0, "agents": ("b",)}, "2"),
    ],
)
def test_each_part_of_a_filter_leaves_what_it_says(filled: Filled, wanted: dict[str, Any], left: str) -> None:
    assert [name[-1] for name in filled.ids(**wanted)] == list(left)


def test_the_newest_come_first_and_before_them_what_has_not_ended(filled: Filled) -> None:
    assert [name[-1] for name in filled.ids(newest_first=True)] == list("567421")


def test_pages_make_up_the_whole_in_either_order(filled: Filled) -> None:
    for newest_first in (False, True):
        pages = [filled.ids(offset, 4, newest_first) for offset in (0, 4, 8)]
        assert [len(page) for page in pages] == [4, 2, 0]
        assert [name for page in pages for name in page] == filled.ids(newest_first=newest_first)


def test_a_row_has_its_newest_grade(filled: Filled) -> None:
    wanted = TrialFilter(outcomes=(Outcome.WRONG_RESULT,))
    (record,) = page_of_trials(filled.engine, wanted, offset=0, limit=9)
    assert record.grade
    assert (record.grade.reason, record.agent.id, record.variant.id) == ("regrade", "b", "v1")


def test_a_trial_is_found_at_its_place_and_a_retry_stands_there_instead_of_what_it_replaces(filled: Filled) -> None:
    there, repeated = Place("r1", "a", "v1", 1), Place("r1", "a", "v2", 1)
    nowhere = [Place("r1", "a", "v1", 2), Place("r2", "a", "v1", 1), Place("r1", "c", "v1", 1)]
    found = trials_at(filled.engine, [there, repeated, *nowhere])
    assert found == {there: "r1-00001", repeated: "r1-00007"}
    assert trials_at(filled.engine, []) == {}


def test_other_trials_of_the_places_runs_agents_and_variants_are_not_given(filled: Filled) -> None:
    crossed = [Place("r1", "a", "v1", 1), Place("r1", "b", "v2", 1)]
    assert trials_at(filled.engine, crossed) == dict(zip(crossed, ("r1-00001", "r1-00004"), strict=True))
