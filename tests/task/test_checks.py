"""Checks say what passes, and by how much."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rexlab.task.checks import Check

ADAPTER: TypeAdapter[Check] = TypeAdapter(Check)

EVERY_KIND: list[dict[str, Any]] = [
    {"kind": "exact", "target": 5},
    {"kind": "absolute", "target": 5, "tolerance": 0.5},
    {"kind": "relative", "target": 5, "tolerance": 0.1},
    {"kind": "sigma", "mean": 5, "sd": 0.25, "k": 2},
    {"kind": "interval", "low": 4.5, "high": 5.5},
    {"kind": "greater", "bound": 4.5},
    {"kind": "less", "bound": 5.5},
]


def check(**keys: Any) -> Check:
    return ADAPTER.validate_python(keys)


@pytest.mark.parametrize(
    ("keys", "inside", "outside"),
    [
        ({"kind": "exact", "target": 5}, [5.0, 5], [5.000001, -5]),
        ({"kind": "absolute", "target": 5, "tolerance": 0.5}, [4.5, 5.5], [4.49, 5.51]),
        ({"kind": "relative", "target": -8, "tolerance": 0.25}, [-6, -10], [-5.99, -10.01, 8]),
        ({"kind": "sigma", "mean": 5, "sd": 0.25, "k": 2}, [4.5, 5.5], [4.49, 5.51]),
        ({"kind": "interval", "low": -1, "high": 3}, [-1, 0, 3], [-1.01, 3.01]),
        ({"kind": "greater", "bound": 2}, [2.01], [2, 1.99]),
        ({"kind": "less", "bound": 2}, [1.99], [2, 2.01]),
    ],
)
def test_values_at_the_edge_pass_and_values_beyond_do_not(
    keys: dict[str, Any], inside: list[float], outside: list[float]
) -> None:
    checked = check(**keys)
    target = checked.targets(1)[0]
    assert all(checked.passes(value, target) for value in inside)
    assert not any(checked.passes(value, target) for value in outside)


@pytest.mark.parametrize("keys", EVERY_KIND)
def test_nan_and_infinities_never_pass(keys: dict[str, Any]) -> None:
    checked = check(**keys)
    target = checked.targets(1)[0]
    assert not any(checked.passes(value, target) for value in (math.nan, math.inf, -math.inf))


@pytest.mark.parametrize("keys", EVERY_KIND)
@given(observed=st.floats(allow_nan=False, allow_infinity=False))
def test_a_value_passes_when_its_margin_is_not_negative(keys: dict[str, Any], observed: float) -> None:
    checked = check(**keys)
    target = checked.targets(1)[0]
    margin = checked.margin(observed, target)
    strict = keys["kind"] in {"greater", "less"}
    assert checked.passes(observed, target) == (margin > 0 if strict else margin >= 0)


def test_the_margin_is_the_distance_to_the_edge() -> None:
    assert check(kind="absolute", target=5, tolerance=0.5).margin(5.25, 5) == 0.25
    assert check(kind="relative", target=8, tolerance=0.25).margin(11, 8) == -1
    assert check(kind="interval", low=0, high=10).margin(9, 5) == 1
    assert check(kind="interval", low=0, high=10).margin(-2, 5) == -2
    assert check(kind="greater", bound=3).margin(5, 3) == 2
    assert check(kind="less", bound=3).margin(5, 3) == -2


def test_a_list_of_targets_is_kept_in_order_and_one_target_serves_all() -> None:
    assert check(kind="exact", target=[1, 2, 3]).targets(3) == [1, 2, 3]
    assert check(kind="absolute", target=2, tolerance=1).targets(3) == [2, 2, 2]
    assert check(kind="interval", low=1, high=2).targets(2) == [1.5, 1.5]
    assert check(kind="sigma", mean=7, sd=1, k=1).targets(2) == [7, 7]
    assert check(kind="less", bound=4).targets(2) == [4, 4]


def test_a_relative_tolerance_is_of_each_target() -> None:
    checked = check(kind="relative", target=[10, -1000], tolerance=0.01)
    assert [checked.tolerance_at(t) for t in checked.targets(2)] == [0.1, 10]


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "relative", "target": 0, "tolerance": 0.1},
        {"kind": "relative", "target": [1, -0.0], "tolerance": 0.1},
        {"kind": "relative", "target": 1, "tolerance": 1},
        {"kind": "relative", "target": 1, "tolerance": 0},
        {"kind": "absolute", "target": 1, "tolerance": 0},
        {"kind": "absolute", "target": 1, "tolerance": -1},
        {"kind": "absolute", "target": 1, "tolerance": math.inf},
        {"kind": "absolute", "target": 1},
        {"kind": "exact", "target": math.nan},
        {"kind": "exact", "target": [1, math.inf]},
        {"kind": "exact", "target": True},
        {"kind": "sigma", "mean": 0, "sd": 0, "k": 1},
        {"kind": "interval", "low": 2, "high": 1},
        {"kind": "interval", "low": 1, "high": math.nan},
        {"kind": "greater", "bound": 1, "target": 2},
        {"kind": "equal", "target": 1},
    ],
)
def test_a_check_that_could_not_tell_anything_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check(**keys)
