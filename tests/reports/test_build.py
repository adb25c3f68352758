"""A report is put together whatever its trials are, and says what they are not."""

import json
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.trials import Made, columns

from rexlab import __version__
from rexlab.errors import InputError
from rexlab.reports.build import DEFAULT_BY, build_report
from rexlab.reports.document import Estimate, Report, Section, Share
from rexlab.store.models import Outcome

NAMES = {
    "success",
    "outcomes",
    "tasks",
    "difficulty",
    "difficulty_fit",
    "functions",
    "attempts",
    "autoexperiment",
    "rexbench",
    "cost",
    "time_to_success",
    "resampling",
    "refinement",
    "comparisons",
    "claims",
    "benchmark",
}
SELECTION = {
    "kind": "best-of-n",
    "n": 2,
    "verifier": "visible",
    "attempts": [
        {"attempt": 1, "score": 0.5, "agent_outcome": None},
        {"attempt": 2, "score": 1.0, "agent_outcome": None},
    ],
    "chosen": 2,
    "stopped": "",
}
COMMAND = "rexlab report r1 --format html"


def report(rows: list[Made], *by: str, planned: int | None = None) -> Report:
    return build_report(columns(rows, planned), by or DEFAULT_BY)


def assert_whole(made: Report) -> None:
    """Every row fits its columns, and no number is NaN; one that is missing has a reason or a note."""
    for section in made.sections:
        names = [column.name for column in section.columns]
        assert len(set(names)) == len(names), section.name
        for row in section.rows:
            assert len(row) == len(names), section.name
            for name, cell in zip(names, row, strict=True):
                assert_cell(section, name, cell)
        for record in section.records():
            json.dumps(record, allow_nan=False)
        for curve in section.series:
            json.dumps([curve.x, curve.y, curve.low, curve.high], allow_nan=False)


def assert_cell(section: Section, name: str, cell: object) -> None:
    where = f"{section.name}, {name}: {cell}"
    if isinstance(cell, Estimate):
        for value in (cell.value, cell.low, cell.high, cell.error):
            assert value is None or value == value, where
        assert cell.value is not None or cell.reason or section.notes, where
    elif isinstance(cell, Share):
        assert 0 <= cell.successes <= cell.trials, where
    elif isinstance(cell, float):
        assert cell == cell, where
    elif cell is None:
        assert section.notes, where


def many() -> list[Made]:
    """Trials of everything that a section speaks of."""
    agents = ("react gpt", "aider claude", "oracle", "mutant")
    tasks = (("s/a", "p"), ("s/b", "p"), ("s/c", "q"), ("s/d", "r"))
    rows = []
    for i, (agent, (task, paper), n, attempt) in enumerate(product(agents, tasks, (1, 2), (1, 2, 3))):
        functions = tuple(f"a.py:f{k}" for k in range(n))
        good = i * 7 % 10 < (9 if agent in ("oracle", "mutant") else 5)
        model = agent.startswith(("react", "aider"))
        rows.append(
            Made(
                "passed" if good else ("infra_error" if i % 11 == 0 else "wrong_result"),
                agent=agent,
                task=task,
                paper=paper,
                functions=functions,
                attempt=attempt,
                credit=1.0 if good else 0.5,
                flags=() if good else ("false_claim",),
                credits=dict.fromkeys(functions, good),
                mutated={functions[0]: "line 1"} if agent == "mutant" and not good else None,
                selection=SELECTION if agent == "aider claude" else None,
                visible=int(good or i % 3 == 0),
                claim=int(i % 2),
                claims_made=4,
                claims_held=4 if good else 1,
                calls=i if model else None,
                tokens=100 * i if model else 0,
                cost=0.01 * i,
                solving=1.0 + i,
                wall=3.0 + i,
                ended=float(i),
                gpus=1,
            )
        )
    return rows


