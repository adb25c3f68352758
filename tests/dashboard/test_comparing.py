"""Who can be compared with whom, what that says per task, and where two agents differ; the numbers by hand."""

import pytest
from tests.support.trials import Made, columns

from rexlab.dashboard.comparing import (
    Party,
    agents_to_compare,
    compare_parties,
    differences,
    differing,
    first_choice,
    per_task,
    read_party,
    runs_to_compare,
    words,
)
from rexlab.errors import InputError, NotFoundError
from rexlab.reports.view import View
from rexlab.store.models import Outcome


def made(agent: str, run: str, outcomes: str, task: str = "classic/one") -> list[Made]:
    """Trials of one variant: ``p`` passed, ``w`` wrong, ``i`` an infrastructure error."""
    known = {"p": "passed", "w": "wrong_result", "i": "infra_error"}
    return [
        Made(outcome=known[letter], agent=agent, run=run, task=task, attempt=n) for n, letter in enumerate(outcomes, 1)
    ]


@pytest.fixture
def view() -> View:
    """``strong`` and ``weak`` in r1 on two tasks, ``weak`` and ``other`` in r2 on the first of them."""
    rows = [
        *made("strong", "r1", "pppw"),
        *made("strong", "r1", "wp", "classic/two"),
        *made("weak", "r1", "pwwp"),
        *made("weak", "r1", "wp", "classic/two"),
        *made("weak", "r2", "ppw"),
        *made("other", "r2", "wwi"),
    ]
    columned = columns(rows)
    for created, run in enumerate(columned.runs):
        run.created_at = float(created)
    return View(columned)


def rows_of(view: View, a: Party, b: Party) -> dict[tuple[str, str], tuple[int, int, int]]:
    """By the two names: pairs, those that A alone passed, those that B alone passed."""
    compared = compare_parties(view, a, b).compared
    return {(c.a, c.b): (c.found.pairs, c.found.only_a, c.found.only_b) for c in compared}


def test_the_agents_of_one_run_are_compared_each_two_once(view: View) -> None:
    assert rows_of(view, Party("r1"), Party("r1")) == {("strong", "weak"): (6, 2, 1)}


def test_the_agents_of_two_runs_are_compared_also_with_themselves(view: View) -> None:
    found = rows_of(view, Party("r1"), Party("r2"))
    assert found == {
        ("strong", "other"): (2, 2, 0),
        ("strong", "weak"): (3, 1, 0),
        ("weak", "other"): (2, 1, 0),
        ("weak", "weak"): (3, 0, 1),
    }
    notes = compare_parties(view, Party("r1"), Party("r2")).section.notes
    assert "weak is the same agent in both runs: only chance lies between its trials" in notes


def test_two_agents_are_compared_over_all_runs_or_inside_one(view: View) -> None:
    assert rows_of(view, Party(agent="strong"), Party(agent="weak")) == {("strong", "weak"): (6, 2, 1)}
    assert rows_of(view, Party("r2", "weak"), Party("r2", "other")) == {("weak", "other"): (2, 2, 0)}
    assert rows_of(view, Party("r1", "weak"), Party("r2", "weak")) == {("weak", "weak"): (3, 0, 1)}


