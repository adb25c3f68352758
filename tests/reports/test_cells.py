"""Cells in words."""

# ruff: noqa: RUF001 - what reports write has dashes and minus signs

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.reports.cells import duration, one_line, show
from rexlab.reports.document import Estimate, Kind, Share

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("cell", "kind", "words"),
    [
        (None, Kind.PERCENT, "-"),
        (NAN, Kind.NUMBER, "-"),
        ("react gpt", Kind.TEXT, "react gpt"),
        (3, Kind.TEXT, "3"),
        (1234, Kind.COUNT, "1,234"),
        (1234.0, Kind.COUNT, "1,234"),
        (Share(12, 60), Kind.SHARE, "12/60"),
        (Share(1200, 6000), Kind.SHARE, "1,200/6,000"),
        (True, Kind.FLAG, "yes"),
        (False, Kind.FLAG, "no"),
        ({"wrong_result": 5, "passed": 7}, Kind.COUNTS, "passed 7, wrong_result 5"),
        ({}, Kind.COUNTS, "-"),
        (0.353, Kind.PERCENT, "35.3 %"),
        (0.0, Kind.PERCENT, "0 %"),
        (1.0, Kind.PERCENT, "100 %"),
        (0.9999, Kind.PERCENT, "100.0 %"),
        (0.032, Kind.POINTS, "+3.2 points"),
        (-0.0001, Kind.POINTS, "0.0 points"),
        (-0.1, Kind.POINTS, "−10.0 points"),
        (1 / 3, Kind.NUMBER, "0.3333"),
        (-12345.6, Kind.NUMBER, "−12,346"),
        (999.96, Kind.NUMBER, "1,000"),
        (2.0, Kind.NUMBER, "2"),
        (0.0, Kind.NUMBER, "0"),
        (0.0000123, Kind.NUMBER, "1.23e−05"),
        (INF, Kind.NUMBER, "∞"),
        (-INF, Kind.NUMBER, "−∞"),
        (0.417, Kind.SECONDS, "0.42 s"),
        (12.34, Kind.SECONDS, "12.3 s"),
        (245, Kind.SECONDS, "4 min 05 s"),
        (7800, Kind.SECONDS, "2 h 10 min"),
        (0, Kind.USD, "0.00"),
        (1234.567, Kind.USD, "1,234.57"),
        (0.00123456, Kind.USD, "0.00123"),
        (0.00005, Kind.USD, "0.0000500"),
        (1e-9, Kind.USD, "1.00e−09"),
        (0.042, Kind.P_VALUE, "0.042"),
        (0.0009, Kind.P_VALUE, "<0.001"),
        (1, Kind.P_VALUE, "1.000"),
    ],
)
def test_a_cell_in_words(cell, kind, words):
    assert show(cell, kind) == words


@pytest.mark.parametrize(
    ("estimate", "kind", "words"),
    [
        (Estimate(0.353, 0.28, 0.43), Kind.PERCENT, "35.3 % [28–43]"),
        (Estimate(0.0, 0.0, 0.24), Kind.PERCENT, "0 % [0–24]"),
        (Estimate(1.0, 0.76, 1.0, error=0.1), Kind.PERCENT, "100 % [76–100]"),
        (Estimate(0.4, error=0.031), Kind.PERCENT, "40.0 ± 3.1 %"),
        (Estimate(0.4), Kind.PERCENT, "40.0 %"),
        (Estimate(None, reason="no trial counts"), Kind.PERCENT, "-"),
        (Estimate(NAN, 0.1, 0.2), Kind.PERCENT, "-"),
        (Estimate(0.4, NAN, NAN, error=NAN), Kind.PERCENT, "40.0 %"),
        (Estimate(0.032, -0.01, 0.07), Kind.POINTS, "+3.2 points [−1 to +7]"),
        (Estimate(0.032, 0.001, 0.07), Kind.POINTS, "+3.2 points [0 to +7]"),
        (Estimate(-0.03, error=0.01), Kind.POINTS, "−3.0 ± 1.0 points"),
        (Estimate(12.3, 8.0, 20.1), Kind.SECONDS, "12.3 s [8.00 s–20.1 s]"),
        (Estimate(12.3, 8.0, None), Kind.SECONDS, "12.3 s [8.00 s–…]"),
        (Estimate(0.12, -0.3, 0.5), Kind.NUMBER, "0.12 [−0.3 to 0.5]"),
        (Estimate(2.0, 0.5, INF), Kind.NUMBER, "2 [0.5–∞]"),
        (Estimate(2.5, error=0.25), Kind.NUMBER, "2.5 ± 0.25"),
        (Estimate(0.5, 0.1, 0.9), Kind.USD, "0.50 [0.10–0.90]"),
    ],
)
def test_an_estimate_in_words(estimate, kind, words):
    assert show(estimate, kind) == words


def test_numpy_numbers_are_numbers():
    assert show(np.int64(1234), Kind.COUNT) == "1,234"
    assert show(np.float64(0.5), Kind.PERCENT) == "50.0 %"


def test_text_from_outside_is_one_line_without_what_drives_a_terminal():
    assert show("a\n\tb\x1b[2J\x00\u202e c\ud800", Kind.TEXT) == "a b�[2J�� c�"
    assert show({"x\ny\x07": 2}, Kind.COUNTS) == "x y� 2"
    assert one_line("  a\r\n b ") == "a b"


def test_a_time_never_has_sixty_seconds():
    assert [duration(s) for s in (None, 59.96, 119.7, 3599.6)] == ["-", "60.0 s", "2 min 00 s", "1 h 00 min"]


numbers = st.floats() | st.none()
cells = st.one_of(
    st.floats(),
    st.integers(),
    st.text(),
    st.booleans(),
    st.builds(Estimate, numbers, numbers, numbers, error=numbers),
    st.builds(Share, st.integers(0, 9), st.integers(0, 9)),
    st.dictionaries(st.text(alphabet="xyz\n\x1b|", min_size=1), st.integers(0, 10**6)),
)


@given(cells.filter(lambda cell: not isinstance(cell, str) or "nan" not in cell.lower()), st.sampled_from(list(Kind)))
def test_whatever_is_in_a_cell_is_printable_and_never_nan(cell, kind):
    words = show(cell, kind)
    assert words.isprintable()
    assert "nan" not in words.lower()
    assert "inf" not in words.lower() or isinstance(cell, str)


@given(st.floats(min_value=1e-6, max_value=1e12), st.sampled_from([Kind.NUMBER, Kind.USD]))
def test_a_written_number_is_the_number(value, kind):
    read = float(show(value, kind).replace(",", "").replace("−", "-"))
    assert math.isclose(read, value, rel_tol=0.005, abs_tol=0.0051 if kind is Kind.USD and value >= 0.01 else 0.0)
