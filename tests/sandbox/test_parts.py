"""The small parts: buffers, owners, the engine's stream, choosing a backend, requiring one."""

import os
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sandbox.conftest import Box
from tests.support import require as requirements

from rexlab.errors import NotFoundError, SandboxUnavailableError
from rexlab.sandbox import (
    BACKENDS,
    Availability,
    Ended,
    Limits,
    Mount,
    SandboxSpec,
    backend,
    bubblewrap,
    default_backend,
    landlock,
)
from rexlab.sandbox.capture import HeadTail
from rexlab.sandbox.docker import BASE_IMAGE, _abandoned
from rexlab.sandbox.docker_run import Demultiplexer
from rexlab.sandbox.owner import Owner
from rexlab.sandbox.process import ProcessBackend


@given(st.lists(st.binary(max_size=300)), st.integers(100, 1000))
def test_a_buffer_keeps_all_or_the_head_and_the_tail(pieces: list[bytes], limit: int) -> None:
    whole = b"".join(pieces).replace(b"\n", b"").decode("latin-1").encode("ascii", "replace")
    buffer = HeadTail(limit)
    for start in range(0, len(whole), 77):
        buffer.add(whole[start : start + 77])
    text = buffer.text()
    assert len(text) <= limit
    if buffer.full:
        head, marker, tail = text.split("\n")
        assert whole.startswith(head.encode())
        assert whole.endswith(tail.encode())
        assert marker == f"[... {len(whole) - len(head) - len(tail)} bytes dropped ...]"
    else:
        assert text == whole.decode()


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=50))), st.integers(1, 20))
def test_the_engine_s_stream_is_split_wherever_it_is_cut(pieces: list[tuple[int, bytes]], step: int) -> None:
    stream = b"".join(struct.pack(">BxxxL", number, len(data)) + data for number, data in pieces)
    out, err = HeadTail(10**6), HeadTail(10**6)
    splitter = Demultiplexer(out, err)
    for start in range(0, len(stream), step):
        splitter.add(stream[start : start + step])
    for number, sink in ((1, out), (2, err)):
        assert sink.text() == b"".join(data for which, data in pieces if which == number).decode("utf-8", "replace")


def test_an_owner_is_dead_once_its_process_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    me = Owner.me()
    stat = Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    owner = Owner(me.boot, me.pid_namespace, child.pid, int(stat[19]))
    assert Owner.parse(str(owner)) == owner
    assert not me.is_dead()
    assert not owner.is_dead()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert owner.is_dead(), "a zombie runs nothing"
    child.wait()
    assert owner.is_dead()


def test_an_owner_that_cannot_be_judged_from_here_is_not_dead() -> None:
    me = Owner.me()
    assert not Owner("0badb007", me.pid_namespace, 999_999, 1).is_dead()
    assert not Owner(me.boot, 1, 999_999, 1).is_dead()
    assert Owner(me.boot, me.pid_namespace, me.pid, me.start + 1).is_dead(), "another process with the same pid"
    assert Owner.parse("") is None
    assert Owner.parse("a.b.c.d") is None


def test_a_container_is_abandoned_when_its_owner_has_ended_or_cannot_be_judged_and_is_long_overdue() -> None:
    me, now = Owner.me(), time.time()
    dead, foreign = Owner(me.boot, me.pid_namespace, me.pid, 0), Owner("0badb007", 1, 1, 1)
    for owner, deadline, expected in [
        (me, now - 3600, False),
        (dead, now + 3600, True),
        (foreign, now + 3600, False),
        (foreign, now, False),
        (foreign, now - 3600, True),
    ]:
        labels = {"rexlab.owner": str(owner), "rexlab.deadline": f"{deadline:.0f}"}
        assert _abandoned(labels) is expected, (owner, deadline)


def test_backends_are_known_by_name() -> None:
    assert {backend(name).name for name in BACKENDS} == set(BACKENDS) == {"bubblewrap", "docker", "process"}
    with pytest.raises(NotFoundError, match="no sandbox 'chroot'; there are bubblewrap, docker, process"):
        backend("chroot")


