"""A paper's markdown made safe: what is drawn is the paper's, and nothing in it is active, whatever it holds."""

import html
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rexlab.dashboard.paper import MAX_CHARACTERS, safe_markdown
from rexlab.dashboard.paper_maths import read_maths
from rexlab.settings import bundled

JOINER = "\N{WORD JOINER}"

# What Streamlit's page looks for in the text that is left when markdown has been parsed, where no backslash protects.
ACTIVE = re.compile(
    r":\+1:|:-1:|:[\w-]+:|:material[_/]\w+:|:streamlit:"
    r"|(?:https?://|www(?=\.))[-.\w]|[-.\w+]+@[-\w]+(?:\.[-\w]+)+"
    r"|:[a-z][\w-]*[\[{]|^:::",
    re.IGNORECASE,
)
HOSTILE = [
    "<script>alert(1)</script>",
    "![x](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "[x](http://evil.example/)",
    "[x][ref]\n\n[ref]: http://evil.example/y",
    "<http://evil.example>",
    "http://evil.example/a_b_c",
    "www.evil.example",
    "mail@evil.example",
    ":red[x]",
    ":red-background[x]",
    ":material/home:",
    ":smile:",
    ":+1:",
    ":streamlit:",
    "::leaf[x]{a=b}",
    ":::box\n",
    "<img src=x onerror=alert(1)>",
    "$\\href{http://evil.example}{x}$",
    "$$\\includegraphics{http://evil.example/x.png}$$",
    "$x$",
    "$$\n",
    "\\(",
    "\\[\n",
    "```\n",
    "`",
    "``` :smile: ```",
    "~~~math\n",
    "| a | b |\n|---|---|\n| :smile: | ",
    "    ",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "# ",
    "*",
    "**",
    "_",
    "~~",
    "\\",
    "&#58;smile&#58;",
    "&lt;b&gt;",
    "\x1b[31m",
    "\x00",
    "\N{ZERO WIDTH SPACE}",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "www",
    ".",
    ":",
    "@",
    "[",
    "]",
    "word",
    " ",
    "5",
]
hostile = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=4)), max_size=14).map("".join)


