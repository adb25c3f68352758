"""The list of runs: what a filter leaves, what is asked again, what is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.support.stored import change, finish, plan_run, regrade, start

from rexlab.dashboard import runs
from rexlab.dashboard.runs import RunBook, RunFilter
from rexlab.errors import NotFoundError
from rexlab.store.database import open_engine
from rexlab.store.models import Outcome
from rexlab.store.progress import Progress, progress_of
from rexlab.store.records import cancel_queued, queue_retries


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'rexlab.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the runs that were read from the store, one after the other."""
    ids: list[str] = []

    def reading(engine: Engine, run_ids: list[str]) -> dict[str, Progress]:
        ids.extend(run_ids)
        return progress_of(engine, run_ids)

    monkeypatch.setattr(runs, "progress_of", reading)
    return ids


def ids_of(book: RunBook, text: str = "", *statuses: str) -> list[str]:
    return [line.run.id for line in book.page(RunFilter(text, statuses), offset=0, limit=50).lines]


def four_runs(engine: Engine) -> None:
    """Of every status one, the finished one the oldest."""
    for trial in plan_run(engine, "r1", 2, created_at=1.0):
        finish(engine, trial)
    plan_run(engine, "r2", 2, created_at=2.0)
    start(engine, plan_run(engine, "r3", 2, created_at=3.0)[0])
    plan_run(engine, "r4", 2, created_at=4.0)
    cancel_queued(engine, "r4")


def test_the_newest_run_is_first_and_pages_follow_one_another(engine: Engine) -> None:
    for number in range(5):
        plan_run(engine, f"r{number}", 1, created_at=float(number))
    book = RunBook(engine)
    pages = [book.page(RunFilter(), offset=offset, limit=2) for offset in (0, 2, 4, 6)]
    assert [[line.run.id for line in page.lines] for page in pages] == [["r4", "r3"], ["r2", "r1"], ["r0"], []]
    assert {(page.found, page.total, page.busy) for page in pages} == {(5, 5, 0)}


def test_each_status_leaves_its_run_and_says_the_same_as_the_line(engine: Engine) -> None:
    four_runs(engine)
    book = RunBook(engine)
    wanted = {"finished": ["r1"], "unfinished": ["r2"], "running": ["r3"], "cancelled": ["r4"]}
    assert {status: ids_of(book, "", status) for status in runs.STATUSES} == wanted
    lines = book.page(RunFilter(), offset=0, limit=9).lines
    assert {line.status: [line.run.id] for line in lines} == wanted
    assert ids_of(book, "", "running", "cancelled") == ["r4", "r3"]
    assert book.page(RunFilter("", ("finished",)), offset=0, limit=9).busy == 1


def test_a_run_whose_workers_are_dead_is_unfinished_in_the_filter_too(engine: Engine) -> None:
    trial, _ = plan_run(engine, "r1", 2)
    start(engine, trial)
    change(engine, trial, lease_expires=1.0)
    book = RunBook(engine)
    assert ids_of(book, "", "unfinished") == ["r1"]
    assert ids_of(book, "", "running") == []


def test_every_word_must_stand_somewhere_in_the_runs_description(engine: Engine) -> None:
    plan_run(engine, "r1-ab", 1, name="Baseline 100%", tasks=["classic/deis"], models=["openai/gpt"], created_at=2.0)
    plan_run(engine, "r2-cd", 1, name="other", tasks=["extension/lion"], agents=["react"], created_at=1.0)
    book = RunBook(engine)
    found = {
        text: ids_of(book, text)
        for text in ("", "  ", "baseline", "DEIS gpt", "deis react", "r2", "react", "%", "masks", "_")
    }
    assert found == {
        "": ["r1-ab", "r2-cd"],
        "  ": ["r1-ab", "r2-cd"],
        "baseline": ["r1-ab"],
        "DEIS gpt": ["r1-ab"],
        "deis react": [],
        "r2": ["r2-cd"],
        "react": ["r2-cd"],
        "%": ["r1-ab"],
        "masks": [],
        "_": [],
    }


def test_a_finished_run_is_read_once_until_something_of_it_changes(engine: Engine, asked: list[str]) -> None:
    good, bad = plan_run(engine, "r1", 2)
    finish(engine, good)
    finish(engine, bad, Outcome.INFRA_ERROR)
    book = RunBook(engine)
    for _ in range(3):
        assert book.find("r1").summary.outcomes[Outcome.PASSED] == 1
    assert asked == ["r1"]
    regrade(engine, good, Outcome.WRONG_RESULT)
    assert book.find("r1").summary.outcomes[Outcome.WRONG_RESULT] == 1
    assert asked == ["r1", "r1"]
    queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    assert book.find("r1").left == 1


def test_an_unfinished_run_is_read_every_time(engine: Engine, asked: list[str]) -> None:
    first, _ = plan_run(engine, "r1", 2)
    book = RunBook(engine)
    assert book.find("r1").summary.queued == 2
    start(engine, first)  # raises no revision
    assert (book.find("r1").summary.queued, book.find("r1").at_work) == (1, 1)
    assert asked == ["r1"] * 3


def test_a_page_reads_runs_at_work_once_and_finished_ones_not_again(engine: Engine, asked: list[str]) -> None:
    four_runs(engine)
    book = RunBook(engine)
    book.page(RunFilter(), offset=0, limit=9)
    assert sorted(asked) == ["r1", "r2", "r3", "r4"]
    asked.clear()
    book.page(RunFilter(), offset=0, limit=9)
    assert sorted(asked) == ["r2", "r3"]


def test_new_runs_and_cancelled_ones_are_seen(engine: Engine) -> None:
    plan_run(engine, "r1", 1, created_at=1.0)
    book = RunBook(engine)
    assert ids_of(book) == ["r1"]
    plan_run(engine, "r2", 1, created_at=2.0)
    assert ids_of(book) == ["r2", "r1"]
    cancel_queued(engine, "r1")
    assert ids_of(book, "", "cancelled") == ["r1"]


def test_a_run_that_is_not_there_is_told(engine: Engine) -> None:
    plan_run(engine, "r1-abc", 1)
    with pytest.raises(NotFoundError, match="there is no run 'r1'"):
        RunBook(engine).find("r1")  # a beginning is for the command line
