"""Metrics are read strictly from bytes nobody trusts: a number, or a sentence on why there is none."""

import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rexlab.grading import collect as module
from rexlab.grading.collect import CollectError, as_numbers, collect, parse_json
from rexlab.task.manifest import MetricSection


def metric(count: int = 1, **source: Any) -> MetricSection:
    return MetricSection.model_validate(
        {"name": "m", "source": source, "count": count, "check": {"kind": "exact", "target": 1}}
    )


def reader(data: bytes) -> Callable[[str], bytes]:
    return lambda path: data


def from_json(data: bytes, pointer: str = "/x", count: int = 1) -> list[float]:
    return collect(metric(count, file="out.json", pointer=pointer), "", reader(data))


def from_stdout(stdout: str, pattern: str, count: int = 1) -> list[float]:
    return collect(metric(count, stdout=pattern), stdout, reader(b""))


def from_csv(data: bytes, row: int | str, column: str = "score") -> list[float]:
    return collect(metric(csv="out.csv", row=row, column=column), "", reader(data))


def problem(read: Callable[..., list[float]], *arguments: Any, **more: Any) -> str:
    with pytest.raises(CollectError) as error:
        read(*arguments, **more)
    return str(error.value)


# JSON


@pytest.mark.parametrize(
    ("document", "pointer", "expected"),
    [
        ({"x": 3}, "/x", 3.0),
        ({"x": -0.5e-3}, "/x", -0.0005),
        ({"a": {"b": [1, {"c": 7}]}}, "/a/b/1/c", 7.0),
        ({"a/b": {"c~d": 2}}, "/a~1b/c~0d", 2.0),
        ({"": 4}, "/", 4.0),
        ([8], "/0", 8.0),
        (9, "", 9.0),
        ({"0": 5}, "/0", 5.0),
    ],
)
def test_a_json_pointer_leads_to_the_number(document: Any, pointer: str, expected: float) -> None:
    assert from_json(json.dumps(document).encode(), pointer) == [expected]


@pytest.mark.parametrize("document", ["{}", '{"y": 1}', "[1]", "[]", "3", "null", '"x"', '{"x": {}}', "true"])
@pytest.mark.parametrize("pointer", ["/x/y", "/9", "/x/0", "/0abc/y", "/-", "/01"])
def test_a_pointer_that_leads_nowhere_is_a_problem_and_not_a_crash(document: str, pointer: str) -> None:
    said = problem(from_json, document.encode(), pointer)
    assert said.startswith("out.json")
    assert repr(pointer) in said or "is not a number" in said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"x": 1, "x": 2}', "out.json: an object has the same key twice"),
        (b'{"x": 1, "y": [{"a": 1, "a": 1}]}', "out.json: an object has the same key twice"),
        (b'{"x": NaN}', "out.json: NaN is not JSON"),
        (b'{"x": Infinity}', "out.json: Infinity is not JSON"),
        (b'{"x": -Infinity}', "out.json: -Infinity is not JSON"),
        (b'{"x": 1e999}', "out.json: a number is too large"),
        (b'{"x": 1, "y": -1e400}', "out.json: a number is too large"),
        (b'{"x": 1' + b"0" * 400 + b"}", "out.json: a number is too large"),
        (b'{"x": ' + b"9" * 5000 + b"}", "out.json: it is not JSON: Exceeds the limit"),
        (b'{"x": true}', "out.json: a bool is not a number"),
        (b'{"x": null}', "out.json: a NoneType is not a number"),
        (b'{"x": "1.0"}', "out.json: a str is not a number"),
        (b'{"x": {"y": 1}}', "out.json: a dict is not a number"),
        (b'{"x": [1, "2"]}', "out.json: a str is not a number"),
        (b'{"x": [[true]]}', "out.json: a bool is not a number"),
        (b'{"x": 1', "out.json: it is not JSON: Expecting ',' delimiter"),
        (b"{'x': 1}", "out.json: it is not JSON: Expecting property name"),
        (b'{"x": 1} trailing', "out.json: it is not JSON: Extra data"),
        (b'{"x": 01}', "out.json: it is not JSON"),
        (b"", "out.json: it is not JSON: Expecting value"),
        (b'{"x": 1, "y": "caf\xe9"}', "out.json: it is not UTF-8 (byte 18)"),
        (b'\xef\xbb\xbf{"x": 1}', "out.json: it is not JSON"),
        ('{"x": 1}'.encode("utf-16"), "out.json: it is not UTF-8 (byte 0)"),
    ],
)
def test_what_is_not_strict_json_or_not_a_number_is_told(data: bytes, said: str) -> None:
    assert problem(from_json, data).startswith(said)