def test_an_agent_is_not_compared_with_itself_on_the_same_trials(view: View) -> None:
    """``weak`` over all runs has the trials of ``weak`` in r2."""
    assert rows_of(view, Party("r2"), Party(agent="weak")) == {("other", "weak"): (2, 0, 1)}
    with pytest.raises(InputError, match="weak in run r2 and weak are the same trials: choose another"):
        compare_parties(view, Party("r2", "weak"), Party(agent="weak"))


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (Party("r9"), Party("r1"), "run r9 has no finished trial to compare; `rexlab runs resume r9` goes on"),
        (Party("r3"), Party("r3"), "run r3 has one agent only, far: name another run to compare it with"),
        (Party("r1"), Party("r3"), "no agents of r1 and r3 finished a variant and attempt that they share; plan both"),
        (Party("r1", "weak"), Party("r3"), "weak in run r1 and run r3 finished no variant and attempt that they share"),
        (Party("r4"), Party("r2"), "in every pair that agents of r4 and r2 share, 4 in all, an infrastructure error"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_sentence(a: Party, b: Party, said: str) -> None:
    rows = [
        *made("weak", "r1", "p"),
        *made("weak", "r2", "pp"),
        *made("other", "r2", "ww"),
        *made("far", "r3", "p", "classic/far"),
        *made("broken", "r4", "ii"),
    ]
    with pytest.raises(InputError) as error:
        compare_parties(View(columns(rows)), a, b)
    assert str(error.value).startswith(said)


def test_per_task_says_who_passed_more_of_its_pairs(view: View) -> None:
    (compared,) = compare_parties(view, Party("r1"), Party("r1")).compared
    records = [list(record.values()) for record in per_task(view, compared.pairs).records()]
    assert records == [["classic/one", "A", 3, 4, 2, 4, 2, 1], ["classic/two", "tie", 1, 2, 1, 2, 0, 0]]
    (turned,) = compare_parties(view, Party("r1", "weak"), Party("r1", "strong")).compared
    assert [row[1] for row in per_task(view, turned.pairs).rows] == ["B", "tie"]


def test_where_they_differ_one_alone_passed(view: View) -> None:
    (compared,) = compare_parties(view, Party("r1"), Party("r1")).compared
    found = differences(view, compared.pairs, differing(view, compared.pairs))
    assert [(d.task, d.attempt, d.outcome_a, d.outcome_b) for d in found] == [
        ("classic/one", 2, Outcome.PASSED, Outcome.WRONG_RESULT),
        ("classic/one", 3, Outcome.PASSED, Outcome.WRONG_RESULT),
        ("classic/one", 4, Outcome.WRONG_RESULT, Outcome.PASSED),
    ]
    assert (found[0].place_a.run, found[0].place_a.agent, found[0].place_a.attempt) == ("r1", "strong", 2)
    assert found[0].place_b == found[0].place_a._replace(agent="weak")


def test_differences_come_task_by_task_and_with_what_was_shown() -> None:
    def two(task: str, hint: str) -> list[Made]:
        return [
            Made(outcome=outcome, agent=agent, task=task, functions=(), hint=hint)
            for agent, outcome in (("strong", "passed"), ("weak", "no_patch"))
        ]

    view = View(columns([*two("x/b", "default"), *two("x/c", "default"), *two("x/a", "hints"), *two("x/b", "hints")]))
    (compared,) = compare_parties(view, Party("r1"), Party("r1")).compared
    found = differences(view, compared.pairs, differing(view, compared.pairs))
    assert [(d.task, d.shown) for d in found] == [("x/a", "hints"), ("x/b", ""), ("x/b", "hints"), ("x/c", "")]


def test_pairs_left_out_do_not_shift_which_trials_differ() -> None:
    """The first pair has an infrastructure error and does not count; the trials named are those of the second."""
    view = View(columns([*made("strong", "r1", "ip"), *made("weak", "r1", "pw")]))
    (compared,) = compare_parties(view, Party("r1"), Party("r1")).compared
    (found,) = differences(view, compared.pairs, differing(view, compared.pairs))
    assert (found.attempt, found.outcome_a, found.outcome_b) == (2, Outcome.PASSED, Outcome.WRONG_RESULT)


@pytest.mark.parametrize("party", [Party("r1"), Party(agent="weak"), Party("r2", "weak")])
def test_a_party_is_read_from_its_own_text(view: View, party: Party) -> None:
    assert read_party(view, party.text) == party


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("r9", "there is no run 'r9'"),
        ("r1~nobody", "no finished trial is of an agent 'nobody'"),
        ("~nobody", "no finished trial is of an agent 'nobody'"),
        ("", "neither a run nor an agent"),
        ("~", "neither a run nor an agent"),
    ],
)
def test_a_text_that_names_nobody_is_told(view: View, text: str, said: str) -> None:
    with pytest.raises(NotFoundError, match=said):
        read_party(view, text)


def test_runs_come_newest_first_and_agents_by_name(view: View) -> None:
    assert [run.id for run in runs_to_compare(view)] == ["r2", "r1"]
    assert list(agents_to_compare(view, None).values()) == ["other", "strong", "weak"]
    assert list(agents_to_compare(view, "r2")) == ["other", "weak"]
    assert [words(view, p) for p in (Party("r1"), Party(agent="weak"), Party("r1", "weak"))] == [
        "run r1",
        "weak",
        "weak in run r1",
    ]


def test_the_newest_run_with_two_agents_is_shown_first(view: View) -> None:
    assert first_choice(view) == (Party("r2"), Party("r2"))
    alone = View(columns([*made("a", "r1", "p"), *made("b", "r1", "p"), *made("a", "r2", "p")]))
    assert first_choice(alone) == (Party("r1"), Party("r1"))
    assert first_choice(View(columns(made("a", "r1", "p")))) is None
    assert first_choice(View(columns([]))) is None
