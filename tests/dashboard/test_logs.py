"""Logs are read in parts: the end, pages of lines, the lines that hold a text."""

import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.dashboard.logs import MAX_HITS, MAX_LINE, PAGE_LINES, count_lines, page, search, tail

NUMBERED = "".join(f"line {n}\n" for n in range(1, 1_001)).encode()


class Watched(BytesIO):
    """Counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_a_tail_is_the_last_lines() -> None:
    found = tail(BytesIO(NUMBERED), 3)
    assert (found.text, found.first_line, found.lines, found.whole) == ("line 998\nline 999\nline 1000", None, 3, False)


@pytest.mark.parametrize("data", [b"a\nb", b"a\nb\n"])
def test_a_short_log_is_whole(data: bytes) -> None:
    found = tail(BytesIO(data), 100)
    assert (found.text, found.first_line, found.lines, found.whole) == ("a\nb", 1, 2, True)


def test_an_empty_log_has_no_lines() -> None:
    found = tail(BytesIO(b""), 100)
    assert (found.text, found.lines, found.whole) == ("", 0, True)
    assert (count_lines(BytesIO(b"")).count, page(BytesIO(b""), count_lines(BytesIO(b"")), 1).lines) == (0, 0)


def test_a_tail_reads_the_end_alone() -> None:
    file = Watched(b"x" * 60 + b"\n" + NUMBERED * 10_000)
    assert tail(file, 50).text.endswith("line 1000")
    assert file.taken <= 8_000_000 < len(file.getvalue())


def test_a_tail_of_long_lines_ends_with_the_last() -> None:
    found = tail(BytesIO((b"y" * 200_000 + b"\n") * 30 + b"last"), 200)
    assert found.text.endswith("last")
    assert f"{'y' * MAX_LINE}… ({200_000 - MAX_LINE:,} more characters)\n" in found.text
    assert len(found.text) <= 200_000


def test_a_tail_inside_of_one_endless_line_is_shown() -> None:
    found = tail(BytesIO(b"z" * 9_000_000), 10)
    assert (found.lines, found.whole) == (1, False)
    assert found.text.startswith("zzz")


def test_pages_follow_one_another() -> None:
    file = BytesIO(NUMBERED)
    lines = count_lines(file)
    assert (lines.count, lines.pages) == (1_000, 10)
    pages = [page(file, lines, number) for number in range(1, 11)]
    assert "\n".join(p.text for p in pages) + "\n" == NUMBERED.decode()
    assert [p.first_line for p in pages] == [1 + PAGE_LINES * n for n in range(10)]
    assert page(file, lines, 99) == pages[-1]
    assert page(file, lines, 0) == pages[0]


@given(st.lists(st.integers(0, 30), max_size=400), st.booleans())
def test_every_line_is_on_one_page(lengths: list[int], ended: bool) -> None:
    data = b"\n".join(b"a" * n for n in lengths) + (b"\n" if ended and lengths else b"")
    expected = data.decode().removesuffix("\n").split("\n") if data else []
    lines = count_lines(BytesIO(data))
    assert lines.count == len(expected)
    seen = [row for n in range(1, lines.pages + 1) for row in page(BytesIO(data), lines, n).text.split("\n")]
    assert seen == (expected or [""])


def test_line_ends_are_counted_over_chunks() -> None:
    data = b"0123456\n" * 400_000
    lines = count_lines(BytesIO(data))
    assert (lines.count, lines.pages) == (400_000, 4_000)
    assert all(start % (8 * PAGE_LINES) == 0 for start in lines.starts)


def test_what_a_page_cannot_hold_is_told() -> None:
    data = b"q" * 12_000_000
    found = page(BytesIO(data), count_lines(BytesIO(data)), 1)
    assert found.text.endswith("more bytes on this page)")
    assert len(found.text) < 3_000


def test_search_tells_line_and_words() -> None:
    hits = search(BytesIO(b"one\nTwo WORDS here\nthree words\nwords words\n"), " words ")
    assert [(hit.line, hit.excerpt) for hit in hits] == [
        (2, "Two WORDS here"),
        (3, "three words"),
        (4, "words words"),
    ]
    assert [hit.line for hit in search(BytesIO("a\nÉTÉ".encode()), "été")] == [2]
    assert search(BytesIO(b"one\n"), "two") == search(BytesIO(b"one\n"), "  ") == []


def test_a_text_across_two_chunks_is_found_once() -> None:
    chunk = 1 << 20
    for shift in range(8):
        data = b"\n" * 10 + b"." * (chunk - 10 - shift) + b"needle" + b"." * chunk + b"\nneedle\n"
        assert [hit.line for hit in search(BytesIO(data), "needle")] == [11, 12]


def test_search_stops_at_many_hits() -> None:
    hits = search(BytesIO(b"hit\n" * 5_000), "hit")
    assert (len(hits), hits[-1].line, hits[-1].page) == (MAX_HITS, MAX_HITS, MAX_HITS // PAGE_LINES)


def test_what_stands_around_a_hit_is_readable() -> None:
    (hit,) = search(BytesIO(b"\x1b[31mred\x1b[0m needle\xff\0" + b"x" * 1_000), "needle")
    assert hit.excerpt.startswith("red needle\ufffd\ufffdxxx")
    assert len(hit.excerpt) <= 240


def test_a_large_log_is_not_loaded(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(NUMBERED * 5_000)
    tracemalloc.start()
    with log.open("rb") as file:
        lines = count_lines(file)
        page(file, lines, lines.pages)
        tail(file, 500)
        search(file, "nowhere")
    assert log.stat().st_size > 40_000_000
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()
