"""A section's rows for machines: flat, complete, and all with the same names."""

import pytest

from rexlab.reports.document import Cell, Column, Estimate, Kind, Report, Section, Share


def records(column: Column, *cells: Cell) -> list[dict[str, object]]:
    return list(Section("s", "S", [column], [[cell] for cell in cells]).records())


def test_plain_cells_stay_what_they_are() -> None:
    columns = [Column("agent", "agent"), Column("masks", "masks", Kind.COUNT), Column("front", "f", Kind.FLAG)]
    section = Section("s", "S", columns, [["react", 2, True], ["noop", None, False]])
    assert list(section.records()) == [
        {"agent": "react", "masks": 2, "front": True},
        {"agent": "noop", "masks": None, "front": False},
    ]


def test_a_share_is_two_numbers() -> None:
    assert records(Column("passed", "p", Kind.SHARE), Share(7, 12), Share(0, 0), None) == [
        {"passed": 7, "passed_of": 12},
        {"passed": 0, "passed_of": 0},
        {"passed": None, "passed_of": None},
    ]


def test_an_estimate_is_five_values_in_every_row_of_its_column() -> None:
    found = records(
        Column("rate", "r", Kind.PERCENT), Estimate(0.5, 0.25, 0.75, error=0.1), Estimate(None, reason="why"), None
    )
    assert found == [
        {"rate": 0.5, "rate_low": 0.25, "rate_high": 0.75, "rate_error": 0.1, "rate_reason": ""},
        {"rate": None, "rate_low": None, "rate_high": None, "rate_error": None, "rate_reason": "why"},
        {"rate": None, "rate_low": None, "rate_high": None, "rate_error": None, "rate_reason": ""},
    ]


def test_a_rate_without_intervals_is_one_number() -> None:
    assert records(Column("credit", "c", Kind.PERCENT), 0.5, None) == [{"credit": 0.5}, {"credit": None}]


def test_counts_are_copied() -> None:
    counts = {"passed": 2}
    (found,) = records(Column("outcomes", "o", Kind.COUNTS), counts)
    counts["passed"] = 3
    assert found == {"outcomes": {"passed": 2}}


def test_a_row_that_does_not_fit_its_columns_is_an_error() -> None:
    section = Section("s", "S", [Column("a", "a"), Column("b", "b")], [["only one"]])
    with pytest.raises((ValueError, IndexError)):
        list(section.records())


def test_no_row_gives_no_record() -> None:
    assert records(Column("passed", "p", Kind.SHARE)) == []


def test_a_section_is_found_by_its_name() -> None:
    section = Section("success", "Success", [], [])
    report = Report("title", [], [section])
    assert report.section("success") is section
    assert report.section("cost") is None
