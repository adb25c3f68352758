"""Nothing a command starts survives it, however it tries, and however the command or its caller ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sandbox.conftest import Box

import rexlab
from rexlab.sandbox import Ended, Limits, backend
from rexlab.sandbox.cgroups import find

Beats = Callable[[Path], bool]

DAEMON = """
import os, signal, sys, time
def beat():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    if os.fork(): os._exit(0)
    os.setsid()
    if os.fork(): os._exit(0)
    with open('beat', 'ab', buffering=0) as file:
        while True:
            file.write(b'x'); time.sleep(0.02)
if os.fork() == 0: beat()
while not os.path.exists('beat'): time.sleep(0.01)
"""


def host_processes_with(marker: str) -> list[str]:
    """Command lines on this machine that hold the marker."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if marker.encode() in line and file.parent.name != str(os.getpid()):
            found.append(line.decode(errors="replace"))
    return found


def test_a_daemon_does_not_survive_a_program_that_succeeds(box: Box, beats: Beats) -> None:
    result = box.python(DAEMON)
    assert result.ok
    assert not beats(box.workspace / "beat")


def test_a_daemon_does_not_survive_within_a_sandbox_that_stays_open(box: Box, beats: Beats) -> None:
    with box.create() as sandbox:
        assert sandbox.exec(box.command(DAEMON), timeout_s=30).ok
        assert not beats(box.workspace / "beat")


def test_a_timeout_ends_the_whole_tree(box: Box, beats: Beats) -> None:
    started = time.monotonic()
    result = box.python(DAEMON + "\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)", timeout_s=2)
    assert (result.ended, result.exit_code) == (Ended.TIMEOUT, None)
    assert time.monotonic() - started < 4
    assert not beats(box.workspace / "beat")


def test_what_python_printed_before_a_timeout_is_kept(box: Box) -> None:
    with box.create() as sandbox:
        python = box.backend.interpreter().executable
        result = sandbox.exec([python, "-c", "print('said')\nimport time\ntime.sleep(60)"], timeout_s=3)
    assert (result.ended, result.stdout) == (Ended.TIMEOUT, "said\n")


def test_a_child_that_keeps_the_output_open_delays_nothing(box: Box) -> None:
    started = time.monotonic()
    result = box.sh("echo before; sleep 60 & exit 0", timeout_s=30)
    assert (result.ok, result.stdout) == (True, "before\n")
    assert time.monotonic() - started < 3


def test_a_program_that_closes_its_output_is_still_waited_for(box: Box) -> None:
    result = box.sh("exec >&- 2>&-; sleep 1; touch done; exit 5")
    assert result.exit_code == 5
    assert (box.workspace / "done").exists()


def test_processes_that_fork_away_as_fast_as_they_can_are_caught(box: Box, secret: str) -> None:
    code = """
import os, sys, time
if os.fork() == 0:
    while True:
        if os.fork(): os._exit(0)
        os.setsid()
time.sleep(0.3)
"""
    for _ in range(3):
        assert box.python(code, secret).ok
        assert host_processes_with(secret) == []


def test_a_fork_bomb_is_contained_and_ended(box: Box, secret: str) -> None:
    code = """
import os
while True:
    try: os.fork()
    except OSError: pass
"""
    result = box.python(code, secret, timeout_s=2, limits=Limits(pids=40))
    assert result.ended in (Ended.TIMEOUT, Ended.MEMORY)
    assert host_processes_with(secret) == []


def test_processes_and_threads_are_limited(box: Box) -> None:
    code = """
import os, threading, time
started = 0
try:
    for _ in range(200):
        if os.fork() == 0: time.sleep(60)
        started += 1
except OSError: print('processes', started)
"""
    result = box.python(code, limits=Limits(pids=30))
    words = result.stdout.split()
    assert words[:1] == ["processes"], result
    assert 20 <= int(words[1]) <= 30
    code = """
import threading, time, os
started = 0
try:
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except RuntimeError: print('threads', started, flush=True)
os._exit(0)
"""
    result = box.python(code, limits=Limits(pids=30))
    words = result.stdout.split()
    assert words[:1] == ["threads"], result
    assert 20 <= int(words[1]) <= 30


CALLER = """
import os, sys
from pathlib import Path
from rexlab.sandbox import Limits, Mount, SandboxSpec, backend
from rexlab.sandbox.process import ProcessBackend
from rexlab.sandbox import process
from rexlab.sandbox.base import Interpreter
name, workspace, code, executable, version, colons = sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]
roots = tuple(map(Path, filter(None, colons.split(':'))))
maker = ProcessBackend(private_view=False) if name == 'process-open' else backend(name)
if name != 'docker':
    process.host_interpreter = lambda: Interpreter(executable, version, roots)
spec = SandboxSpec(f't-killed-{os.getpid()}', mounts=(Mount(workspace, '/workspace', writable=True),))
with maker.create(spec) as sandbox:
    sandbox.exec([executable, '-I', '-c', code], timeout_s=120)
"""


def start_caller(box: Box) -> subprocess.Popen[bytes]:
    """A process that runs the daemon in a sandbox; returns once that beats."""
    interpreter = box.backend.interpreter()
    code = textwrap.dedent(DAEMON) + "\ntime.sleep(100)"
    roots = ":".join(map(str, interpreter.roots))
    caller = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CALLER,
            box.variant,
            box.workspace,
            code,
            interpreter.executable,
            interpreter.version,
            roots,
        ],
        env={**os.environ, "PYTHONPATH": str(Path(rexlab.__file__).parent.parent)},
    )
    deadline = time.monotonic() + 20
    while not (box.workspace / "beat").exists():
        assert time.monotonic() < deadline
        assert caller.poll() is None
        time.sleep(0.02)
    return caller


def test_when_the_caller_is_killed_everything_inside_ends(box: Box, beats: Beats) -> None:
    caller = start_caller(box)
    name = f"t-killed-{caller.pid}"

    def swept() -> list[str]:
        """What was removed of this caller's; other tests' leftovers are removed along the way."""
        return [what for what in box.backend.sweep() if name in what or f".{caller.pid}." in what]

    try:
        assert swept() == [], "what belongs to a live owner is never swept"
        assert beats(box.workspace / "beat")
    finally:
        caller.send_signal(signal.SIGKILL)
        caller.wait()
    time.sleep(1)
    if box.variant != "docker":
        assert not beats(box.workspace / "beat"), "the programs end by themselves"
    removed = swept()
    assert removed or (box.variant == "bubblewrap" and find() is None)
    assert not beats(box.workspace / "beat")
    assert swept() == []


def test_a_supervisor_that_is_killed_takes_the_program_along(box: Box, beats: Beats) -> None:
    if box.variant == "docker":
        pytest.skip("a container's processes are the engine's children, not ours")
    caller = start_caller(box)
    try:
        children = Path(f"/proc/{caller.pid}/task/{caller.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        caller.wait(timeout=10)
        if box.variant == "bubblewrap" or find() is not None:
            assert not beats(box.workspace / "beat")
    finally:
        caller.kill()
        caller.wait()
        backend("process").sweep()


def test_a_program_cannot_end_its_supervisor(box: Box, secret: str) -> None:
    code = """
import os, signal
for pid in (os.getppid(), 1):
    try: os.kill(pid, signal.SIGKILL)
    except OSError: print('no')
"""
    result = box.python(code, secret)
    assert result.ended is Ended.EXITED
    assert host_processes_with(secret) == []
