"""Text from outside comes out printable, cut with a note, and as markdown that shows it as it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.dashboard.texts import escaped, one_line, readable

GONE = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("", ""),
        ("a\nb\n", "a\nb\n"),
        ("a\tb", "a\tb"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("<b>été 漢字</b>", "<b>été 漢字</b>"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mred\x1b[K", "red"),
        ("\x9b1mbold", "bold"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bplain\x1b7\x1b8\x1b=\x1bc", "plain"),
        ("\x1bP1$tq\x1b\\x", "x"),
        ("\x1b[", f"{GONE}["),
        ("\x1b", GONE),
        ("nul\0bell\x07back\b", f"nul{GONE}bell{GONE}back{GONE}"),
        ("a\u202eb\u2066c\u200fd\ufeff", f"a{GONE}b{GONE}c{GONE}d{GONE}"),
        ("a\u00a0b", "a b"),
        ("\ud800", GONE),
        (b"\xff\xfeab\xc3\xa9", f"{GONE}{GONE}abé"),
    ],
)
def test_only_what_can_be_read_is_left(data: str | bytes, shown: str) -> None:
    assert readable(data) == shown


def test_a_long_line_is_cut_and_the_next_is_not() -> None:
    text = readable("x" * 200_000 + "\nnext")
    assert text == "x" * 2_000 + "… (198,000 more characters)\nnext"


def test_a_line_is_not_cut_for_its_colours() -> None:
    assert readable("\x1b[31mx\x1b[0m" * 3, max_line=4) == "xxx"
    assert readable("\x1b[31mx\x1b[0m" * 6, max_line=4) == "xxxx… (2 more characters)"


def test_a_line_just_at_its_limit_is_whole() -> None:
    assert readable("x" * 5, max_line=5) == "xxxxx"
    assert readable("x" * 6, max_line=5) == "xxxxx… (1 more characters)"


def test_a_long_text_is_cut() -> None:
    lines = readable("12345678\n" * 100, max_chars=27).split("\n")
    assert lines == ["12345678"] * 3 + ["… (873 more characters)"]


def test_a_text_of_one_huge_line_is_read_only_at_its_beginning() -> None:
    huge = "\x1b[1m" + "x" * 50_000_000
    begin = time.perf_counter()
    assert len(readable(huge)) < 3_000
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize("piece", ["\x1b[", "\x1b]", "\x1b]0;", "\x1b[0;0", "\x1b ", "\r", "\0", "\u202e"])
def test_no_text_makes_it_slow(piece: str) -> None:
    begin = time.perf_counter()
    readable(piece * 200_000)
    assert time.perf_counter() - begin < 2


@given(st.text() | st.binary())
def test_nothing_unprintable_comes_through(data: str | bytes) -> None:
    kept = "\n\t\u200c\u200d"
    assert all(c.isprintable() or c in kept for c in readable(data))
    assert "\n" not in one_line(data)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  a\n\n b\tc  ", "a b c"),
        ("abcdefghij", "abcdefghij"),
        ("abcdefghijk", "abcdefghi…"),
        ("a" * 1_000_000, "aaaaaaaaa…"),
        ("\n" * 1_000 + "b", "…"),
        (b"a\xffb", f"a{GONE}b"),
    ],
)
def test_one_line(text: str | bytes, line: str) -> None:
    assert one_line(text, 10) == line


def test_all_punctuation_is_escaped() -> None:
    assert escaped("**a** [x](y) <b> $z$ `c`") == r"\*\*a\*\* \[x\]\(y\) \<b\> \$z\$ \`c\`"
    assert escaped("# a\n1. b") == r"\# a 1\. b"


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example",
        "WWW.evil.example",
        "me@evil.example",
        ":material_home:",
        ":streamlit:",
        ":+1:",
        "a -> b",
        "a <-> b",
        "--",
        "a >= b",
        "a ~= b",
    ],
)
def test_what_streamlit_finds_in_plain_text_is_kept_apart(text: str) -> None:
    # that the pieces then show as they are, and the directive as nothing, is seen in a browser: tests/webui
    label = escaped(text)
    pieces = label.replace("\\", "").split(":small[]")
    assert len(pieces) > 1
    assert "".join(pieces) == text


def test_plain_words_stay_as_they_are() -> None:
    assert escaped("mini swe agent 2") == "mini swe agent 2"
