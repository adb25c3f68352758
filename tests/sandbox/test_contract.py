"""What every backend does with a program that behaves: run it and say how it went."""

import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.sandbox.conftest import Box

from rexlab.errors import SandboxError
from rexlab.sandbox import Ended, Limits, Mount

BASE_VARIABLES = {
    "PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LANG", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED",
    "PYTHONUNBUFFERED", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
}  # fmt: skip
MADE_BY_BACKENDS = {"PWD", "HOSTNAME"}


def test_a_program_s_exit_code_and_output_come_back(box: Box) -> None:
    result = box.sh("echo out; echo err >&2; exit 7")
    assert (result.exit_code, result.ended, result.stdout, result.stderr) == (7, Ended.EXITED, "out\n", "err\n")
    assert not result.ok
    assert not result.truncated


def test_success_is_ok(box: Box) -> None:
    assert box.sh("true").ok


@pytest.mark.parametrize(("signal", "code"), [("TERM", 143), ("KILL", 137), ("ABRT", 134)])
def test_a_program_ended_by_a_signal_has_128_plus_its_number(box: Box, signal: str, code: int) -> None:
    result = box.sh(f"kill -{signal} $$; sleep 5")
    assert (result.exit_code, result.ended) == (code, Ended.EXITED)


def test_a_crash_has_the_signal_s_number_too(box: Box) -> None:
    assert box.python("import ctypes; ctypes.string_at(0)").exit_code == 139


def test_a_program_that_does_not_exist_gives_127_and_one_that_may_not_run_126(box: Box) -> None:
    (box.workspace / "data.txt").write_text("no program")
    with box.create() as sandbox:
        missing = sandbox.exec(["no-such-program"], timeout_s=10)
        forbidden = sandbox.exec([sandbox.path("/workspace") + "/data.txt"], timeout_s=10)
    assert (missing.exit_code, forbidden.exit_code) == (127, 126)
    assert "no-such-program" in missing.stderr


def test_arguments_arrive_as_given(box: Box) -> None:
    arguments = ["", " two words ", "-x", "--", "$HOME", "é\n'\"", "*"]
    result = box.python("import sys; print(sys.argv[1:])", *arguments)
    assert result.stdout == f"{arguments}\n"


def test_invalid_utf_8_is_replaced(box: Box) -> None:
    assert box.python("import os; os.write(1, b'a\\xff\\xfeb')").stdout == "a\ufffd\ufffdb"


def test_text_beyond_ascii_passes_through(box: Box) -> None:
    assert box.python("print('é λ 😀')").stdout == "é λ 😀\n"


def test_the_middle_of_long_output_is_dropped_and_the_program_goes_on(box: Box) -> None:
    code = """
import sys
print('HEAD'); sys.stdout.write('x' * 5_000_000); print('TAIL')
print('E' * 300_000, file=sys.stderr)
"""
    result = box.python(code, limits=Limits(output_bytes=100_000))
    assert result.ok
    assert result.truncated
    for text, length in ((result.stdout, 5_000_000), (result.stderr, 300_000)):
        assert 90_000 < len(text.encode()) <= 100_000
        assert "bytes dropped ...]" in text
        assert length > 100_000
    assert result.stdout.startswith("HEAD\nxxx")
    assert result.stdout.endswith("xxxTAIL\n")


def test_output_within_the_limit_is_whole(box: Box) -> None:
    result = box.python("print('y' * 50_000)", limits=Limits(output_bytes=60_000))
    assert result.stdout == "y" * 50_000 + "\n"
    assert not result.truncated


def test_output_is_complete_when_the_program_prints_much_and_ends_at_once(box: Box) -> None:
    result = box.python("import os\nfor _ in range(200): os.write(1, b'z' * 4096)")
    assert len(result.stdout) == 200 * 4096


