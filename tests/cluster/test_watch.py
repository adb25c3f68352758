"""The watch over one trial, in a process that it may kill."""

import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

from rexlab.cluster import watch
from rexlab.cluster.watch import Watch

_WAIT_S, _LIMIT_S, _GRACE_S, _STUCK_S = 1.5, 0.5, 0.5, 30


def test_a_trial_past_its_limit_that_does_not_end_loses_its_process_and_waiting_for_gpus_does_not_count() -> None:
    done = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.split() == ["waited", "stopped"], done.stdout
    assert "its process is killed" in done.stderr


def _stuck() -> None:
    watch.GRACE_S = _GRACE_S
    gpus = SimpleNamespace(waiting=True)
    worker = SimpleNamespace(
        settings=SimpleNamespace(trial_limit_s=_LIMIT_S, lease_s=600),
        engine=None,
        held={},
        stop=threading.Event(),
        cancel=threading.Event(),
        overdue="",
        gpus=gpus,
    )
    with Watch(worker, "r1", lambda: False):  # type: ignore[arg-type]
        if not worker.stop.wait(_WAIT_S):
            print("waited", flush=True)
        gpus.waiting = False
        if worker.stop.wait(_STUCK_S):
            print("stopped", flush=True)
        threading.Event().wait(_STUCK_S)


if __name__ == "__main__":
    _stuck()
