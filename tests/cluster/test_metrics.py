"""What Prometheus reads: a real store, a real Redis with Celery's messages in it, real locks, over HTTP."""

import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import Engine
from tests.support.cluster import worker
from tests.support.gpus import fake_gpu, uuid_of
from tests.support.redis import RedisServer
from tests.support.shell import Shell
from tests.support.site import free_port
from tests.support.stored import finish, plan_run, start

from rexlab.cluster import metrics as metrics_module
from rexlab.cluster import scraping
from rexlab.cluster.app import make_app
from rexlab.cluster.metrics import serving_metrics
from rexlab.cluster.send import send
from rexlab.errors import InputError
from rexlab.gpu.leases import GpuPool, Need
from rexlab.settings import Settings
from rexlab.store.call_row import CallRow
from rexlab.store.calls import save_calls
from rexlab.store.database import open_engine
from rexlab.store.dispatching import Queued, hand_over
from rexlab.store.models import Outcome

pytestmark = pytest.mark.redis
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every scrape looks again."""
    monkeypatch.setattr(scraping, "FRESH_S", 0.0)


@pytest.fixture
def settings(tmp_path: Path, broker: RedisServer) -> Settings:
    return Settings(home=tmp_path / "home", broker_url=SecretStr(broker.url))


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    opened = open_engine(settings.store_url)
    yield opened
    opened.dispose()


def scrape(port: int) -> Samples:
    """All samples, by name and labels; the text must be what Prometheus's own parser takes."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((name, tuple(sorted(labels.items()))))


def test_a_worker_serves_them_and_its_port_is_free_once_it_is_killed(shell: Shell) -> None:
    port = free_port()
    asked = ("--concurrency", "1", "--metrics-port", str(port))
    with worker(shell, *asked, name="first") as killed:
        shell("run", "moments", "--harness", "oracle", "--masks", "1", "--limit", "1", "--executor", "celery")
        found = scrape(port)
        assert value(found, "rexlab_trials_finished_total", agent="reference", outcome="passed") == 1
        assert value(found, "rexlab_phase_seconds_count", agent="reference", phase="grade") == 1
        assert {v for (name, _), v in found.items() if name == "rexlab_source_up"} == {1}
        killed.process.kill()
        killed.process.wait()
        with worker(shell, *asked, name="second"):
            assert value(scrape(port), "rexlab_trials_finished_total", agent="reference", outcome="passed") == 1
        with suppress(ProcessLookupError):  # the killed one's pool, if it has not noticed yet
            killed.signal_all(signal.SIGKILL)


def test_the_store_s_numbers_grow_with_what_happens(settings: Settings, engine: Engine) -> None:
    trials = plan_run(engine, trials=6)
    hand_over(engine, "r1", "celery")
    finish(engine, trials[0], solve=2.0, grade=0.5)
    start(engine, trials[2])
    with serving_metrics(settings, engine, 0) as port:
        found = scrape(port)
        assert value(found, "rexlab_trials_finished_total", agent="reference", outcome="passed") == 1
        assert value(found, "rexlab_phase_seconds_sum", agent="reference", phase="solve") == 2.0
        assert value(found, "rexlab_phase_seconds_count", agent="reference", phase="solve") == 1
        assert value(found, "rexlab_trials", executor="celery", state="queued") == 4
        assert value(found, "rexlab_trials", executor="celery", state="running") == 1
        assert value(found, "rexlab_trials", executor="local", state="queued") == 0
        finish(engine, trials[1], Outcome.NO_PATCH)
        finish(engine, trials[4], solve=3.0)
        found = scrape(port)
    assert value(found, "rexlab_trials_finished_total", agent="agent", outcome="no_patch") == 1
    assert value(found, "rexlab_trials_finished_total", agent="reference", outcome="passed") == 2
    assert value(found, "rexlab_phase_seconds_sum", agent="reference", phase="solve") == 5.0
    assert value(found, "rexlab_trials", executor="celery", state="queued") == 2


