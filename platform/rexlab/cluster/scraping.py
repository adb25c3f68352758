"""Answer Prometheus in time: each source of numbers is asked in a thread of its own, and left out where it is late."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

FRESH_S = 5.0
"""So long an answer is given again: several Prometheus servers cost no more than one."""
PATIENCE_S = 3.0
"""Longest that a scrape waits for all its sources; Prometheus itself gives up after 10 s by default."""

Read = Callable[[], Iterable[Metric]]


class Sources(Collector):
    """Collects from all sources. One that fails or is late is missing from the answer, and is said to be."""

    def __init__(self, sources: Mapping[str, Read]) -> None:
        self._sources = {name: _Source(name, read) for name, read in sources.items()}
        self._one_at_a_time = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """What every source says now, or said a moment ago."""
        up = GaugeMetricFamily("rexlab_source_up", "Whether the source answered this scrape.", labels=["source"])
        errors = CounterMetricFamily(
            "rexlab_scrape_errors", "Scrapes that the source failed or did not answer in time.", labels=["source"]
        )
        with self._one_at_a_time:
            deadline = time.monotonic() + PATIENCE_S
            for source in self._sources.values():
                source.begin()
            for name, source in self._sources.items():
                found = source.answer(deadline)
                yield from found or ()
                up.add_metric([name], float(found is not None))
                errors.add_metric([name], source.errors)
        yield up
        yield errors


class _Source:
    """One source: what it said last, and the thread that asks it."""

    def __init__(self, name: str, read: Read) -> None:
        self.errors = 0
        self._name = name
        self._read = read
        self._said: list[Metric] | None = None
        self._said_at = 0.0
        self._failed = False
        self._asking: threading.Thread | None = None

    def begin(self) -> None:
        """Ask, unless what it said is fresh, or it has not answered yet."""
        fresh = self._said is not None and time.monotonic() - self._said_at < FRESH_S
        if fresh or (self._asking is not None and self._asking.is_alive()):
            return
        self._said = None
        self._asking = threading.Thread(target=self._ask, name=f"metrics-{self._name}", daemon=True)
        self._asking.start()

    def answer(self, deadline: float) -> list[Metric] | None:
        """What it says; None when it failed, or does not say so by the deadline."""
        if self._said is None and self._asking is not None:
            self._asking.join(max(0.0, deadline - time.monotonic()))
        if self._said is None:
            self.errors += 1
        return self._said

    def _ask(self) -> None:
        try:
            said = list(self._read())
        except Exception as error:
            # whatever it is, the other sources' numbers are wanted, and a gap in these is told
            if not self._failed:
                logger.warning("metrics of the %s are missing: %s", self._name, error)
            self._failed = True
        else:
            self._failed = False
            self._said_at = time.monotonic()
            self._said = said
