"""Containers of a worker that ran in a container itself: swept as soon as the worker's container is over."""

import sys
import time
from pathlib import Path

import docker
import pytest
from tests.support.require import require

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


def test_a_process_in_a_container_knows_which_one_it_is(engine):
    _, start = engine
    module = Path(sys.modules[own_container.__module__].__file__).read_text()
    container = start("python3", "-c", module + "\nprint(own_container())")
    assert container.wait()["StatusCode"] == 0
    assert container.logs().decode().strip() == container.id
