"""A scrape is answered in time, whatever its sources do."""

import threading
from collections.abc import Iterable, Iterator

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric

from rexlab.cluster import scraping
from rexlab.cluster.scraping import Sources


def gauge(name: str, amount: float) -> Metric:
    family = GaugeMetricFamily(name, "A number.")
    family.add_metric([], amount)
    return family


def samples(found: Iterable[Metric]) -> dict[str, float]:
    return {s.name + "".join(s.labels.values()): s.value for family in found for s in family.samples}


class Counting:
    """Says how often it was asked; waits for its gate first, or fails."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked = 0
        self.error: Exception | None = None

    def __call__(self) -> Iterator[Metric]:
        self.asked += 1
        self.gate.wait(60)
        if self.error:
            raise self.error
        yield gauge("asked", self.asked)


def test_an_answer_is_given_again_while_it_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Counting()
    sources = Sources({"one": source})
    assert [samples(sources.collect())["asked"] for _ in range(3)] == [1, 1, 1]
    monkeypatch.setattr(scraping, "FRESH_S", 0.0)
    assert samples(sources.collect())["asked"] == 2


def test_a_source_that_is_late_is_left_out_and_asked_no_second_time_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scraping, "PATIENCE_S", 0.05)
    slow = Counting()
    slow.gate.clear()
    sources = Sources({"slow": slow, "fast": lambda: [gauge("fast", 1.0)]})
    for errors in (1, 2):
        found = samples(sources.collect())
        assert "asked" not in found
        assert found["fast"] == 1.0
        assert (found["rexlab_source_upslow"], found["rexlab_source_upfast"]) == (0.0, 1.0)
        assert found["rexlab_scrape_errors_totalslow"] == errors
    assert slow.asked == 1
    monkeypatch.setattr(scraping, "PATIENCE_S", 20.0)
    slow.gate.set()
    assert samples(sources.collect())["asked"] == 1


def test_a_source_that_fails_is_told_once_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    source = Counting()
    source.error = RuntimeError("gone")
    sources = Sources({"store": source})
    for _ in range(2):
        assert samples(sources.collect())["rexlab_source_upstore"] == 0.0
    assert [record.getMessage() for record in caplog.records] == ["metrics of the store are missing: gone"]
    source.error = None
    found = samples(sources.collect())
    assert (found["asked"], found["rexlab_source_upstore"], found["rexlab_scrape_errors_totalstore"]) == (3, 1.0, 2.0)
