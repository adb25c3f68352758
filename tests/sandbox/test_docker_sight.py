"""An engine that does not see rexlab's files is told before any trial fails of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.require import require

from rexlab.sandbox import backend
from rexlab.sandbox.docker_sight import require_sight

CODE = """
import sys
from pathlib import Path
from rexlab.errors import SandboxUnavailableError
from rexlab.sandbox import backend
from rexlab.sandbox.docker_sight import require_sight
try:
    require_sight(backend("docker"), Path(sys.argv[1]))
except SandboxUnavailableError as error:
    sys.exit(str(error))
"""
"""In a process of its own: it may have another view of the file system than the engine."""


@pytest.mark.docker
def test_an_engine_that_sees_the_folder_is_fine_and_nothing_is_left(tmp_path):
    require_sight(require("docker"), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.docker
def test_a_folder_that_only_this_process_sees_is_refused_in_a_sentence(tmp_path):
    require("docker")
    if os.getuid() != 0:
        pytest.skip("only root can hide a folder from the engine")
    hidden = tmp_path / "home"
    hidden.mkdir()
    # tmpfs over the folder, in a mount namespace of this process: the engine still sees the empty one below
    script = f'mount -t tmpfs none "{hidden}" && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "-c", CODE, hidden],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"does not see {hidden}: set REXLAB_HOME to a folder that has the same path" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_backends_without_an_engine_need_not_be_asked(tmp_path):
    require_sight(backend("process"), tmp_path / "not made")


@pytest.mark.docker
def test_a_user_who_may_not_use_the_engine_is_told_of_the_group():
    require("docker")
    if os.getuid() != 0:
        pytest.skip("only root can become a user without groups")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(61_000)
        os.setuid(61_000)
        os.write(write, backend("docker").check().detail.encode())
        os._exit(0)
    os.waitpid(child, 0)
    group = Path("/var/run/docker.sock").stat().st_gid
    assert f"its socket is for group {group}, of which this user is not" in os.read(read, 1000).decode()
    os.close(read)
    os.close(write)