def test_celery_s_messages_are_counted_by_queue_and_priority(settings: Settings, engine: Engine) -> None:
    app = make_app(settings)
    send(app, [Queued(f"r1-{n}", 0, 100) for n in range(3)], "normal")
    send(app, [Queued("r2-1", 0, 100), Queued("r2-2", 2, 64_000)], "high")
    send(app, [Queued("r3-1", 1, 100)], "low")
    app.close()
    with serving_metrics(settings, engine, 0) as port:
        found = scrape(port)
    waiting = {labels: v for (name, labels), v in found.items() if name == "rexlab_queue_messages" and v}
    assert {tuple(v for _, v in labels): count for labels, count in waiting.items()} == {
        ("normal", "cpu"): 3,
        ("high", "cpu"): 1,
        ("high", "gpu-large"): 1,
        ("low", "gpu"): 1,
    }
    assert sum(name == "rexlab_queue_messages" for name, _ in found) == 12  # those that are empty say so


def test_what_calls_to_models_cost_is_summed_and_the_number_of_models_is_bounded(
    settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_module, "MOST_MODELS", 2)
    (trial,) = plan_run(engine, trials=1)
    asked = [("busy", 0.25), ("busy", 0.25), ("priceless", None), ("priceless", None), ("rare", 2.0), ("odd", 1.0)]
    rows = [
        CallRow(
            trial_id=trial, epoch=1, run_id="r1", number=number, at=0.0, protocol="chat", model=model,
            status=200, input_tokens=100, cached_tokens=40, output_tokens=7, cost_usd=cost,
        )
        for number, (model, cost) in enumerate(asked)
    ]  # fmt: skip
    save_calls(engine, rows)
    with serving_metrics(settings, engine, 0) as port:
        found = scrape(port)
    spent = {dict(labels)["model"]: v for (name, labels), v in found.items() if name == "rexlab_gateway_cost_usd_total"}
    assert spent == {"busy": 0.5, "priceless": 0.0, "other": 3.0}
    assert value(found, "rexlab_gateway_unpriced_calls_total", model="priceless") == 2
    assert value(found, "rexlab_gateway_calls_total", model="other", result="answered") == 2
    assert value(found, "rexlab_gateway_tokens_total", model="busy", kind="cached") == 80


def test_gpus_of_this_machine_that_trials_hold_are_counted(settings: Settings, engine: Engine) -> None:
    settings.gpu_lock_folder.mkdir(parents=True)
    pool = GpuPool([fake_gpu(0), fake_gpu(1)], settings.gpu_lock_folder, slots=2)
    with serving_metrics(settings, engine, 0) as port:
        with pool.lease(Need(2), "t1"), pool.lease(Need(1), "t2"):
            found = scrape(port)
        after = scrape(port)
    held = [value(found, "rexlab_gpu_leases", gpu=uuid_of(index)) for index in (0, 1)]
    assert sorted(held, key=str) == [1, 2]
    assert not any(name == "rexlab_gpu_leases" for name, _ in after)


def test_a_broker_that_hangs_takes_no_other_number_with_it(
    settings: Settings, engine: Engine, broker: RedisServer
) -> None:
    plan_run(engine, trials=3)
    with serving_metrics(settings, engine, 0) as port:
        assert value(scrape(port), "rexlab_source_up", source="broker") == 1
        broker.freeze()
        found = scrape(port)
        assert value(found, "rexlab_source_up", source="broker") == 0
        assert value(found, "rexlab_scrape_errors_total", source="broker") == 1
        assert not any(name == "rexlab_queue_messages" for name, _ in found)
        assert value(found, "rexlab_trials", executor="local", state="queued") == 3
        broker.thaw()
        assert value(scrape(port), "rexlab_source_up", source="broker") == 1


def test_without_a_broker_none_is_missed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", broker_url=None)
    engine = open_engine(settings.store_url)
    with serving_metrics(settings, engine, 0) as port:
        found = scrape(port)
    engine.dispose()
    assert {dict(labels)["source"] for name, labels in found if name == "rexlab_source_up"} == {"store", "gpus"}


def test_a_process_that_was_forked_meanwhile_does_not_hold_the_port(settings: Settings, engine: Engine) -> None:
    with serving_metrics(settings, engine, 0) as port:
        child = os.fork()
        if not child:
            signal.pause()
    try:
        with serving_metrics(settings, engine, port):
            assert value(scrape(port), "rexlab_source_up", source="store") == 1
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_port_that_is_taken_is_told(settings: Settings, engine: Engine) -> None:
    with serving_metrics(settings, engine, 0) as port, pytest.raises(InputError, match=f"127.0.0.1:{port}: "):  # noqa: SIM117
        with serving_metrics(settings, engine, port):
            pass
