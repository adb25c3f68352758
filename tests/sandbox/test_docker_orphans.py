"""Containers that nobody watches any more, and when they go."""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import docker
import pytest
import requests
from tests.support.cluster import await_that
from tests.support.require import require

from rexlab.errors import SandboxError
from rexlab.sandbox import Mount, SandboxSpec, docker_run
from rexlab.sandbox.docker import BASE_IMAGE, DockerBackend
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


def gone(container):
    try:
        container.reload()
    except docker.errors.NotFound:
        return True
    return False


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
    await_that(lambda: gone(sandbox), 10)  # a sweep of a test beside this one may be removing it


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


def test_what_the_engine_refuses_to_remove_hinders_no_other_sandbox(engine, monkeypatch, tmp_path):
    backend, _ = engine
    monkeypatch.setattr(docker_run, "_left", {"a-container"})
    remove = docker.APIClient.remove_container

    def refuses(client, container, **options):
        if container == "a-container":
            raise docker.errors.APIError("driver failed to remove root filesystem", response(500))
        remove(client, container, **options)

    monkeypatch.setattr(docker.APIClient, "remove_container", refuses)
    with backend.create(SandboxSpec("next", (Mount(tmp_path, "/data"),), workdir="/data")) as sandbox:
        assert sandbox.exec(["true"], timeout_s=30).ok
    assert docker_run._left == set()


def response(status):
    made = requests.Response()
    made.status_code = status
    return made


def test_an_engine_that_answers_with_errors_is_told_by_the_check_and_ends_nothing(monkeypatch):
    asked = []

    class Failing(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if len(asked) > 1:
                self.send_error(500, "disk full")
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ApiVersion": "1.41", "Version": "20.10"}')

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Failing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        found = DockerBackend().check()
        server.shutdown()
    assert len(asked) == 2
    assert not found.ok
    assert "500 Server Error" in found.detail


def test_a_process_in_a_container_knows_which_one_it_is(engine):
    _, start = engine
    module = Path(sys.modules[own_container.__module__].__file__).read_text()
    container = start("python3", "-c", module + "\nprint(own_container())")
    assert container.wait()["StatusCode"] == 0
    assert container.logs().decode().strip() == container.id
