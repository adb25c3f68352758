"""An agent's claims are read strictly, and judged as the checks would judge measured numbers."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.grading.claims import claim_passes, count_claimed, parse_claims
from rexlab.grading.collect import CollectError
from rexlab.task.manifest import ExperimentSection

ABSOLUTE = {"kind": "absolute", "target": [1.0, 2.0], "tolerance": 0.25}
INTERVAL = {"kind": "interval", "low": 1.0, "high": 3.0}
GREATER = {"kind": "greater", "bound": 5.0}


def experiment(
    name: str, *checks: dict[str, Any], hidden: bool = False, count: int = 2, seeds: list[int] | None = None
) -> ExperimentSection:
    return ExperimentSection.model_validate(
        {
            "name": name,
            "command": "true {seed}" if seeds else "true",
            "hidden": hidden,
            **({"seeds": seeds} if seeds else {}),
            "metric": [
                {"name": f"m{i}", "source": {"file": "o.json", "pointer": "/x"}, "count": count, "check": check}
                for i, check in enumerate(checks)
            ],
        }
    )


# reading


def test_numbers_and_lists_of_numbers_are_read_as_lists() -> None:
    assert parse_claims(b'{"main": {"a": 1, "b": [0.5, -2]}, "other": {}}') == {
        "main": {"a": [1.0], "b": [0.5, -2.0]},
        "other": {},
    }
    assert parse_claims(b'{"main": {"a": [[1, 2], [3]]}}') == {"main": {"a": [1.0, 2.0, 3.0]}}  # in order
    assert parse_claims(b"{}") == {}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "it is not JSON"),
        (b"[1]", "it is not an object of objects"),
        (b"3", "it is not an object of objects"),
        (b"null", "it is not an object of objects"),
        (b'{"main": 3}', "it is not an object of objects"),
        (b'{"main": {"a": 1}, "other": [1]}', "it is not an object of objects"),
        (b'{"main": {"a": NaN}}', "NaN is not JSON"),
        (b'{"main": {"a": 1e999}}', "a number is too large"),
        (b'{"main": {"a": 1, "a": 2}}', "an object has the same key twice"),
        (b"\xff", "it is not UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_anything_else_is_refused_in_words(data: bytes, problem: str) -> None:
    with pytest.raises(CollectError, match=f"^{problem}"):
        parse_claims(data)


@pytest.mark.parametrize("value", ['"1"', "true", "null", '{"x": 1}', '["1"]', "[null]", "[true]"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(CollectError):
        parse_claims(f'{{"main": {{"a": {value}}}}}'.encode())


# judging


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({}, 0),
        ({"main": {}}, 0),
        ({"main": {"m0": [1.0, 2.0], "m1": [2.0, 2.0]}}, 4),
        ({"main": {"m0": [1.25, 1.75], "m1": [1.0, 3.0]}}, 4),  # at the edges of what passes
        ({"main": {"m0": [1.26, 2.0], "m1": [2.0, 3.1]}}, 2),
        ({"main": {"m0": [2.0, 1.0]}}, 0),  # the right numbers at the wrong places
        ({"main": {"m0": [1.0], "m1": [2.0]}}, 2),  # the rest is not claimed
        ({"main": {"m0": [1.0, 2.0, 9.0, 9.0]}}, 2),  # more than there are: the rest stands for nothing
        ({"other": {"m0": [1.0, 2.0]}}, 0),
        ({"main": {"m7": [1.0, 2.0]}}, 0),
    ],
)
def test_claims_are_counted_value_by_value(claims: dict[str, Any], good: int) -> None:
    experiments = [experiment("main", ABSOLUTE, INTERVAL)]
    assert count_claimed(experiments, claims) == (4, good)
    assert claim_passes(experiments, claims) is (good == 4)


def test_one_sided_checks_judge_claims_too() -> None:
    experiments = [experiment("main", GREATER, count=1)]
    assert [claim_passes(experiments, {"main": {"m0": [value]}}) for value in (4.0, 5.0, 5.5)] == [False, False, True]


def test_hidden_experiments_are_neither_asked_for_nor_counted() -> None:
    shown, hidden = experiment("shown", ABSOLUTE), experiment("kept", ABSOLUTE, hidden=True)
    claims = {"kept": {"m0": [1.0, 2.0]}}
    assert count_claimed([shown, hidden], claims) == (2, 0)
    assert count_claimed([hidden], claims) == (0, 0)
    assert claim_passes([hidden], claims) is None
    assert claim_passes([], {}) is None
    assert claim_passes([shown, hidden], {"shown": {"m0": [1.0, 2.0]}}) is True


def test_every_seed_of_an_experiment_has_its_values() -> None:
    seeded = experiment("main", {**ABSOLUTE, "target": 1.0}, count=1, seeds=[1, 2, 3])
    assert count_claimed([seeded], {"main": {"m0": [1.0, 1.25, 1.5]}}) == (3, 2)
    assert claim_passes([seeded], {"main": {"m0": [1.0, 1.25, 0.75]}}) is True


@given(st.lists(st.floats(), max_size=3), st.lists(st.floats(), max_size=3))
def test_the_count_is_that_of_the_checks(first: list[float], second: list[float]) -> None:
    wanted = sum(math.isfinite(v) and abs(v - t) <= 0.25 for v, t in zip(first, (1.0, 2.0), strict=False))
    wanted += sum(math.isfinite(v) and 1.0 <= v <= 3.0 for v in second[:2])
    claims = {"main": {"m0": first, "m1": second}}
    assert count_claimed([experiment("main", ABSOLUTE, INTERVAL)], claims) == (4, wanted)
