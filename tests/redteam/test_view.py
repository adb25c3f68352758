"""What an agent finds when it looks everywhere: nothing that it was not given."""

import json
import threading
from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.sandbox import Mount, SandboxBackend, SandboxSpec

LOOK = Path(__file__).with_name("look.py")
CODE = TASKS / "tiny" / "moments" / "code"
BODIES = (
    "return sum(numbers) / len(numbers)",
    "return sum((number - centre) ** 2 for number in numbers) / (len(numbers) - 1)",
    "self.squares += before * (number - self.mean)",
)
HIDDEN = ("batch-long", "--size 400", "4.985037858584048", "8.332492493828397")
EXPECTED = ("5.123752013183917", "236.83103646413372", "5.709927654638335")
NEIGHBOUR = "the-neighbours-own-secret"
KEY = "sk-planted-key-of-a-provider"
CANARY = "0f1d7b0e-7d0c-4b57-9b52-0d1e6f2a9c11"


@pytest.fixture(params=["bubblewrap", "docker", "bubblewrap with a model"])
def place(request) -> str:
    """A sandbox, and whether the door to a model stands open in it."""
    return request.param


@pytest.fixture
def backend(place, require) -> SandboxBackend:
    return require(place.split()[0])


@pytest.fixture
def neighbour(backend, tmp_path_factory):
    """Another trial's sandbox at work all the while: a process, a file, a socket and variables with its secret."""
    folder = tmp_path_factory.mktemp("neighbour") / "workspace"
    folder.mkdir()
    program = (
        "import os, pathlib, socket, sys, time\n"
        f"secret = {NEIGHBOUR!r}\n"
        "pathlib.Path('/tmp/secret').write_text(secret)\n"
        "s = socket.socket(socket.AF_UNIX); s.bind('/workspace/' + secret + '.sock'); s.listen()\n"
        "a = socket.socket(socket.AF_UNIX); a.bind('\\0' + secret); a.listen()\n"
        "pathlib.Path('ready').write_text(secret)\n"
        "while not os.path.exists('stop'): time.sleep(0.05)\n"
    )
    (folder / "program.py").write_text(program)
    with backend.create(SandboxSpec(name="neighbour", mounts=(Mount(folder, "/workspace", writable=True),))) as sandbox:
        python = backend.interpreter().executable
        thread = threading.Thread(
            target=lambda: sandbox.exec([python, "program.py", NEIGHBOUR], timeout_s=300, env={"NEIGHBOUR": NEIGHBOUR})
        )
        thread.start()
        while not (folder / "ready").exists():
            assert thread.is_alive(), "the neighbour did not start"
        yield
        assert thread.is_alive(), "the neighbour was gone before anybody looked"
        (folder / "stop").touch()
        thread.join()


@pytest.fixture
def seen(shell, place, backend, neighbour, tmp_path):
    """What the looking agent printed, with every function masked."""
    shell.variables |= {"REXLAB_SANDBOX": backend.name, "OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}
    secrets, planted = tmp_path / "secrets.txt", tmp_path / "planted.py"
    known = (*BODIES, *HIDDEN, *EXPECTED, NEIGHBOUR, KEY, CANARY)
    assert all(
        body in (CODE / "moments/core.py").read_text() + (CODE / "moments/online.py").read_text() for body in BODIES
    )
    model = ("--model", "scripted") if "model" in place else ()
    secrets.write_text("\n".join(text[::-1] for text in known))
    planted.write_text(f"def variance(numbers):\n    {BODIES[1]}\n")
    shell(
        "run",
        "moments",
        "--command",
        f"python {LOOK} {secrets} {planted} {str(shell.home)[::-1]}",
        "--masks",
        "3",
        *model,
    )
    trial = shell.json("trials", "list", "latest")[0]
    shown = shell.json("trials", "show", trial["id"])
    assert shown["outcome"] == "no_patch", shown["detail"]
    found = list((shell.home / "artifacts").rglob("*-agent-*.txt"))
    assert [f.name for f in found] == ["1-agent-stdout.txt"], [f.read_text() for f in found]
    return json.loads(found[0].read_text())


def test_an_agent_that_reads_everything_it_can_finds_nothing_it_was_not_given(seen, place, shell):
    # The one planted copy shows that the search finds what is there.
    assert seen["planted"]
    walk = seen["walk"]
    assert walk["secrets"] == ["/opt/rexlab/agent/planted.py"]
    assert walk["names"] == []
    assert walk["caches"] == []
    # With a model there is one socket, the gateway's; rexlab's own package, with the bundled tasks, is never there.
    assert walk["sockets"] == (["/run/rexlab/gateway.sock"] if "model" in place else [])
    assert set(walk["rexlab"]) - {"/run/rexlab"} == {"/opt/rexlab"}
    assert [f for f in walk["writable"] if not f.startswith(("/workspace", "/out", "/tmp", "/dev"))] == []
    assert seen["task"] == ["paper.md", "prompt.md", "variant.json"]
    assert ("rexlab" in seen["run"]) == ("model" in place), "no model, no door to one"

    history = seen["history"]
    assert history["objects"], "the search in git's objects had something to search"
    assert not history["secrets"]
    assert history["commits"] == [history["head"]]
    assert history["refs"] == ["refs/heads/main"]
    assert (history["reflog"], history["unreachable"], history["odd_files"]) == ("", "", [])
    assert history["sections"] == ["commit", "core", "gc", "user"]
    assert history["author"] == "rexlab rexlab@localhost"

    assert seen["processes"]["leaks"] == []
    # Bubblewrap's own command line names the folders it mounts; what the names lead to is not there.
    lines = [line for line in seen["processes"]["lines"] if not line.startswith("/usr/bin/bwrap ")]
    assert [line for line in lines if str(shell.home) in line or "rexlab run" in line] == []
    assert any("look.py" in line for line in lines), "the search in processes saw this one"
    assert not seen["store"]

    assert seen["network"]["reached"] == []
    assert set(seen["network"]["devices"]) <= {"lo"}
    assert seen["network"]["unix"] == []

    assert seen["leaking_variables"] == []
    assert not any(str(shell.home) in value or "DATABASE" in name for name, value in seen["environment"].items())