def test_lists_are_read_in_order_and_must_have_as_many_values_as_asked_for() -> None:
    data = b'{"x": [1, [2, [3]], [], 4]}'
    assert from_json(data, count=4) == [1, 2, 3, 4]
    assert problem(from_json, data, count=3) == "4 values where 3 are needed"
    assert problem(from_json, data) == "4 values where 1 are needed"
    assert problem(from_json, b'{"x": 1}', count=2) == "1 values where 2 are needed"
    assert problem(from_json, b'{"x": []}') == "0 values where 1 are needed"


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9, 0.97, 1.5, 100])
def test_deep_nesting_is_read_or_refused_and_never_a_crash(share: float) -> None:
    depth = int(share * sys.getrecursionlimit())
    try:
        assert from_json(b'{"x": ' + b"[" * depth + b"1" + b"]" * depth + b"}") == [1]
    except CollectError as error:
        assert str(error) == "out.json: it is nested too deeply"
        assert share > 0.7
    said = problem(from_json, b'{"x": ' * depth + b"1" + b"}" * depth)
    assert said in ("out.json: it is nested too deeply", "out.json: a dict is not a number")


@given(st.binary(max_size=200))
def test_parsing_arbitrary_bytes_raises_nothing_but_collect_errors(data: bytes) -> None:
    try:
        parsed = parse_json(data)
    except CollectError as error:
        assert str(error)
    else:
        assert parsed == json.loads(data)


JSON_TEXT = st.lists(
    st.sampled_from(
        ["{", "}", "[", "]", ",", ":", '"x"', '"\\ud800"', "1", "-", "1e5", "1e999", "NaN", "true", "null", " "]
    ),
    max_size=25,
).map("".join)


@given(JSON_TEXT, st.sampled_from(["", "/x", "/0", "/x/0", "/-", "/x/-", "/1e5"]))
@settings(max_examples=300)
def test_collecting_from_anything_gives_one_finite_number_or_a_collect_error(text: str, pointer: str) -> None:
    try:
        values = from_json(text.encode(), pointer)
    except CollectError as error:
        assert str(error)
    else:
        assert len(values) == 1
        assert math.isfinite(values[0])


NESTED = st.recursive(st.floats(allow_nan=False, allow_infinity=False), lambda inner: st.lists(inner, max_size=4))


@given(NESTED)
def test_numbers_survive_the_way_through_json_bit_by_bit(value: Any) -> None:
    def flat(item: Any) -> list[float]:
        return [n for i in item for n in flat(i)] if isinstance(item, list) else [item]

    assert as_numbers(parse_json(json.dumps(value).encode())) == flat(value)


# Standard output


def test_every_match_in_the_output_is_a_value() -> None:
    stdout = "epoch 1 loss 0.5\nepoch 2 loss 2.5e-1\nloss: none\n"
    assert from_stdout(stdout, r"loss ([\d.e-]+)", count=2) == [0.5, 0.25]
    assert from_stdout("a=1\nfinal=7", r"^final=(\d+)$") == [7]
    assert problem(from_stdout, stdout, r"loss ([\d.e-]+)") == "2 values where 1 are needed"
    assert problem(from_stdout, "", r"loss (\d+)") == "0 values where 1 are needed"


@pytest.mark.parametrize(
    ("stdout", "pattern", "said"),
    [
        ("x=abc", r"x=(\w+)", "'abc' is not a number"),
        ("x=", r"x=(.*)", "'' is not a number"),
        ("x", r"x(=\d)?", "'None' is not a number"),
        ("x=" + "a" * 500, r"x=(\w+)", f"{'a' * 40!r} is not a number"),
        ("x=nan", r"x=(\w+)", "the value is nan, not a finite number"),
        ("x=-inf", r"x=(\S+)", "the value is -inf, not a finite number"),
        ("x=1e999", r"x=(\S+)", "the value is inf, not a finite number"),
    ],
)
def test_a_match_that_is_not_a_finite_number_is_told(stdout: str, pattern: str, said: str) -> None:
    assert problem(from_stdout, stdout, pattern) == said


