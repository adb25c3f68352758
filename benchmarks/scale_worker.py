"""`rexlab worker` whose trials only sleep, for `scale.py`: everything but the agent and the experiments is real.

    REXLAB_BENCH_SLEEP_S=0.02 python benchmarks/scale_worker.py worker --concurrency 2

A trial is claimed, has its folder and its live output, sleeps, and is recorded with a grade of eight values.
"""

import os
import time
from pathlib import Path

from sqlalchemy import Engine

from rexlab.cli import main
from rexlab.execution.trial import Worker
from rexlab.sandbox.live import Listener
from rexlab.store.database import open_engine
from rexlab.store.leases import Claim, claim
from rexlab.store.models import GradeRow, MetricRow, Outcome
from rexlab.store.records import GradeRecord, save_result

SLEEP_S = float(os.environ.get("REXLAB_BENCH_SLEEP_S", "0.02"))
VALUES = 8


def sleep(self: Worker, held: Claim, folder: Path, live: Listener) -> Outcome:
    """In place of preparing, solving and grading."""
    time.sleep(SLEEP_S)
    record(self.engine, held)
    return Outcome.PASSED


def record(engine: Engine, held: Claim) -> None:
    """Finish a claimed trial with a grade."""
    grade = GradeRow(
        trial_id=held.trial_id,
        created_at=time.time(),
        reason="trial",
        outcome=Outcome.PASSED,
        credit=1.0,
        seconds=SLEEP_S,
        sandbox="process",
        platform_version="benchmark",
        task_digest="0" * 64,
    )
    values = [
        MetricRow(
            grade_id=0,
            experiment="sleep",
            metric=f"m{number}",
            position=0,
            hidden=False,
            observed=1.0,
            target=1.0,
            tolerance=0.1,
            margin=0.1,
            passed=True,
        )
        for number in range(VALUES)
    ]
    save_result(
        engine,
        held,
        outcome=Outcome.PASSED,
        detail="",
        timings={"solve": SLEEP_S},
        flags=[],
        sandbox="process",
        grade=GradeRecord(grade, values),
    )


def claim_and_record(url: str, trial_ids: list[str]) -> None:
    """Nothing but the store's part of these trials."""
    engine = open_engine(url)
    for trial_id in trial_ids:
        held = claim(engine, trial_id, 60.0)
        assert held is not None
        record(engine, held)


if __name__ == "__main__":
    Worker._run = sleep  # type: ignore[assignment,method-assign]
    main()
