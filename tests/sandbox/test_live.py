"""What a program prints is heard while it runs, in every backend, and published without holding anything up."""

import itertools
import logging
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sandbox.conftest import Box

from rexlab.errors import StoreError
from rexlab.sandbox import Ended, Limits
from rexlab.sandbox import live as live_module
from rexlab.sandbox.live import EVERY_S, TAIL_BYTES, Output, Tail


class Shelf:
    """A sink that keeps what it got, and may be slow or fail."""

    def __init__(self, failing: Callable[[], Exception | None] = lambda: None) -> None:
        self.published: list[Output] = []
        self.cleared = False
        self.got = threading.Condition()
        self._failing = failing

    def publish(self, data: bytes) -> None:
        if error := self._failing():
            raise error
        with self.got:
            self.published.append(Output.decode(data))
            self.got.notify_all()

    def clear(self) -> None:
        self.cleared = True

    def wait_for(self, condition: Callable[[Output], bool]) -> Output:
        """The first publication that fulfils it, awaited."""
        with self.got:
            assert self.got.wait_for(lambda: any(map(condition, self.published)), 20), self.published
            return next(filter(condition, self.published))


def test_what_a_program_prints_is_heard_while_it_runs(box: Box) -> None:
    heard = bytearray()
    with box.create() as sandbox:
        result = sandbox.exec(
            ["sh", "-c", "echo first; echo second >&2; while :; do sleep 0.05; done"],
            timeout_s=60,
            cancelled=lambda: b"first\n" in heard and b"second\n" in heard,
            on_output=heard.extend,
        )
    assert result.ended is Ended.CANCELLED  # by what was heard, and nothing else
    assert (result.stdout, result.stderr) == ("first\n", "second\n")


def test_all_is_heard_also_what_the_limit_drops(box: Box) -> None:
    heard = bytearray()
    with box.create(limits=Limits(output_bytes=1000)) as sandbox:
        result = sandbox.exec(["sh", "-c", "seq 100000"], timeout_s=60, on_output=heard.extend)
    assert result.truncated
    assert bytes(heard) == b"".join(b"%d\n" % number for number in range(1, 100_001))


def test_the_last_of_it_is_published_with_the_phase_and_goes_with_the_trial() -> None:
    shelf = Shelf()
    with Tail(shelf, "r1-1") as tail:
        assert shelf.wait_for(lambda o: True).phase == "preparing"
        tail.phase("the agent is at work")
        tail.hear(b"no line end")
        tail.phase("experiment lion, seed 0")
        tail.hear(b"x" * (2 * TAIL_BYTES) + b"end\n")
        last = shelf.wait_for(lambda o: o.tail.endswith(b"end\n"))
    assert last.phase == "experiment lion, seed 0"
    assert last.since <= last.at
    headings = b"=== the agent is at work ===\nno line end\n=== experiment lion, seed 0 ===\n"
    assert last.total == len(headings) + 2 * TAIL_BYTES + 4
    assert last.tail == b"x" * (TAIL_BYTES - 4) + b"end\n"
    assert shelf.cleared


def test_a_flood_is_published_at_most_once_a_second() -> None:
    shelf = Shelf()
    with Tail(shelf, "r1-1") as tail:
        shelf.wait_for(lambda o: True)
        for number in range(20_000):
            tail.hear(b"%d\n" % number)
        shelf.wait_for(lambda o: o.tail.endswith(b"19999\n"))
        moments = [output.at for output in shelf.published]
    assert all(later - earlier >= EVERY_S * 0.9 for earlier, later in itertools.pairwise(moments))


def test_a_sink_that_hangs_holds_up_neither_the_trial_nor_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "_END_S", 0.05)
    release, entered = threading.Event(), threading.Event()

    def hang() -> None:
        entered.set()
        release.wait(60)

    with Tail(Shelf(hang), "r1-1") as tail:
        assert entered.wait(20)
        for _ in range(1000):
            tail.hear(b"much\n" * 1000)
    assert not release.is_set()  # the sink still hangs, and the trial is over
    release.set()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), StoreError("gone")])
def test_a_sink_that_fails_is_told_once_and_tried_again(
    error: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "EVERY_S", 0.01)
    left = iter([error, error, error])
    shelf = Shelf(lambda: next(left, None))
    with caplog.at_level(logging.WARNING), Tail(shelf, "r1-1") as tail:
        said = 0
        while not shelf.published:
            said += 1
            tail.hear(b"%d\n" % said)
    told = [record.getMessage() for record in caplog.records]
    assert told == [f"r1-1: what it prints cannot be shown while it is at work: {error}"]


def test_a_trial_that_prints_nothing_is_published_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(live_module, "EVERY_S", 0.01)
    shelf = Shelf()
    with Tail(shelf, "r1-1"), shelf.got:
        assert shelf.got.wait_for(lambda: len(shelf.published) >= 4, 20)
    assert {output.total for output in shelf.published} == {0}


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 500))
def test_what_is_published_comes_back_and_says_what_is_new(tail: bytes, earlier: int, seen: int) -> None:
    output = Output("é", 1.5, 2.5, earlier + len(tail), tail)
    assert Output.decode(output.encode()) == output
    everything = b"?" * earlier + tail
    assert everything[seen:].endswith(output.after(seen))
    assert len(output.after(seen)) == min(max(0, len(everything) - seen), len(tail))


def test_of_a_trial_that_is_over_at_once_nothing_is_published() -> None:
    shelf = Shelf()
    with Tail(shelf, "r1-1") as tail:
        tail.hear(b"done\n")
    assert not shelf.published
    assert not shelf.cleared


def test_its_thread_ends_with_it() -> None:
    before = set(threading.enumerate())
    with Tail(Shelf(), "r1-1"):
        assert len(set(threading.enumerate()) - before) == 1
    assert set(threading.enumerate()) <= before
