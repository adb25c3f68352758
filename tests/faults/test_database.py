"""PostgreSQL that crashes and comes back: at once, and after longer than a lease."""

import signal
import time
from collections.abc import Iterator

import pytest
from tests.faults.bench import LEASE_S, Bench
from tests.faults.scenario import Fault
from tests.faults.steps import conclude
from tests.support.postgres import Postgres, postgres_server

pytestmark = [pytest.mark.redis, pytest.mark.postgres]


@pytest.fixture
def server() -> Iterator[Postgres]:
    with postgres_server() as started:
        yield started


@pytest.fixture
def database_url(server: Postgres) -> str:
    return server.database()


@pytest.mark.parametrize("fault", [Fault("PostgreSQL crashes and is started", p) for p in ("solve", "grade")], ids=str)
def test_the_database_is_restarted(bench: Bench, fault: Fault, server: Postgres) -> None:
    worker = bench.worker("only")
    bench.run()
    bench.await_phase(worker, fault.when)
    server.stop(signal.SIGQUIT)
    server.start()
    conclude(bench, fault, worker)


@pytest.mark.parametrize("fault", [Fault("PostgreSQL gone for longer than a lease", "solve")], ids=str)
def test_the_database_is_gone_for_a_while(bench: Bench, fault: Fault, server: Postgres) -> None:
    workers = [bench.worker("one", wait=False), bench.worker("two", wait=False)]
    for worker in workers:
        worker.await_ready()
    bench.run()
    bench.await_phase(workers[0], fault.when)
    server.stop(signal.SIGQUIT)
    time.sleep(2 * LEASE_S)  # the fault itself
    server.start()
    conclude(bench, fault, *workers)
