"""One run by task and agent, and its phases."""

from collections.abc import Callable

from sqlalchemy import Engine

from rexlab.store.leases import claim
from rexlab.store.models import Outcome, State
from rexlab.store.records import GradeRecord, queue_retries, save_grade, save_result
from rexlab.store.run_details import PhaseTimes, Tally, phase_times, tally_run

Plan = Callable[..., list[str]]
MakeGrade = Callable[..., GradeRecord]


def finish(
    engine: Engine,
    trial: str,
    outcome: Outcome,
    grade: GradeRecord | None = None,
    timings: dict[str, float] | None = None,
) -> None:
    held = claim(engine, trial, 60.0)
    assert held is not None
    save_result(engine, held, outcome=outcome, detail="", timings=timings or {}, flags=[], sandbox="", grade=grade)


def test_trials_are_tallied_by_their_newest_grade_without_replaced_ones(
    engine: Engine, plan: Plan, make_grade: MakeGrade
) -> None:
    good, bad, waits = plan(3)
    plan(1, "r2")
    finish(engine, good, Outcome.PASSED, make_grade(good))
    save_grade(engine, make_grade(good, Outcome.WRONG_RESULT, reason="regrade"))
    finish(engine, bad, Outcome.INFRA_ERROR)
    queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    assert claim(engine, waits, 60.0) is not None
    found = sorted(tally_run(engine, "r1"), key=lambda tally: tally.state)
    assert found == [
        Tally("suite/tiny", "a1", State.FINISHED, Outcome.WRONG_RESULT, 1),
        Tally("suite/tiny", "a1", State.QUEUED, None, 1),
        Tally("suite/tiny", "a1", State.RUNNING, None, 1),
    ]


def test_phases_are_those_of_the_last_finished_trials(engine: Engine, plan: Plan) -> None:
    one, two, three, _ = plan(4)
    finish(engine, one, Outcome.PASSED, timings={"prepare": 9.0})
    finish(engine, two, Outcome.PASSED, timings={"prepare": 1.0, "solve": 2.0, "capture": 3.0, "grade": 4.5})
    finish(engine, three, Outcome.AGENT_CRASHED, timings={"prepare": 1.5, "solve": 2.0, "capture": 3.0})
    assert phase_times(engine, "r1", most=2) == [
        PhaseTimes("a1", (1.5, 2.0, 3.0, None)),
        PhaseTimes("a1", (1.0, 2.0, 3.0, 4.5)),
    ]
