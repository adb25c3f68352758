"""Verdicts, credit and claims, from plain records."""

from dataclasses import replace

import pytest

from rexlab.grading.records import ExperimentResult, Measurement, MetricValue, RunEnd, with_claims
from rexlab.store.models import Outcome

GOOD = MetricValue("main", "sum", 0, False, target=3, tolerance=0.5, observed=3.1, margin=0.4, passed=True)
WRONG = replace(GOOD, metric="mean", observed=9.0, margin=-5.5, passed=False, problem="outside the tolerance")
MISSING = replace(GOOD, metric="max", observed=None, margin=None, passed=False, problem="out.json is not there")


def result(
    name: str, *values: MetricValue, end: RunEnd = RunEnd.OK, detail: str = "", hidden: bool = False
) -> ExperimentResult:
    return ExperimentResult(name, hidden, end, detail, [replace(v, experiment=name) for v in values], 1.0, "")


def test_all_values_inside_is_a_pass() -> None:
    measured = Measurement([result("a", GOOD, GOOD), result("b", GOOD, hidden=True)])
    assert measured.passed
    assert measured.verdict() == (Outcome.PASSED, "all 3 values are within their tolerance")
    assert measured.credit == 1


def test_a_hidden_experiment_counts_like_any_other() -> None:
    measured = Measurement([result("a", GOOD), result("b", WRONG, hidden=True)])
    assert not measured.passed
    assert measured.verdict()[0] is Outcome.WRONG_RESULT


def test_a_wrong_value_is_told_with_what_was_expected() -> None:
    measured = Measurement([result("a", GOOD, WRONG), result("b", WRONG)])
    assert measured.verdict() == (
        Outcome.WRONG_RESULT,
        "2 of 3 values are off; first a, mean: 9 where 3 ± 0.5 is expected",
    )


CRASHED = result("crashes", MISSING, end=RunEnd.CRASHED, detail="exit code 1")
TIMED_OUT = result("hangs", MISSING, end=RunEnd.TIMEOUT, detail="it did not end within 5 s")
LACKING = result("lacks", MISSING)
OFF = result("errs", WRONG)
FINE = result("works", GOOD)


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ([FINE, OFF, LACKING, TIMED_OUT, CRASHED], (Outcome.EXPERIMENT_CRASHED, "crashes: exit code 1")),
        ([OFF, LACKING, TIMED_OUT], (Outcome.EXPERIMENT_TIMEOUT, "hangs: it did not end within 5 s")),
        ([OFF, LACKING, FINE], (Outcome.MISSING_RESULT, "lacks, max: out.json is not there")),
        ([FINE, OFF], (Outcome.WRONG_RESULT, "1 of 2 values are off; first errs, mean: 9 where 3 ± 0.5 is expected")),
    ],
)
def test_a_crash_outranks_a_timeout_that_a_missing_value_and_that_a_wrong_one(
    results: list[ExperimentResult], verdict: tuple[Outcome, str]
) -> None:
    assert Measurement(results).verdict() == verdict
    assert Measurement(results[::-1]).verdict() == verdict
    assert not Measurement(results).passed


def test_of_two_crashes_the_first_is_named() -> None:
    again = replace(CRASHED, name="again")
    assert Measurement([again, CRASHED]).verdict()[1] == "again: exit code 1"


@pytest.mark.parametrize("end", [RunEnd.CRASHED, RunEnd.TIMEOUT, RunEnd.CANCELLED])
def test_an_experiment_that_did_not_end_well_does_not_pass_whatever_its_values(end: RunEnd) -> None:
    assert not Measurement([result("a", GOOD, end=end)]).passed


def test_nothing_measured_is_no_pass() -> None:
    nothing = Measurement([])
    assert not nothing.passed
    assert nothing.credit == 0
    assert nothing.verdict() == (Outcome.MISSING_RESULT, "no experiment was run")


def test_credit_is_the_share_of_values_that_pass() -> None:
    assert Measurement([result("a", GOOD, WRONG), result("b", GOOD, MISSING)]).credit == 0.5
    assert Measurement([LACKING]).credit == 0
    assert Measurement([CRASHED, FINE, FINE, FINE]).credit == 0.75


def claimed(value: MetricValue, *numbers: float) -> tuple[float | None, bool | None]:
    (found,) = with_claims([value], {"main": {"sum": list(numbers)}})
    assert replace(found, claimed=None, claim=None) == value
    return found.claimed, found.claim


@pytest.mark.parametrize(
    ("claim", "holds"), [(3.1, True), (3.6, True), (2.6, True), (3.61, False), (2.5, False), (-3.1, False)]
)
def test_a_claim_holds_when_it_is_as_near_to_the_measured_value_as_the_check_allows(claim: float, holds: bool) -> None:
    assert claimed(GOOD, claim) == (claim, holds)


@pytest.mark.parametrize(("claim", "holds"), [(3.1, True), (3.13, True), (3.07, True), (3.14, False), (3.06, False)])
def test_a_rounded_claim_holds_within_one_percent_of_an_exact_value(claim: float, holds: bool) -> None:
    assert claimed(replace(GOOD, tolerance=0.0), claim) == (claim, holds)


def test_a_claim_about_a_wrong_value_is_measured_against_what_was_observed() -> None:
    wrong = replace(GOOD, observed=9.0, passed=False)
    assert claimed(wrong, 9.0) == (9.0, True)
    assert claimed(wrong, 3.0) == (3.0, False)


def test_a_claim_about_a_value_that_is_missing_does_not_hold() -> None:
    assert claimed(replace(GOOD, observed=None, passed=False), 3.0) == (3.0, False)


def test_a_value_without_a_claim_and_a_hidden_value_have_none() -> None:
    assert claimed(GOOD) == (None, None)
    assert claimed(replace(GOOD, hidden=True), 3.1) == (None, None)
    assert claimed(replace(GOOD, position=2), 3.1, 3.1) == (None, None)
    assert with_claims([GOOD], {}) == [GOOD]
    assert with_claims([GOOD], {"other": {"sum": [3.1]}, "main": {"mean": [3.1]}}) == [GOOD]


def test_claims_of_lists_are_matched_by_position() -> None:
    values = [replace(GOOD, position=p, observed=float(p)) for p in range(3)]
    found = with_claims(values, {"main": {"sum": [0.0, 5.0]}})
    assert [v.claim for v in found] == [True, False, None]