def test_the_environment_is_what_was_given_and_a_documented_few(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER_API_KEY", "hidden")
    with box.create(env={"FROM_SPEC": "1", "BOTH": "spec"}, limits=Limits(cpus=2)) as sandbox:
        code = "import os, json; print(json.dumps(dict(os.environ)))"
        result = sandbox.exec(
            box.command(code), timeout_s=30, env={"FROM_CALL": "2", "BOTH": "call", "PYTHONHASHSEED": "5"}
        )

    seen: dict[str, str] = json.loads(result.stdout)
    assert set(seen) - MADE_BY_BACKENDS - {"LC_CTYPE"} == BASE_VARIABLES | {"FROM_SPEC", "FROM_CALL", "BOTH"}
    assert (seen["FROM_SPEC"], seen["FROM_CALL"], seen["BOTH"], seen["PYTHONHASHSEED"]) == ("1", "2", "call", "5")
    assert seen["OMP_NUM_THREADS"] == "2"
    assert seen["LANG"] == "C.UTF-8"


def test_standard_input_is_empty_and_nothing_else_is_open(box: Box) -> None:
    code = "import os, sys\nprint(repr(sys.stdin.read()), sorted(int(fd) for fd in os.listdir('/proc/self/fd'))[:-1])"
    assert box.python(code).stdout == "'' [0, 1, 2]\n"


def test_there_is_no_terminal_to_type_into(box: Box) -> None:
    code = """
import fcntl, os
try:
    os.open('/dev/tty', os.O_RDWR)
    print('terminal')
except OSError:
    pass
for fd in range(3):
    try:
        fcntl.ioctl(fd, 0x5412, b'x')
        print('typed')
    except OSError:
        pass
print(os.getsid(0) == os.getpid() or os.getsid(0) != 0)
"""
    assert box.python(code).stdout == "True\n"


def test_output_can_be_opened_by_name(box: Box) -> None:
    result = box.sh("echo one > /dev/stdout; echo two > /dev/stderr; echo three | tee /dev/stderr > /dev/null")
    assert (result.stdout, result.stderr) == ("one\n", "two\nthree\n")


def test_the_working_directory_and_paths_are_as_asked(box: Box) -> None:
    (box.workspace / "inner").mkdir()
    data = box.base / "data"
    data.mkdir()
    (data / "file").write_text("content")
    with box.create(workdir="/workspace/inner", mounts=(Mount(data, "/data"),)) as sandbox:
        result = sandbox.exec(["sh", "-c", f"pwd; cat {sandbox.path('/data/file')}"], timeout_s=10)
        assert result.stdout == f"{sandbox.path('/workspace/inner')}\ncontent"


def test_the_temporary_folder_is_private_writable_and_empty_for_each_command(box: Box) -> None:
    with box.create() as sandbox:
        script = (
            'ls -A "$TMPDIR" | wc -l; cd "$TMPDIR" && touch left && echo "#!/bin/sh\necho ran" > x && chmod +x x && ./x'
        )
        for _ in range(2):
            result = sandbox.exec(["sh", "-c", script], timeout_s=10)
            assert (result.stdout.split(), result.stderr) == (["0", "ran"], "")


def test_files_persist_between_commands_and_belong_to_the_caller_afterwards(box: Box) -> None:
    with box.create() as sandbox:
        assert sandbox.exec(["sh", "-c", "mkdir -p a/b && echo 1 > a/b/f && chmod 600 a/b/f"], timeout_s=10).ok
        assert sandbox.exec(
            ["sh", "-c", "cat a/b/f && mkdir closed && touch closed/f && chmod 0 closed"], timeout_s=10
        ).ok
    for path in (box.workspace, *box.workspace.rglob("*")):
        assert path.lstat().st_uid == os.getuid()
    assert (box.workspace / "a/b/f").read_text() == "1\n"
    shutil.rmtree(box.workspace)


def test_threads_subprocesses_and_worker_pools_work(box: Box) -> None:
    code = """
import multiprocessing, subprocess, threading, tempfile, socket
def double(x): return 2 * x
if __name__ == '__main__':
    thread = threading.Thread(target=lambda: None); thread.start(); thread.join()
    print(subprocess.run(['echo', 'sub'], capture_output=True, text=True).stdout.strip())
    with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(double, [1, 2, 3]))
    with tempfile.TemporaryDirectory() as folder: print('temporary')
    a, b = socket.socketpair(); a.send(b'pair'); print(b.recv(9).decode())
"""
    result = box.python(code)
    assert (result.stdout.splitlines(), result.stderr) == (["sub", "[2, 4, 6]", "temporary", "pair"], "")


def test_four_sandboxes_run_at_one_time(box: Box) -> None:
    def one(number: int) -> tuple[str, str]:
        folder = box.base / f"own-{number}"
        folder.mkdir()
        with box.create(mounts=(Mount(folder, "/own", writable=True),)) as sandbox:
            inside = sandbox.path("/own")
            result = sandbox.exec(["sh", "-c", f"id -u; echo {number} > {inside}/n; sleep 0.5"], timeout_s=30)
            return result.stdout.strip(), (folder / "n").read_text().strip()

    # The workspace is one and the same for all here, which programs that do not write to it do not notice.
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(one, range(4)))
    assert [written for _, written in results] == ["0", "1", "2", "3"]


def test_two_commands_run_in_one_sandbox_at_one_time(box: Box) -> None:
    with box.create() as sandbox, ThreadPoolExecutor(2) as pool:
        script = "touch $0; for i in $(seq 100); do [ -e $1 ] && exit 0; sleep 0.1; done; exit 1"
        jobs = [pool.submit(sandbox.exec, ["sh", "-c", script, *pair], timeout_s=30) for pair in ("ab", "ba")]
        assert all(job.result().ok for job in jobs)


def test_cancelling_ends_a_command_within_a_second(box: Box) -> None:
    asked = threading.Event()
    threading.Timer(1.0, asked.set).start()
    with box.create() as sandbox:
        started = time.monotonic()
        result = sandbox.exec(["sleep", "30"], timeout_s=60, cancelled=asked.is_set)
    assert result.ended is Ended.CANCELLED
    assert result.exit_code is None
    assert time.monotonic() - started < 2.2


def test_closing_ends_what_runs_and_may_be_done_twice(box: Box) -> None:
    sandbox = box.create()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sandbox.exec, ["sleep", "30"], timeout_s=60)
        time.sleep(0.6)
        sandbox.close()
        assert running.result(timeout=5).ended is Ended.CANCELLED
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.exec(["true"], timeout_s=5)
