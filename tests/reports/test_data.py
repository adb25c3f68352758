"""Formats for programs: strict JSON, CSV, Parquet."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.trials import Made, columns

from rexlab.reports.build import build_report
from rexlab.reports.data import main_rows, render_csv, render_json, render_parquet
from rexlab.reports.document import Column, Estimate, Kind, Report, Section, Series, Share

NAN, INF = float("nan"), float("inf")
BY = ("agent", "shown", "task", "masks")
HOSTILE = 'pipe | "quote" \\, <script>\nline\x1b[2J'
TRIALS = columns(
    [
        *[Made()] * 3,
        Made(outcome="wrong_result", flags=("tampered",), calls=2, tokens=1500, cost=0.25),
        Made(agent="oracle", task="other/x"),
        Made(agent=f"agent {HOSTILE}", outcome="infra_error", simulated=True),
    ],
    planned=8,
)
REPORT = build_report(TRIALS, BY, command="rexlab report r1")


def strict(text: str):
    """JSON as the standard has it."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def read_parquet(content: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(content))


def with_section(*cells, kinds: list[Kind]) -> Report:
    """A report whose only section has one row of these cells."""
    named = [Column(f"c{i}", "title", kind) for i, kind in enumerate(kinds)]
    curve = Series("curve", [1.0, 2.0], [NAN, INF], low=[0.1, -INF])
    return replace(REPORT, sections=[Section("odd", "Odd", named, [list(cells)], [], [curve])])


def test_json_has_the_runs_the_rows_and_every_section():
    read = strict(render_json(REPORT, TRIALS))
    assert (read["runs"], read["trials"], read["counted"]) == (["r1"], 8, 6)
    assert read["facts"]["command"] == "rexlab report r1"
    assert read["notes"] == REPORT.notes
    assert set(read["sections"]) == {section.name for section in REPORT.sections}
    assert set(read["sections"]["success"]) == {"title", "rows", "notes", "series"}
    rows = {row["agent"]: row for row in read["rows"]}
    assert set(rows) == {"oracle [ref]", "react", f"agent {HOSTILE} [sim]"}
    react = rows["react"]
    assert (react["task"], react["suite"], react["masks"], react["shown"]) == ("classic/deis", "classic", 1, "all")
    assert (react["passed"], react["passed_of"], react["strict"]) == (3, 4, 0.75)
    assert react["outcomes"] == {"passed": 3, "wrong_result": 1}
    assert react["flags"] == {"tampered": 1}
    assert (react["calls"], react["tokens"], react["cost_usd"]) == (2, 1500, 0.25)
    assert [(row["reference"], row["simulated"]) for row in read["rows"]] == [
        (False, True),
        (True, False),
        (False, False),
    ]


def test_json_knows_no_nan_and_no_infinity():
    cells = (NAN, Estimate(INF, -INF, NAN), np.float64("nan"), np.int64(3), np.bool_(True), {"x": np.int64(2)})
    kinds = [Kind.NUMBER, Kind.PERCENT, Kind.USD, Kind.COUNT, Kind.FLAG, Kind.COUNTS]
    (row,) = strict(render_json(with_section(*cells, kinds=kinds), TRIALS))["rows"]
    assert row == {
        **{"c0": None, "c1": None, "c1_low": None, "c1_high": None, "c1_error": None, "c1_reason": ""},
        **{"c2": None, "c3": 3, "c4": True, "c5": {"x": 2}},
    }
    section = strict(render_json(with_section(1, kinds=[Kind.COUNT]), TRIALS))["sections"]["odd"]
    assert section["series"] == [
        {"label": "curve", "x": [1.0, 2.0], "y": [None, None], "low": [0.1, None], "high": None}
    ]


def test_csv_has_the_same_rows_with_counts_in_words():
    rows = list(csv.DictReader(io.StringIO(render_csv(REPORT, TRIALS))))
    expected = main_rows(REPORT, TRIALS)
    assert [row["agent"] for row in rows] == [row["agent"] for row in expected]
    assert list(rows[0]) == list(expected[0])
    react = rows[2]
    assert (react["passed"], react["passed_of"], react["strict"]) == ("3", "4", "0.75")
    assert react["outcomes"] == "passed 3, wrong_result 1"
    assert (rows[0]["flags"], rows[0]["credit"]) == ("", "")
    assert [row["reference"] for row in rows] == ["False", "True", "False"]


def test_csv_writes_a_zero_as_a_zero_and_nan_as_nothing():
    text = render_csv(with_section(0, NAN, Share(0, 7), kinds=[Kind.COUNT, Kind.NUMBER, Kind.SHARE]), TRIALS)
    assert text == "c0,c1,c2,c2_of\n0,,0,7\n"


def test_parquet_has_the_same_rows_with_types():
    table = read_parquet(render_parquet(REPORT, TRIALS))
    found = {name: table.schema.field(name).type for name in table.schema.names}
    assert found["masks"] == found["passed_of"] == found["tokens"] == pa.int64()
    assert found["strict"] == found["strict_low"] == found["cost_usd"] == pa.float64()
    assert found["agent"] == found["strict_reason"] == pa.string()
    assert found["reference"] == pa.bool_()
    assert found["outcomes"] == pa.map_(pa.string(), pa.int64())
    rows = [{**row, "outcomes": dict(row["outcomes"]), "flags": dict(row["flags"])} for row in table.to_pylist()]
    assert rows == main_rows(REPORT, TRIALS)


def test_parquet_says_what_it_is_of_and_what_makes_it_again():
    facts = read_parquet(render_parquet(REPORT, TRIALS)).schema.metadata
    assert facts[b"command"] == b"rexlab report r1"
    assert facts[b"digest of r1"] == b"d"
    assert "2 of 8 trials are not finished" in facts[b"notes"].decode()


def test_a_column_without_a_value_keeps_its_type():
    found = read_parquet(render_parquet(with_section(None, NAN, kinds=[Kind.COUNT, Kind.USD]), TRIALS))
    assert [field.type for field in found.schema] == [pa.int64(), pa.float64()]
    assert found.to_pylist() == [{"c0": None, "c1": None}]


@pytest.mark.parametrize("by", [("suite",), ("harness", "model"), ("task", "hint"), ("paper", "run")])
def test_rows_say_what_their_keys_allow(by):
    for row in main_rows(build_report(TRIALS, by), TRIALS):
        assert list(row)[: len(by)] == list(by)
        assert "reference" not in row
        assert ("suite" in row) == (by[0] in ("suite", "task"))


def test_with_nothing_finished_every_format_is_whole_and_empty():
    none = columns([], planned=4)
    report = build_report(none, BY)
    read = strict(render_json(report, none))
    assert (read["trials"], read["counted"], read["rows"]) == (4, 0, [])
    assert "nothing has finished yet: 4 trials are planned" in read["notes"]
    assert render_csv(report, none) == ""
    table = read_parquet(render_parquet(report, none))
    assert table.num_rows == 0
    assert table.schema.names[:4] == list(BY)
