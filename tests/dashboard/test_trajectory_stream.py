"""JSON is read value by value, whatever its size, and its places in the file are right."""

import json
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.dashboard import trajectory_stream
from rexlab.dashboard.trajectory_stream import BrokenJsonError, JsonStream, Value

KINDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def read(data: bytes, **limits: int) -> Value:
    return JsonStream(BytesIO(data)).value(**{"max_string": 1_000, "max_size": 100_000, **limits})


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value is longer than what is read at once."""
    monkeypatch.setattr(trajectory_stream, "_CHUNK", 3)


@given(KINDS, st.booleans(), st.sampled_from([None, 1]), st.sampled_from([1, 2, 7, 1 << 20]))
def test_a_value_is_what_the_standard_library_reads(
    content: Any, ascii_only: bool, indent: int | None, chunk: int
) -> None:
    data = json.dumps([content, "next"], ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectory_stream, "_CHUNK", chunk)
        stream = JsonStream(BytesIO(data))
        assert stream.take("[")
        value = stream.value(max_string=100_000, max_size=1_000_000)
        assert stream.take(",")
        assert stream.value(max_string=10, max_size=100).content == "next"
        assert stream.take("]")
        assert stream.peek() == ""
    assert json.loads(data[value.start : value.end].decode("utf-8", "surrogatepass")) == content
    assert value.content == content


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("text", ["é" * 20, "漢" * 20, "\\" * 21, '"' * 20, "a\\nb" * 9, "\u0001\u0002" * 9, "🙂" * 9])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("limit", range(1, 9))
def test_a_long_string_is_cut_between_characters(text: str, ascii_only: bool, limit: int) -> None:
    value = read(json.dumps({"a": text, "b": [text]}, ensure_ascii=ascii_only).encode(), max_string=limit)
    assert isinstance(value.content, dict)
    for cut in (value.content["a"], *value.content["b"]):
        head, note = cut.rsplit("… (", 1)
        assert text.startswith(head.rstrip("\ud83d"))
        assert note.endswith(" more characters)")


def test_places_are_in_bytes_also_after_bytes_that_are_no_text() -> None:
    data = b'["\xff\xfe\xc3", "\xc3\xa9", {"a": 1}]'
    stream = JsonStream(BytesIO(data))
    assert stream.take("[")
    for _ in range(2):
        stream.value(max_string=10, max_size=100)
        assert stream.take(",")
    value = stream.value(max_string=10, max_size=100)
    assert data[value.start : value.end] == b'{"a": 1}'
    assert JsonStream(BytesIO(data), value.start).value(max_string=10, max_size=100).content == {"a": 1}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "a value is missing"),
        (b"]", "a value is missing"),
        (b'{"a": 1', "it ends inside of a value"),
        (b'{"a": "x', "it ends inside of a string"),
        (b'"x\\', "it ends inside of a string"),
        (b"[[[[", "it ends inside of a value"),
    ],
)
def test_what_breaks_off_is_told(data: bytes, problem: str) -> None:
    with pytest.raises(BrokenJsonError, match=f"^{problem}$"):
        read(data)


@pytest.mark.parametrize("data", [b"[1,]", b'{"a"}', b"{]", b"[1 2]", b"nonsense", b"[" * 10_000 + b"]" * 10_000])
def test_what_is_no_json_is_gone_past(data: bytes) -> None:
    stream = JsonStream(BytesIO(data + b", 7"))
    assert stream.value(max_string=10, max_size=100_000) == Value(0, len(data), readable=False)
    assert stream.take(",")
    assert stream.value(max_string=10, max_size=100).content == 7


def test_endless_lists_of_nothing_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectory_stream, "MAX_BRACKETS", 1_000)
    with pytest.raises(BrokenJsonError, match="too many values"):
        read(b"[" + b"{}," * 1_000 + b"x]")


def test_a_number_of_many_digits_is_no_error() -> None:
    assert read(b"[" + b"9" * 10_000 + b"]").content == [float("inf")]


def test_a_string_larger_than_memory_would_like_is_not_held(tmp_path: Path) -> None:
    place = tmp_path / "huge.json"
    with place.open("wb") as file:
        file.write(b'{"a": "')
        for _ in range(90):
            file.write(b"0123456789abcde\\n" * 31_250 + b"x" * 500_000)
        file.write(b'", "b": 2}')
    tracemalloc.start()
    with place.open("rb") as file:
        value = JsonStream(file).value(max_string=1_000, max_size=10_000)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert value.content["b"] == 2
    assert value.content["a"].endswith("more characters)")
    assert value.end == place.stat().st_size
