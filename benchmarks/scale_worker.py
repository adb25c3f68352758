"""`rexlab worker` whose trials only sleep, for `scale.py`: everything but the agent and the experiments is real.

    REXLAB_BENCH_SLEEP_S=0.02 python benchmarks/scale_worker.py worker --concurrency 2

A trial is claimed, has its folder and its live output, sleeps, and is recorded with a grade of eight values.
"""

import os
import time
from pathlib import Path

from rexlab.cli import main
from rexlab.execution.trial import Worker
from rexlab.sandbox.live import Listener
from rexlab.store.leases import Claim
from rexlab.store.models import GradeRow, MetricRow, Outcome
from rexlab.store.records import GradeRecord, save_result

SLEEP_S = float(os.environ["REXLAB_BENCH_SLEEP_S"])
VALUES = 8


def sleep(self: Worker, held: Claim, folder: Path, live: Listener) -> Outcome:
    """In place of preparing, solving and grading."""
    time.sleep(SLEEP_S)
    grade = GradeRow(
        trial_id=held.trial_id,
        created_at=time.time(),
        reason="trial",
        outcome=Outcome.PASSED,
        credit=1.0,
        seconds=SLEEP_S,
        sandbox=self.backend.name,
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
        self.engine,
        held,
        outcome=Outcome.PASSED,
        detail="",
        timings={"solve": SLEEP_S},
        flags=[],
        sandbox=self.backend.name,
        grade=GradeRecord(grade, values),
    )
    return Outcome.PASSED


if __name__ == "__main__":
    Worker._run = sleep  # type: ignore[assignment,method-assign]
    main()