def test_a_report_of_everything_has_every_section_and_no_gap() -> None:
    extensions = [Made("passed", task=f"x/{i}", functions=(), file_recall=0.5, attempt=i % 2 + 1) for i in range(6)]
    made = report(many() + extensions)
    assert {section.name for section in made.sections} == NAMES
    assert made.sections[0].name == "success"
    assert_whole(made)
    assert all(section.rows for section in made.sections if section.name != "refinement")


made_trials = st.builds(
    Made,
    outcome=st.sampled_from([o for o in Outcome if o is not Outcome.CANCELLED]),
    agent=st.sampled_from(["react gpt", "react claude", "oracle", "mutant", "noop"]),
    task=st.sampled_from(["s/a", "s/b", "t/c"]),
    functions=st.sampled_from([(), ("a.py:f",), ("a.py:f", "a.py:g"), ("a.py:f", "a.py:g", "a.py:h")]),
    hint=st.sampled_from(["default", "none"]),
    attempt=st.integers(1, 3),
    credits=st.sampled_from([None, {"a.py:f": True}, {"a.py:f": False, "a.py:g": True}]),
    mutated=st.sampled_from([None, {"a.py:f": "line 1"}]),
    selection=st.sampled_from([None, SELECTION]),
    visible=st.sampled_from([-1, 0, 1]),
    claim=st.sampled_from([-1, 0, 1]),
    claims_made=st.integers(1, 2),
    claims_held=st.integers(0, 1),
    file_recall=st.sampled_from([float("nan"), 0.5]),
    calls=st.none() | st.integers(0, 3),
    tokens=st.integers(0, 9),
    cost=st.sampled_from([float("nan"), 0.0, 0.5]),
    solving=st.sampled_from([float("nan"), 0.0, 2.0]),
    wall=st.sampled_from([float("nan"), 0.0, 2.0]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(made_trials, max_size=14))
def test_whatever_the_trials_are_no_number_is_without_a_reason(rows: list[Made]) -> None:
    assert_whole(report(rows))


def test_nothing_finished_is_said() -> None:
    made = report([], planned=12)
    assert made.notes == ["nothing has finished yet: 12 trials are planned"]
    assert made.sections[0].rows == []
    assert_whole(made)


def test_what_is_not_finished_is_said() -> None:
    rows = [Made(task="s/a"), Made(task="s/b")]
    assert report(rows, planned=5).notes == ["3 of 5 trials are not finished or were cancelled"]
    assert report(rows).notes == []


def test_one_task_is_said() -> None:
    assert report([Made(task="s/a"), Made("no_patch", task="s/a")]).notes == [
        "there is one task, s/a: nothing here can be said of other tasks"
    ]


def test_mixed_suites_are_said_unless_they_are_told_apart() -> None:
    rows = [Made(task="s/a"), Made(task="t/b")]
    mixed = "s and t are pooled, and their tasks differ in kind; --by suite,agent separates them"
    assert report(rows).notes == [mixed]
    assert [report(rows, key).notes for key in ("suite", "task", "paper")] == [[], [], []]
    assert report(rows, "agent").notes == [mixed]


def test_a_report_says_what_makes_it_again() -> None:
    made = build_report(columns([Made(run="r1"), Made(run="r2")], 3), command=COMMAND)
    assert made.title == "rexlab report of r1, r2"
    assert dict(made.facts) == {
        "runs": "r1, r2",
        "trials": "2 of 3",
        "digest of r1": "d",
        "digest of r2": "d",
        "rexlab": __version__,
        "command": COMMAND,
    }
    assert "command" not in dict(report([Made()]).facts)


def test_the_main_table_is_by_what_is_asked_for_and_can_stand_alone() -> None:
    rows = [Made(agent="react gpt", task="s/a"), Made(agent="noop", task="s/b")]
    table = build_report(columns(rows), ["task", "harness"], main_only=True)
    assert [section.name for section in table.sections] == ["success"]
    assert [row[:2] for row in table.sections[0].rows] == [["s/a", "react"], ["s/b", "noop"]]
    with pytest.raises(InputError, match="--by colour"):
        build_report(columns(rows), ["colour"])
