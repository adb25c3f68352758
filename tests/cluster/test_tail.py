"""What a trial at work prints is seen at a shell meanwhile, whoever works on it."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from tests.support.cluster import await_that, worker
from tests.support.redis import RedisServer
from tests.support.require import require
from tests.support.shell import Shell

MEASURING = (
    r"import os, time\nprint('measuring', flush=True)\nwhile not os.path.exists('enough'):\n    time.sleep(0.05)\n"
)
"""What the agent adds to the code, so that an experiment waits."""
AGENT = (
    r"printf '\033[31mred\033[0m \377\n'; "
    f'printf "{MEASURING}" >> moments/__init__.py; '
    "while [ ! -e go ]; do sleep 0.05; done; echo second; while [ ! -e go2 ]; do sleep 0.05; done"
)
RED = "red \N{REPLACEMENT CHARACTER}"
"""What is left of the agent's first line: no colours, no bytes that are none of a text's."""

pytestmark = pytest.mark.redis


class AtWork:
    """A trial that is at work, and what lets it go on."""

    def __init__(self, shell: Shell, process: "subprocess.Popen[str]") -> None:
        self.shell = shell
        self.process = process
        await_that(self._has_printed)
        (self.trial,) = (t["id"] for t in shell.json("trials", "list", "latest"))

    def _has_printed(self) -> bool:
        with suppress(AssertionError):  # there is no run yet
            (trial,) = self.shell.json("trials", "list", "latest")
            return "red" in self.shell("trials", "tail", trial["id"]).stdout
        return False

    def let(self, name: str) -> None:
        """The agent finds this file."""
        (workspace,) = self.shell.home.glob("work/*/workspace")
        (workspace / name).touch()

    def let_measure(self) -> None:
        """Every experiment finds its file, once: what it waits in is not being removed. Until the run has ended."""
        known: set[Path] = set()
        while self.process.poll() is None:
            for copy in set(self.shell.home.glob("work/*/grade/run-*")) - known:
                known.add(copy)
                (copy / "enough").touch()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)


@contextmanager
def working(shell: Shell, executor: str) -> Iterator[AtWork]:
    """A run of one trial."""
    require("bubblewrap")
    shell.variables |= {"REXLAB_SANDBOX": "bubblewrap", "REXLAB_LEASE_S": "60"}
    with ExitStack() as stack:
        if executor == "celery":
            stack.enter_context(worker(shell, "--concurrency", "1"))
        process = shell.start("run", "moments", "--command", AGENT, "--limit", "1", "--executor", executor)
        reader = threading.Thread(target=process.communicate, daemon=True)
        reader.start()
        try:
            yield AtWork(shell, process)
        finally:
            process.kill()
            reader.join()


@pytest.fixture(params=["local", "celery"])
def at_work(request: pytest.FixtureRequest, shell: Shell) -> Iterator[AtWork]:
    """One of each executor."""
    with working(shell, request.param) as found:
        yield found


def test_the_last_lines_are_shown_while_the_agent_works_and_while_it_is_graded(at_work: AtWork) -> None:
    shell, trial = at_work.shell, at_work.trial
    shown = shell("trials", "tail", trial)
    assert shown.stdout == f"=== the agent is at work ===\n{RED}\n"
    assert f"trial {trial}: the agent is at work, for " in shown.stderr
    at_work.let("go")
    await_that(lambda: "second" in shell("trials", "tail", trial).stdout)
    at_work.let("go2")
    await_that(lambda: "measuring" in shell("trials", "tail", trial).stdout)
    shown = shell("trials", "tail", trial)
    assert f"trial {trial}: experiment batch, seed 1, for " in shown.stderr
    assert shown.stdout.splitlines()[1:] == [RED, "second", "=== experiment batch, seed 1 ===", "measuring"]
    at_work.let_measure()
    assert f"trial {trial} has finished: " in shell("trials", "tail", trial).stderr
    logs = shell("trials", "show", trial, "--log").stdout
    assert "second" in logs
    assert "measuring" in logs


def test_following_prints_what_comes_and_ends_with_the_trial(at_work: AtWork) -> None:
    following = at_work.shell.start("trials", "tail", at_work.trial, "--follow")
    assert following.stdout is not None
    assert following.stderr is not None
    printed = iter(following.stdout.readline, "")
    try:
        assert next(printed) == "=== the agent is at work ===\n"
        assert next(printed) == f"{RED}\n"
        at_work.let("go")
        assert next(printed) == "second\n"
        at_work.let("go2")
        assert next(printed) == "=== experiment batch, seed 1 ===\n"
        assert next(printed) == "measuring\n"
        at_work.let_measure()
        assert following.wait(30) == 0
        told = following.stderr.read().splitlines()
        assert told[0] == f"trial {at_work.trial} is at work"
        assert told[-1].startswith(f"trial {at_work.trial} has finished: ")
    finally:
        following.kill()
        following.communicate()


def test_ctrl_c_ends_the_following_alone(shell: Shell) -> None:
    with working(shell, "local") as at_work:
        following = shell.start("trials", "tail", at_work.trial, "-f")
        assert following.stdout is not None
        following.stdout.readline()
        following.send_signal(signal.SIGINT)
        _, errors = following.communicate(timeout=20)
        assert following.returncode == 130
        assert "Traceback" not in errors
        assert at_work.process.poll() is None
        assert "the agent is at work" in shell("trials", "tail", at_work.trial).stderr


def test_of_a_trial_that_waits_it_is_said(shell: Shell) -> None:
    sent = shell.start("run", "moments", "--harness", "noop", "--limit", "1", "--executor", "celery")
    try:
        await_that(lambda: shell.json("runs", "list"))
        (trial,) = shell.json("trials", "list", "latest")
        assert shell("trials", "tail", trial["id"]).stderr == f"trial {trial['id']} waits for a worker\n"
    finally:
        sent.kill()
        sent.communicate()


def test_an_unknown_trial_is_told_to_be_one(shell: Shell) -> None:
    assert "there is no trial 'r0-1'" in shell("trials", "tail", "r0-1", code=2).stderr


def test_a_broker_that_is_gone_for_a_while_hides_the_output_for_a_while(shell: Shell, broker: RedisServer) -> None:
    with working(shell, "celery") as at_work:
        broker.kill()
        done = shell("trials", "tail", at_work.trial, code=1)
        assert done.stderr.startswith("error: the broker at 127.0.0.1:")
        assert broker.password not in done.stderr
        at_work.let("go")
        told = f"{at_work.trial}: what it prints cannot be shown while it is at work: the broker at"
        await_that(lambda: told in (shell.folder / "worker.log").read_text())
        broker.start()
        await_that(lambda: "second" in shell("trials", "tail", at_work.trial).stdout)
        at_work.let("go2")
        at_work.let_measure()
    assert [t["state"] for t in shell.json("trials", "list", "latest")] == ["finished"]
    assert (shell.folder / "worker.log").read_text().count(told) == 1
