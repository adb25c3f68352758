"""A person's decision on a flagged patch, as a grade of its own beside those that the grader gave."""

import time

from sqlalchemy import Engine

from rexlab import __version__
from rexlab.errors import InputError
from rexlab.grading.records import Flag, may_be_accepted
from rexlab.store.models import GradeRow, MetricRow, Outcome
from rexlab.store.queries import find_trial, metrics_of
from rexlab.store.records import GradeRecord, save_grade


def accept_trial(engine: Engine, trial_id: str, why: str) -> GradeRow:
    """Let a patch flagged as tampered count as passed; every earlier grade stays.

    Args:
        engine: The store.
        trial_id: The trial.
        why: Why the patch may count; kept with the decision.

    Returns:
        The grade that counted until now.

    Raises:
        NotFoundError: there is no such trial.
        InputError: no reason is given, or there is nothing that a person could accept.
    """
    if not why.strip():
        raise InputError("the reason is empty: say in a sentence why the patch may count")
    record = find_trial(engine, trial_id)
    old = record.grade
    values = metrics_of(engine, old) if old else []
    if old is None or not may_be_accepted(old.outcome, old.flags, [m.passed for m in values]):
        raise InputError(
            f"trial {trial_id}: only a patch that passes, and whose masked functions alone do not, can be accepted; "
            f"this one ended as {record.outcome}"
        )
    fresh = {"id", "created_at", "reason", "outcome", "detail", "flags", "visible_passed", "platform_version"}
    new = GradeRow(
        **old.model_dump(exclude=fresh),
        created_at=time.time(),
        reason="review",
        outcome=Outcome.PASSED,
        detail=f"accepted by a person: {why.strip()}",
        flags=[*old.flags, Flag.ACCEPTED.value],
        visible_passed=any(not m.hidden for m in values) or None,
        platform_version=__version__,
    )
    save_grade(engine, GradeRecord(new, [MetricRow(**m.model_dump(exclude={"id"})) for m in values]))
    return old
