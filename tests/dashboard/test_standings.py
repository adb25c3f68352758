"""The leaderboard's filters: what can be chosen, what a choice leaves, and that the store is asked for the same."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from tests.support.trials import Made, columns

from rexlab.dashboard.standings import COUNTED, Choice, Choices, choices, select, trials_of
from rexlab.reports.leaderboard import leaderboard
from rexlab.reports.view import View
from rexlab.store.models import Outcome
from rexlab.store.pages import TrialFilter


def noon(day: int) -> float:
    """Of this day in March 2026."""
    return datetime(2026, 3, day, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def view() -> View:
    return View(
        columns(
            [
                Made(agent="react gpt", task="classic/one", ended=noon(1)),
                Made(agent="react gpt", task="classic/two", functions=("f", "g"), ended=noon(2), outcome="no_patch"),
                Made(agent="react llama", task="classic/one", ended=noon(3)),
                Made(agent="oracle", task="classic/one", ended=noon(4)),
                Made(
                    agent="aider script", task="extension/x", functions=(), hint="hints", ended=noon(5), simulated=True
                ),
            ]
        )
    )


def left(view: View, **chosen: Any) -> list[str]:
    """Days on which the trials ended that the choice leaves: in the fixture, each has its own."""
    return [datetime.fromtimestamp(at, UTC).strftime("%-d") for at in select(view, Choice(**chosen)).trials.ended]


def test_only_what_some_trial_has_can_be_chosen(view: View) -> None:
    assert choices(view) == Choices(
        suites=("classic", "extension"),
        tasks=("classic/one", "classic/two", "extension/x"),
        masks=(1, 2),
        hints=("hints",),
        harnesses=("aider", "oracle", "react"),
        models=("gpt", "llama", "script"),
        marked=True,
        first_day=date(2026, 3, 1),
        last_day=date(2026, 3, 5),
    )
    rest = choices(view.pick(np.array([False, False, True, False, False])))
    assert (rest.tasks, rest.masks, rest.hints, rest.models) == (("classic/one",), (1,), (), ("llama",))
    assert not rest.marked


def test_without_a_trial_there_is_nothing_to_choose() -> None:
    assert choices(View(columns([]))) == Choices((), (), (), (), (), (), False, None, None)


@pytest.mark.parametrize(
    ("chosen", "days"),
    [
        ({}, "12345"),
        ({"suites": ("classic",)}, "1234"),
        ({"tasks": ("classic/two", "extension/x")}, "25"),
        ({"masks": (1,)}, "134"),
        ({"masks": (0,)}, ""),
        ({"hints": ("hints",)}, "5"),
        ({"hints": ("default",)}, ""),
        ({"harnesses": ("react", "oracle")}, "1234"),
        ({"models": ("gpt",)}, "12"),
        ({"models": ("gpt",), "tasks": ("classic/one",)}, "1"),
        ({"first_day": date(2026, 3, 2)}, "2345"),
        ({"last_day": date(2026, 3, 2)}, "12"),
        ({"first_day": date(2026, 3, 3), "last_day": date(2026, 3, 3)}, "3"),
        ({"first_day": date(2026, 3, 4), "last_day": date(2026, 3, 3)}, ""),
        ({"last_day": date.max}, "12345"),
        ({"hide_marked": True}, "123"),
    ],
)
def test_a_choice_leaves_what_it_says(view: View, chosen: dict[str, Any], days: str) -> None:
    assert left(view, **chosen) == list(days)


@pytest.mark.parametrize(("at", "inside"), [(-1.0, False), (0.0, True), (86_399.0, True), (86_400.0, False)])
def test_a_day_goes_from_midnight_to_midnight(at: float, inside: bool) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
    day = View(columns([Made(ended=midnight + at)]))
    assert bool(left(day, first_day=date(2026, 3, 2), last_day=date(2026, 3, 2))) is inside


def test_no_choice_leaves_the_very_view_that_the_command_ranks(view: View) -> None:
    assert select(view, Choice()) is view
    assert leaderboard(select(view, Choice(suites=("classic", "extension")))).rows == leaderboard(view).rows


def test_the_store_is_asked_for_the_same_trials_of_one_agent() -> None:
    chosen = Choice(
        suites=("classic",),
        tasks=("classic/one",),
        masks=(1, 2),
        hints=("hints",),
        harnesses=("react",),
        models=("gpt",),
        first_day=date(2026, 3, 2),
        last_day=date(2026, 3, 4),
        hide_marked=True,
    )
    midnight = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
    assert trials_of(chosen, "a1") == TrialFilter(
        agents=("a1",),
        suites=("classic",),
        tasks=("classic/one",),
        masks=(1, 2),
        hints=("hints",),
        outcomes=COUNTED,
        ended_from=midnight,
        ended_before=midnight + 3 * 86_400,
    )
    assert trials_of(replace(chosen, last_day=None), "a1").ended_before is None


def test_what_a_person_ended_counts_nowhere() -> None:
    assert set(Outcome) - set(COUNTED) == {Outcome.CANCELLED}