def tokens(markdown: str) -> list[Token]:
    """All tokens, of a parser that lets HTML, links and images through where there are any."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    read_maths(parser)
    found: list[Token] = []
    for token in parser.parse(markdown):
        found += [token, *(token.children or [])]
    return found


def dangers(markdown: str) -> list[str]:
    """Everything in it that would be more than text."""
    found = []
    for token in tokens(markdown):
        if token.type in ("link_open", "image", "html_inline", "html_block"):
            found.append(f"{token.type}: {token.content or token.attrs}")
        if token.type == "text" and (match := ACTIVE.search(token.content)):
            found.append(match[0])
        if token.type.startswith("math") and re.search(r"\\(href|url|includegraphics|html)", token.content):
            found.append(token.content)
    return found


@settings(max_examples=400)
@example("($\\href{http://evil.example}{x}$<script>alert(1)</script>")
@example("[x][ref]\n\n[ref]: http://evil.example/y``` :smile: `````` :smile: ```")
@given(hostile)
def test_nothing_is_active_whatever_it_holds(text: str) -> None:
    assert dangers(safe_markdown(text)) == []


@pytest.mark.parametrize("text", [t for t in HOSTILE if len(t) > 4 and t.isprintable()])
def test_the_test_itself_sees_what_is_active(text: str) -> None:
    """Of each hostile text that is active when nothing is done about it."""
    quiet = {"$x$", "&#58;smile&#58;", "&lt;b&gt;", "``` :smile: ```", "[x](javascript:alert(1))"}
    if text in quiet:
        return
    assert dangers(text), text
    assert not dangers(safe_markdown(text))


@settings(max_examples=200)
@given(st.lists(st.sampled_from([h for h in HOSTILE if "]:" not in h and "~~~" not in h and "```" not in h])))
def test_no_word_is_lost(parts: list[str]) -> None:
    text = "".join(f"{part}w{number}w" for number, part in enumerate(parts))
    shown = "".join(token.content for token in tokens(safe_markdown(text)))
    assert [f"w{number}w" for number in range(len(parts)) if f"w{number}w" not in shown] == []


def test_a_link_is_its_text_with_the_address_and_an_image_its_description() -> None:
    assert drawn("See [the paper](https://a.example/x_y).") == "See the paper (`https://a.example/x_y`)."
    assert drawn("<https://a.example/>") == "`https://a.example/`"
    assert drawn("At https://a.example/x(1), or so.") == "At `https://a.example/x(1)`, or so."
    assert drawn("[Up](#top)") == "Up"
    assert drawn("![A curve](http://a.example/x.png) here") == "[image: A curve] here"
    assert drawn("[![badge](http://a.example/b.svg)](http://a.example)") == "[image: badge] (`http://a.example`)"


def test_html_is_the_characters_it_is_written_with() -> None:
    assert drawn("a <b>bold</b> & <!-- note -->") == "a <b>bold</b> & <!-- note -->"
    assert drawn("<div>\nx\n</div>") == "<div>\nx\n</div>"


@pytest.mark.parametrize("written", ["$a_1 + b$", "\\(a_1 + b\\)"])
def test_maths_in_a_line_stays_maths(written: str) -> None:
    assert safe_markdown(f"With {written} here") == "With $a_1 + b$ here"


@pytest.mark.parametrize(
    "written",
    ["$$a\n= b,$$", "$$\na\n= b,\n$$", "$$a\n= b$$,", "\\[a\n= b,\\]", "```math\na\n= b,\n```"],
)
def test_a_formula_with_lines_of_its_own_is_a_display(written: str) -> None:
    wanted = "$$\na\n= b,\n$$"
    assert safe_markdown(written) == wanted
    assert safe_markdown(f"* x\n\n{written}") == f"- x\n\n{wanted}"


def test_a_display_in_a_paragraph_stands_between_its_halves() -> None:
    assert safe_markdown("Let $$x = 1$$ be so") == "Let\n$$\nx = 1\n$$\nbe so"
    assert safe_markdown("* So\n  $$x$$\n  it is\n* and") == "- So\n  $$\n  x\n  $$\n  it is\n- and"


def test_dollars_that_are_money_or_variables_are_text() -> None:
    assert drawn("It costs $5, or $10 and `$HOME`.") == "It costs $5, or $10 and `$HOME`."
    assert "$5" not in safe_markdown("It costs $5, or $10").replace("\\$5", "")
    assert drawn("a \\$x\\$ b") == "a $x$ b"


def test_a_formula_that_was_wrapped_before_a_minus_is_one() -> None:
    assert safe_markdown("records $k 2^n\n- 1, 2$ of it") == "records $k 2^n - 1, 2$ of it"
    assert safe_markdown("costs $5\n- one") == "costs \\$5\n\n- one"


def test_a_number_that_ends_a_sentence_begins_no_list() -> None:
    assert (
        drawn("The lengths add up to\n1. Then it goes\non.\n\nMore")
        == "The lengths add up to 1. Then it goes\non.\n\nMore"
    )
    assert drawn("The steps are\n1. one\n2. two") == "The steps are\n\n1. one\n2. two"
    assert drawn("The steps:\n1. one") == "The steps:\n\n1. one"


def test_a_bar_in_a_formula_does_not_end_a_cell() -> None:
    table = safe_markdown("| a | b |\n|---|--:|\n| $\\|x\\|$ | `p\\|q` |")
    assert table.split("\n")[1:] == ["| --- | ---: |", "| $\\vert x\\vert $ | `p\\|q` |"]
    assert [t.type for t in tokens(table)].count("td_open") == 2


def test_maths_that_would_load_define_or_cover_something_is_its_source() -> None:
    for formula in ("\\href{http://a.example}{x}", "\\def\\x{y}", "\\rule{9999em}{9999em}", "\\htmlClass{a}{b}"):
        assert safe_markdown(f"${formula}$") == f"`{formula}`"
    assert safe_markdown("$\\defeq x$") == "$\\defeq x$"


def test_headings_stand_below_those_of_the_page() -> None:
    assert safe_markdown("# One\n\n#### Four\n\nTwo\n===") == "### One\n\n###### Four\n\n### Two"


def test_structure_stays() -> None:
    text = "1. a\n2. b\n\n   more\n\n- x\n  - y\n\n+ z\n\n> q\n>\n> r\n\n***\n\n*e* **s** ~~d~~ a\\\nb"
    written = safe_markdown(text)
    kinds = [t.type for t in tokens(text) if t.nesting != -1 and t.type != "text"]
    assert [t.type for t in tokens(written) if t.nesting != -1 and t.type != "text"] == kinds
    assert safe_markdown(written.replace(JOINER, "")) == written


def test_code_is_as_it_was_and_cannot_end_early() -> None:
    assert safe_markdown("```python\nx = '<b>'\n```") == "```python\nx = '<b>'\n```"
    assert safe_markdown("~~~evil onload\n```\n~~~") == "````\n```\n````"
    assert drawn("`` a`b ``") == "``a`b``"


def test_control_characters_are_not_passed_on() -> None:
    assert not set(safe_markdown("a\x1b[31mb\x00c\N{RIGHT-TO-LEFT OVERRIDE}d")) & set("\x1b\x00\u202e")
    assert safe_markdown("a\N{NO-BREAK SPACE}b\N{SOFT HYPHEN}c") == "a bc"


def test_a_long_text_is_cut_with_a_note() -> None:
    written = safe_markdown("word " * MAX_CHARACTERS)
    assert len(written) < 2 * MAX_CHARACTERS
    assert written.endswith(
        f"*The text goes on: {5 * MAX_CHARACTERS:,} characters, of which {MAX_CHARACTERS:,} are shown.*"
    )


@pytest.mark.parametrize(
    "text",
    [
        "*_" * MAX_CHARACTERS,
        "![" * 5_000 + "a" + "](x)" * 5_000,
        "[" * MAX_CHARACTERS,
        "\\(" * MAX_CHARACTERS,
        "$" * MAX_CHARACTERS,
        "$$a\n" * MAX_CHARACTERS,
        "> " * MAX_CHARACTERS,
        "x" * MAX_CHARACTERS,
    ],
    ids=["emphasis", "images", "brackets", "parentheses", "dollars", "displays", "quotes", "line"],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    safe_markdown(text)
    assert time.process_time() - start < 30


@pytest.mark.parametrize("paper", sorted(bundled("tasks").glob("*/*/*.md")), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_bundled_texts_keep_their_formulas(paper: Path) -> None:
    if paper.name == "instructions.md":
        return
    text = paper.read_text("utf-8")
    written = safe_markdown(text)
    assert dangers(written) == []
    left = [t.content for t in tokens(written) if t.type == "text" and "$" in t.content]
    assert left == []
    spaced = re.sub(r"`[^`\n]*`", "", text)
    wanted = len(re.findall(r"\$\$", spaced)) // 2
    assert sum(t.type == "math_block" for t in tokens(written)) == wanted


def drawn(text: str) -> str:
    """What a reader sees, code between its backticks."""
    return html.unescape(re.sub(r"\\([^\w\s])", r"\1", safe_markdown(text))).replace(JOINER, "")
