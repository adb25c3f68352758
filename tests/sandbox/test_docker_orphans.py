"""Containers that nobody watches any more, and when they go."""

import sys
import time
from pathlib import Path
from uuid import uuid4

import docker
import pytest
import requests
from tests.support.require import require

from rexlab.errors import SandboxError
from rexlab.sandbox import Mount, SandboxSpec
from rexlab.sandbox.docker import BASE_IMAGE
from rexlab.sandbox.owner import own_container

pytestmark = pytest.mark.docker
FOREIGN = "0badb007.1.1.1"
"""A process of another machine, for all this one knows."""


@pytest.fixture
def engine():
    """The engine, and a backend on it; what a test started is removed."""
    backend = require("docker")
    client = docker.from_env()
    started = []

    def start(*command, **labels):
        container = client.containers.run(BASE_IMAGE, list(command), detach=True, network_mode="none", labels=labels)
        started.append(container)
        return container

    yield backend, start
    for container in started:
        try:
            container.remove(force=True)
        except docker.errors.NotFound:
            continue


def left_behind(start, worker):
    """A sandbox's container as that worker would have made it, its deadline far away."""
    own = {
        "rexlab": "1",
        "rexlab.name": f"of-{worker.short_id}",
        "rexlab.owner": FOREIGN,
        "rexlab.deadline": f"{time.time() + 3600:.0f}",
        "rexlab.container": worker.id,
    }
    return start("sleep", "600", **own)


@pytest.mark.parametrize("end", ["kill", "remove", "restart"])
def test_it_is_swept_once_its_worker_is_over_and_no_sooner(engine, end):
    backend, start = engine
    worker = start("sleep", "600")
    sandbox = left_behind(start, worker)
    backend.sweep()
    sandbox.reload()
    assert sandbox.status == "running"
    match end:
        case "kill":
            worker.kill()
        case "remove":
            worker.remove(force=True)
        case "restart":
            time.sleep(1.1)  # the engine tells whole seconds of when a container was made
            worker.restart(timeout=0)
    backend.sweep()
    with pytest.raises(docker.errors.NotFound):
        sandbox.reload()


def test_what_could_not_be_removed_while_the_engine_was_away_goes_with_the_next_sandbox(engine, monkeypatch, tmp_path):
    backend, _ = engine

    def sandbox_called(name):
        return backend.create(SandboxSpec(name, (Mount(tmp_path, "/data"),), workdir="/data"))

    def left():
        return docker.from_env().containers.list(all=True, filters={"label": f"rexlab.name={name}"})

    def away(*_, **__):
        raise requests.ConnectionError("no engine answers")

    name = f"left-{uuid4().hex}"
    with sandbox_called(name) as sandbox, monkeypatch.context() as broken:
        broken.setattr(docker.APIClient, "remove_container", away)
        with pytest.raises(SandboxError, match="no engine answers"):
            sandbox.exec(["true"], timeout_s=30)
    assert len(left()) == 1
    with sandbox_called("next") as sandbox:
        assert sandbox.exec(["true"], timeout_s=30).ok
    assert left() == []


def test_a_process_in_a_container_knows_which_one_it_is(engine):
    _, start = engine
    module = Path(sys.modules[own_container.__module__].__file__).read_text()
    container = start("python3", "-c", module + "\nprint(own_container())")
    assert container.wait()["StatusCode"] == 0
    assert container.logs().decode().strip() == container.id
