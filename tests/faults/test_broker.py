"""Redis that loses its queues, and messages that come twice, late, or are none of ours."""

import uuid

import pytest
from tests.faults.bench import Bench
from tests.faults.scenario import Fault
from tests.faults.steps import conclude, kinds
from tests.support.cluster import await_that

from rexlab.cluster.app import TASK, make_app
from rexlab.settings import Settings

pytestmark = [pytest.mark.redis, pytest.mark.postgres]

QUEUE = "rexlab.cpu"
DONE = ["claimed", "solved", "recorded"]


@pytest.mark.parametrize("fault", [Fault("Redis killed and started empty", "solve", {"passed": 4})], ids=str)
def test_redis_loses_all_that_waits(bench: Bench, fault: Fault) -> None:
    worker = bench.worker("only")
    bench.run(trials=2)
    bench.await_phase(worker, "solve")
    bench.broker.kill()
    bench.broker.start()
    conclude(bench, fault, worker)
    for trial in bench.trials():
        assert kinds(bench, trial["id"]) == DONE


@pytest.mark.parametrize("fault", [Fault("Redis gone for longer than a lease", "grade", {"passed": 4})], ids=str)
def test_redis_is_gone_for_a_while(bench: Bench, fault: Fault) -> None:
    worker = bench.worker("only")
    bench.run(trials=2)
    trial = bench.await_phase(worker, "grade")
    bench.broker.kill()
    await_that(lambda: bench.trial(trial)["state"] == "finished")  # what is at work goes on without it
    bench.seen.append("the trial at work ended meanwhile")
    bench.broker.start()
    conclude(bench, fault, worker)
    for row in bench.trials():
        assert kinds(bench, row["id"]) == DONE


def message(bench: Bench, *arguments: object, task: str = TASK) -> None:
    """Send it as rexlab would."""
    settings = Settings(broker_url=bench.broker.url)
    with make_app(settings) as app:
        app.send_task(task, args=list(arguments), task_id=str(uuid.uuid4()), queue=QUEUE, priority=3)


@pytest.mark.parametrize("fault", [Fault("same message five times, to two workers", "queued", {"passed": 2})], ids=str)
def test_messages_come_again(bench: Bench, fault: Fault) -> None:
    two = [bench.worker("one", wait=False), bench.worker("two", wait=False)]
    for worker in two:
        worker.await_ready()
    bench.run()
    for _ in range(5):
        for trial in bench.trials():
            message(bench, trial["id"])
    await_that(lambda: sum(worker.said.count("nothing to do") for worker in two) >= 10)
    bench.seen.append("every copy dropped")
    conclude(bench, fault, *two)
    for trial in bench.trials():
        assert kinds(bench, trial["id"]) == DONE


@pytest.mark.parametrize(
    "fault",
    [Fault("messages that make no sense", "idle", {"passed": 2})],
    ids=str,
)
def test_messages_that_make_no_sense(bench: Bench, fault: Fault) -> None:
    worker = bench.worker("only")
    bench.run(limit=1)
    bench.finish()
    message(bench, bench.trials()[0]["id"])  # finished
    message(bench, "r000101-000000-00001")  # of no store
    message(bench, "x" * 100_000)
    message(bench)
    message(bench, 1, 2, 3)
    message(bench, None)
    message(bench, {"a": []})
    message(bench, "os.system", task="another.task")
    bench.run(limit=1)
    conclude(bench, fault, worker, complaint="unregistered task of type 'another.task'")
    assert worker.said.count("Traceback") == 1
    assert worker.said.count("a message was dropped") == 6