def test_the_default_is_bubblewrap_where_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    from rexlab.sandbox.bubblewrap import BubblewrapBackend

    for works, name in ((True, "bubblewrap"), (False, "process")):
        monkeypatch.setattr(BubblewrapBackend, "check", lambda _self, works=works: Availability(works, ""))
        assert default_backend().name == name


def test_what_is_missing_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    for name in ("bubblewrap", "docker"):
        availability = backend(name).check()
        assert not availability.ok
        assert "install" in availability.remedy
        with pytest.raises(SandboxUnavailableError):
            backend(name).create(SandboxSpec("t", mounts=(Mount(tmp_path, "/workspace"),)))


def test_an_old_kernel_is_worked_with_and_owned_up_to(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    if not box.variant.startswith("process"):
        pytest.skip("only the process sandbox uses Landlock")
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert any("Landlock" in line for line in box.backend.check().unprotected)
    assert box.sh("echo fine").stdout == "fine\n"


def test_root_s_closed_folders_are_refused_where_they_cannot_be_shown(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("an ordinary user's programs may enter what that user may")
    (tmp_path / "closed").mkdir(mode=0o700)
    with pytest.raises(SandboxUnavailableError, match="who cannot enter"):
        ProcessBackend(private_view=False).create(SandboxSpec("t", (Mount(tmp_path / "closed", "/workspace"),)))


def test_loader_variables_reach_the_program_and_nothing_before_it(box: Box) -> None:
    """A library path into the workspace must not make a program that is still root load from there."""
    with box.create(env={"LD_DEBUG": "libs", "LD_LIBRARY_PATH": "/workspace"}) as sandbox:
        result = sandbox.exec(["sh", "-c", "echo $LD_LIBRARY_PATH"], timeout_s=10)
    assert result.stdout == "/workspace\n"
    started = [line.split(":")[-1].strip() for line in result.stderr.splitlines() if "initialize program:" in line]
    assert set(started) <= {"sh"}, "what is started before the program does not see them"


def test_a_result_is_ok_only_when_the_program_exited_with_0(box: Box) -> None:
    limits = Limits(memory_mb=64)
    result = box.python("kept = bytearray(1 << 30)\nfor i in range(0, 1 << 30, 4096): kept[i] = 1", limits=limits)
    assert result.ended is Ended.MEMORY
    assert not result.ok


def test_a_missing_backend_skips_or_fails_where_it_is_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "missing", {})
    monkeypatch.setattr(requirements, "_check", lambda _name: Availability(False, "not here", "get it"))
    monkeypatch.setenv("REXLAB_REQUIRE", "bubblewrap, docker")
    with pytest.raises(pytest.fail.Exception, match="REXLAB_REQUIRE demands docker, but: not here"):
        requirements.require("docker")
    monkeypatch.setenv("REXLAB_REQUIRE", "")
    with pytest.raises(pytest.skip.Exception, match="docker: not here"):
        requirements.require("docker")
    assert requirements.missing["docker"].remedy == "get it"


def test_a_task_s_own_image_is_used_with_its_own_path() -> None:
    docker = requirements.require("docker")
    folder = Path(tempfile.mkdtemp())
    try:
        with docker.create(SandboxSpec("t", (Mount(folder, "/workspace"),), image=BASE_IMAGE)) as sandbox:
            assert sandbox.exec(["sh", "-c", "echo $PATH"], timeout_s=30).stdout == "/usr/local/bin:/usr/bin:/bin\n"
        with pytest.raises(SandboxUnavailableError, match="the docker image no/such:1 is missing"):
            docker.create(SandboxSpec("t", (Mount(folder, "/workspace"),), image="no/such:1"))
    finally:
        folder.rmdir()


def test_a_bubblewrap_that_does_not_answer_does_not_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bwrap"
    program.write_text('#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit\nexec sleep 30\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(bubblewrap, "_PATIENCE_S", 1)
    found = bubblewrap.BubblewrapBackend().check()
    assert not found.ok
    assert "timed out" in found.detail
