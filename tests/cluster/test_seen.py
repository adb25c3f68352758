"""What is told of a cluster: by the doctor, and to whoever asks which workers listen."""

import json
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.cluster import worker
from tests.support.gpus import fake_driver
from tests.support.redis import RedisServer
from tests.support.shell import Shell
from tests.support.site import free_port

from rexlab.cluster.routing import QUEUES, check_queues, default_queues, queue_of
from rexlab.cluster.workers import listening_workers
from rexlab.errors import InputError
from rexlab.settings import Settings


def findings(shell: Shell, code: int) -> dict[str, tuple[str, str]]:
    done = shell("doctor", "--json", code=code)
    return {f["name"]: (f["state"], f["detail"]) for f in json.loads(done.stdout)}


def test_the_doctor_tells_of_broker_and_workers(shell: Shell, broker: RedisServer) -> None:
    assert findings(shell, 0)["workers"] == ("missing", "none listens")
    with worker(shell, "--concurrency", "3", "--queues", "cpu"):
        found = findings(shell, 0)
        assert found["broker"] == ("ok", f"Redis at 127.0.0.1:{broker.port}")
        assert found["workers"] == ("ok", "1 listen to cpu; 3 trials at a time")
    broker.kill()
    state, said = findings(shell, 1)["broker"]
    assert state == "problem"
    assert "does not answer" in said
    assert broker.password not in said
    shell.variables["REXLAB_BROKER_URL"] = ""
    assert not {"broker", "workers"} & set(findings(shell, 0))


def test_workers_tell_what_they_listen_to(shell: Shell, broker: RedisServer) -> None:
    settings = Settings(broker_url=broker.url)  # type: ignore[arg-type]
    assert listening_workers(settings) == []
    shell.variables |= fake_driver(2)
    with (
        worker(shell, "--concurrency", "1", "--queues", "cpu", name="small"),
        worker(shell, "--concurrency", "2", "--gpus", "1", "--queues", "gpu,cpu-large", name="large"),
    ):
        found = {worker.concurrency: worker.queues for worker in listening_workers(settings)}
    assert found == {1: ("cpu",), 2: ("gpu", "cpu-large")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--queues", "gpu"), "--queues gpu: their trials need GPUs, but no GPU can be used here"),
        (("--queues", "fast"), "--queues fast: choose from cpu, cpu-large, gpu, gpu-large"),
        (("--gpus", "7"), "--gpus 7: no GPU can be used here"),
        (("--concurrency", "0"), "--concurrency"),
    ],
)
def test_a_worker_that_cannot_do_what_it_is_asked_does_not_start(
    shell: Shell, arguments: tuple[str, ...], said: str
) -> None:
    assert said in shell("worker", *arguments, code=2).stderr


def test_every_task_has_a_queue_and_every_machine_listens_to_what_it_can_serve() -> None:
    assert {queue_of(gpus, memory) for gpus in (0, 2) for memory in (0, 8192, 8193)} == set(QUEUES)
    assert queue_of(0, 8192) == "cpu"
    assert default_queues(0, 8000) == ("cpu",)
    assert default_queues(1, 64000) == ("gpu-large", "gpu", "cpu-large", "cpu")
    assert check_queues(["cpu", "gpu", "cpu"]) == ("cpu", "gpu")
    with pytest.raises(InputError, match="choose from"):
        check_queues([])


def test_a_worker_serves_numbers_for_prometheus(shell: Shell) -> None:
    port = free_port()
    with worker(shell, "--concurrency", "1", "--metrics-port", str(port)):
        shell("run", "moments", "--harness", "oracle", "--limit", "1", "--executor", "celery")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        taken = shell.start("worker", "--metrics-port", str(port))
        _, said = taken.communicate(timeout=60)
    assert taken.returncode == 2
    assert f"metrics cannot be served at 127.0.0.1:{port}" in said
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    passed = [value for key, value in samples.items() if key[0] == "rexlab_trials_finished_total" and "passed" in key]
    assert passed == [1.0]
