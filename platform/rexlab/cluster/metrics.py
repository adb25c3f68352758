"""Numbers for Prometheus: the store's, the broker's, and those of this machine's GPUs."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from sqlalchemy import Engine

from rexlab.cluster.broker import answers, connect
from rexlab.cluster.keeper import list_key
from rexlab.cluster.routing import PRIORITIES, QUEUES
from rexlab.cluster.scraping import Read, Sources
from rexlab.errors import InputError
from rexlab.gpu.leases import leases_now
from rexlab.settings import Settings
from rexlab.store.standing import standing
from rexlab.store.totals import PHASES, Sums, Totals, finished_totals, spending_totals

MOST_MODELS = 50
"""So many models have numbers of their own, those called most; the others' are added up as ``other``."""

_listening: set[socket] = set()


def _leave() -> None:
    """In a forked process: the port is its parent's, and free again when that one ends."""
    for listener in _listening:
        listener.close()
    _listening.clear()


os.register_at_fork(after_in_child=_leave)


@contextmanager
def serving_metrics(settings: Settings, engine: Engine, port: int, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve ``/metrics`` from threads of this process while the block runs; gives the port, which 0 leaves open.

    Raises:
        InputError: nobody can listen there.
    """
    registry = CollectorRegistry()  # of its own, without the numbers of Python itself
    registry.register(Sources(sources_of(settings, engine)))
    try:
        server, thread = start_http_server(port, host, registry)
    except (OSError, OverflowError) as error:
        raise InputError(f"metrics cannot be served at {host}:{port}: {error}") from error
    _listening.add(server.socket)
    try:
        yield int(server.server_port)
    finally:
        _listening.discard(server.socket)
        server.shutdown()
        server.server_close()
        thread.join()


def sources_of(settings: Settings, engine: Engine) -> dict[str, Read]:
    """All that can be asked with these settings: where none names a broker, none is missed."""
    finished, spending = finished_totals(engine), spending_totals(engine)
    found: dict[str, Read] = {
        "store": lambda: _of_store(engine, finished, spending),
        "gpus": lambda: _of_gpus(settings),
    }
    if settings.broker_url is not None:
        found["broker"] = lambda: _of_broker(settings)
    return found


def _of_store(engine: Engine, finished: Totals, spending: Totals) -> Iterator[Metric]:
    yield from _of_finished(finished.read())
    yield from _of_spending(spending.read())
    trials = GaugeMetricFamily(
        "rexlab_trials",
        "Unfinished trials; silent: claimed, and the lease has run out.",
        labels=["executor", "state"],
    )
    found = standing(engine)
    for executor in ("local", "celery"):
        for state in ("queued", "running", "silent"):
            trials.add_metric([executor, state], found[executor, state])
    yield trials


def _of_finished(found: Sums) -> Iterator[Metric]:
    trials = CounterMetricFamily(
        "rexlab_trials_finished", "Trials that were run to an end.", labels=["agent", "outcome"]
    )
    phases = SummaryMetricFamily(
        "rexlab_phase_seconds", "What the phases of finished trials took.", labels=["agent", "phase"]
    )
    went, took = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for (agent, outcome), (count, *measured) in found.items():
        trials.add_metric([agent, outcome], count)
        for phase, trials_, seconds in zip(PHASES, measured[::2], measured[1::2], strict=True):
            went[agent, phase] += int(trials_)
            took[agent, phase] += seconds  # type: ignore[assignment]
    for (agent, phase), count in went.items():
        phases.add_metric([agent, phase], count, took[agent, phase])
    yield from (trials, phases)


def _of_spending(found: Sums) -> Iterator[Metric]:
    calls = CounterMetricFamily("rexlab_gateway_calls", "Calls to models.", labels=["model", "result"])
    tokens = CounterMetricFamily(
        "rexlab_gateway_tokens", "Tokens read, read from a cache (among these), and written.", labels=["model", "kind"]
    )
    cost = CounterMetricFamily("rexlab_gateway_cost_usd", "What calls cost, where it is known.", labels=["model"])
    unpriced = CounterMetricFamily(
        "rexlab_gateway_unpriced_calls", "Calls that were answered, and nobody knows the price of.", labels=["model"]
    )
    for model, sums in _bounded(found).items():
        answered, failed, refused, priceless, read, cached, written, usd = sums
        for result, count in (("answered", answered), ("failed", failed), ("refused", refused)):
            calls.add_metric([model, result], count)
        for kind, count in (("input", read), ("cached", cached), ("output", written)):
            tokens.add_metric([model, kind], count)
        cost.add_metric([model], usd)
        unpriced.add_metric([model], priceless)
    yield from (calls, tokens, cost, unpriced)


def _bounded(found: Sums) -> dict[str, tuple[float, ...]]:
    """By model, and the rest together. Which are the rest can change only while there are more than may be."""
    ordered = sorted(found, key=lambda group: (-sum(found[group][:3]), group))
    kept = {group[0]: found[group] for group in ordered[:MOST_MODELS]}
    if rest := [found[group] for group in ordered[MOST_MODELS:]]:
        kept["other"] = tuple(map(sum, zip(*rest, strict=True)))
    return kept


def _of_broker(settings: Settings) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "rexlab_queue_messages", "Messages that wait for a worker.", labels=["queue", "priority"]
    )
    names = [(queue, priority) for queue in QUEUES for priority in PRIORITIES]
    with connect(settings) as client, answers(client), client.pipeline(transaction=False) as pipeline:
        for queue, priority in names:
            pipeline.llen(list_key(queue, priority))
        for name, length in zip(names, pipeline.execute(), strict=True):
            waiting.add_metric(name, length)
    yield waiting


def _of_gpus(settings: Settings) -> Iterator[Metric]:
    held = GaugeMetricFamily("rexlab_gpu_leases", "Trials that hold a GPU of this machine.", labels=["gpu"])
    for uuid, count in sorted(Counter(lease.uuid for lease in leases_now(settings.gpu_lock_folder)).items()):
        held.add_metric([uuid], count)
    yield held
