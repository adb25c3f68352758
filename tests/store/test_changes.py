"""The change counter: raised by whatever changes what is known of a run, of that run alone."""

from collections.abc import Callable

from sqlalchemy import Engine

from rexlab.store.changes import revisions
from rexlab.store.leases import claim, renew
from rexlab.store.models import Outcome
from rexlab.store.records import GradeRecord, cancel_queued, clear_cancel, queue_retries, save_grade, save_result

Plan = Callable[..., list[str]]


def test_a_new_run_is_counted_from_nought(engine: Engine, plan: Plan) -> None:
    assert revisions(engine) == {}
    plan(2, "r1")
    assert revisions(engine) == {"r1": 0}


def test_every_change_of_a_run_is_counted_once_and_for_that_run_alone(
    engine: Engine, plan: Plan, make_grade: Callable[..., GradeRecord]
) -> None:
    first, second, *_ = plan(4, "r1")
    plan(2, "r2")

    def finish(trial: str, outcome: Outcome, grade: GradeRecord | None = None) -> None:
        held = claim(engine, trial, 60.0)
        assert held is not None
        save_result(engine, held, outcome=outcome, detail="", timings={}, flags=[], sandbox="process", grade=grade)

    steps: list[Callable[[], object]] = [
        lambda: finish(first, Outcome.PASSED, make_grade(first)),
        lambda: save_grade(engine, make_grade(first)),
        lambda: finish(second, Outcome.INFRA_ERROR),
        lambda: queue_retries(engine, "r1", [Outcome.INFRA_ERROR]),
        lambda: cancel_queued(engine, "r1"),
        lambda: clear_cancel(engine, "r1"),
    ]
    for count, step in enumerate(steps, 1):
        step()
        assert revisions(engine) == {"r1": count, "r2": 0}


def test_a_claim_and_a_renewed_lease_do_not_count(engine: Engine, plan: Plan) -> None:
    trial, *_ = plan(1, "r1")
    held = claim(engine, trial, 60.0)
    assert held is not None
    renew(engine, [held], 60.0)
    assert revisions(engine) == {"r1": 0}
