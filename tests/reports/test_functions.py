"""Which functions fail, against a count trial by trial."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.trials import Made, columns

from rexlab.reports.document import Share
from rexlab.reports.functions import functions
from rexlab.reports.view import View


def test_the_worst_function_comes_first_with_what_it_failed_with():
    made = [
        Made("passed", functions=("f",)),
        Made("wrong_result", functions=("f", "g")),
        Made("wrong_result", functions=("f", "g"), attempt=2),
        Made("experiment_crashed", functions=("g", "h")),
        Made("infra_error", functions=("h",)),
        Made("infra_error", functions=("i",)),
        Made("passed", functions=("h",)),
    ]
    section = functions(View(columns(made)))
    assert [c.name for c in section.columns] == ["task", "function", "agent", "masked", "passed", "alone", "failures"]
    assert [row[1:] for row in section.rows] == [
        ["g", "react", 3, Share(0, 3), None, {"wrong_result": 2, "experiment_crashed": 1}],
        ["f", "react", 3, Share(1, 3), None, {"wrong_result": 2}],
        ["h", "react", 3, Share(1, 2), None, {"experiment_crashed": 1, "infra_error": 1}],
        ["i", "react", 1, Share(0, 0), None, {"infra_error": 1}],
    ]
    assert any("alone is empty" in note for note in section.notes)
    assert any("infrastructure" in note for note in section.notes)


def test_what_a_function_does_alone_ranks_before_the_trials_it_was_in():
    made = [
        Made("wrong_result", functions=("f", "g"), credits={"f": True, "g": False}),
        Made("wrong_result", functions=("f", "g"), credits={"f": True, "g": False}, attempt=2),
        Made("passed", functions=("g",), credits={"g": True}),
        Made("wrong_result", functions=("f",), attempt=3),
    ]
    section = functions(View(columns(made)))
    assert [(row[1], row[4], row[5]) for row in section.rows] == [
        ("g", Share(1, 3), Share(1, 3)),
        ("f", Share(0, 3), Share(2, 2)),
    ]
    assert not any("alone is empty" in note for note in section.notes)


def test_one_name_in_two_tasks_is_two_functions():
    made = [
        Made("passed", task="s/a", functions=("f",), credits={"f": True}),
        Made("wrong_result", task="s/b", functions=("f",), credits={"f": True}),
    ]
    rows = functions(View(columns(made))).rows
    assert [(row[0], row[3], row[4], row[5]) for row in rows] == [
        ("s/b", 1, Share(0, 1), Share(1, 1)),
        ("s/a", 1, Share(1, 1), Share(1, 1)),
    ]


def test_extensions_have_no_such_section_and_nothing_at_all_gives_no_row():
    assert functions(View(columns([Made(functions=())]))) is None
    nothing = functions(View(columns([])))
    assert (nothing.rows, nothing.notes) == ([], ["no trial has finished"])
    mixed = functions(View(columns([Made(functions=()), Made(functions=("f",))])))
    assert [row[1] for row in mixed.rows] == ["f"]


def test_trials_that_mask_nothing_give_no_row():
    bare = columns([Made()])
    bare.variants[0].functions, bare.variants[0].masks = [], 0
    section = functions(View(bare))
    assert (section.rows, section.notes) == ([], ["no trial with a masked function has finished"])


@st.composite
def trials(draw):
    names = draw(st.lists(st.sampled_from("fghi"), unique=True, max_size=4))
    judged = draw(st.booleans())
    return Made(
        draw(st.sampled_from(["passed", "wrong_result", "infra_error", "no_patch"])),
        agent=draw(st.sampled_from(["react", "aider m"])),
        task=draw(st.sampled_from(["s/a", "s/b"])),
        functions=tuple(sorted(names)),
        credits={name: draw(st.booleans()) for name in names} if judged else None,
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(trials(), max_size=25))
def test_counts_are_those_of_a_loop_over_trials(made):
    masked, passed, counted, judged, right = Counter(), Counter(), Counter(), Counter(), Counter()
    failures = {}
    for trial in made:
        for name in trial.functions:
            key = (trial.task, name, trial.agent)
            masked[key] += 1
            passed[key] += trial.outcome == "passed"
            counted[key] += trial.outcome != "infra_error"
            failures.setdefault(key, Counter()).update([trial.outcome] * (trial.outcome != "passed"))
            if trial.credits is not None:
                judged[key] += 1
                right[key] += trial.credits[name]
    section = functions(View(columns(made)))
    rows = {tuple(row[:3]): row[3:] for row in section.rows} if section else {}
    assert rows == {
        key: [
            masked[key],
            Share(passed[key], counted[key]),
            Share(right[key], judged[key]) if judged[key] else None,
            dict(failures[key]),
        ]
        for key in masked
    }