@pytest.mark.parametrize("copies", [1, 40])
def test_catastrophic_backtracking_is_cut_off_for_the_whole_output(
    monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    monkeypatch.setattr(module, "_REGEX_TIMEOUT_S", 0.5)
    began = time.monotonic()
    said = problem(from_stdout, ("a" * 40 + "b\n") * copies, r"^((?:a|aa)+)$", count=copies)
    assert said == "the pattern '^((?:a|aa)+)$' took over 0 s on the output"
    assert time.monotonic() - began < 10


# CSV

TABLE = b"method,score,time\nours,0.9,10\nbase,0.5,20\nlast,-1e-2,30\n"


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [(0, "score", 0.9), (2, "time", 30), (-1, "score", -0.01), (-3, "time", 10), ("base", "score", 0.5)],
)
def test_a_cell_is_found_by_number_from_either_end_or_by_name(row: int | str, column: str, expected: float) -> None:
    assert from_csv(TABLE, row, column) == [expected]


@pytest.mark.parametrize(
    "data", [TABLE.replace(b"\n", b"\r\n"), TABLE[:-1], TABLE.replace(b"\n", b"\n\n"), b"\n" + TABLE]
)
def test_line_ends_and_blank_lines_make_no_difference(data: bytes) -> None:
    assert from_csv(data, -1) == [-0.01]
    assert from_csv(data, 1) == [0.5]


def test_quoted_cells_are_read_as_one() -> None:
    assert from_csv(b'name,score\n"a, ""b""\nc","1.5"\n', 'a, "b"\nc') == [1.5]


@pytest.mark.parametrize(
    ("data", "row", "column", "said"),
    [
        (TABLE, 3, "score", "out.csv has no row 3, it has 3"),
        (TABLE, -4, "score", "out.csv has no row -4, it has 3"),
        (TABLE, "none", "score", "out.csv has 0 rows that begin with 'none'"),
        (TABLE + b"ours,1,1\n", "ours", "score", "out.csv has 2 rows that begin with 'ours'"),
        (TABLE, 0, "speed", "out.csv has 0 columns called 'speed'"),
        (TABLE, 0, "Score", "out.csv has 0 columns called 'Score'"),
        (b"a,score,score\nx,1,2\n", 0, "score", "out.csv has 2 columns called 'score'"),
        (b"a,score\nx\n", 0, "score", "out.csv: row 0 has 1 cells, the header has 2"),
        (b"a,score\nx,0,5\n", "x", "score", "out.csv: row 'x' has 3 cells, the header has 2"),
        (b"a,score\nx,\n", 0, "score", "'' is not a number"),
        (b"a,score\nx,True\n", 0, "score", "'True' is not a number"),
        (b"a,score\nx,nan\n", 0, "score", "the value is nan, not a finite number"),
        (b"a,score\n", 0, "score", "out.csv has no row 0, it has 0"),
        (b"", 0, "score", "out.csv is empty"),
        (b"\n\n", 0, "score", "out.csv is empty"),
        (b"a,score\nx,\xff\n", 0, "score", "out.csv is not a UTF-8 CSV file"),
        (b'a,score\n"x,1\n', 0, "score", "out.csv is not a UTF-8 CSV file: unexpected end of data"),
        (b'a,score\n"x"y,1\n', 0, "score", "out.csv is not a UTF-8 CSV file"),
        (b"a,score\nx," + b"1" * 200_000 + b"\n", 0, "score", "out.csv is not a UTF-8 CSV file: field larger"),
    ],
)
def test_a_table_that_does_not_have_the_cell_is_told_why(data: bytes, row: int | str, column: str, said: str) -> None:
    assert problem(from_csv, data, row, column).startswith(said)


@given(
    st.lists(st.sampled_from(["a", "score", "1", ",", "\n", "\r", '"', "\0", "\x85", "\u2028"]), max_size=20).map(
        "".join
    )
)
@settings(max_examples=300)
def test_collecting_from_any_table_gives_a_number_or_a_collect_error(text: str) -> None:
    for row in (0, -1, "a"):
        try:
            (value,) = from_csv(text.encode(), row)
        except CollectError as error:
            assert str(error)
        else:
            assert math.isfinite(value)


def test_what_the_reader_says_is_the_problem() -> None:
    def missing(path: str) -> bytes:
        raise CollectError(f"{path} was not written")

    with pytest.raises(CollectError, match=r"^sub/out.json was not written$"):
        collect(metric(file="sub/out.json", pointer=""), "", missing)
    with pytest.raises(CollectError, match=r"^out.csv was not written$"):
        collect(metric(csv="out.csv", row=0, column="x"), "", missing)
