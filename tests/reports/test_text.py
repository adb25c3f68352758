"""Formats for people: what is left out, Markdown, LaTeX; nothing from outside becomes markup."""

# ruff: noqa: RUF001 - what reports write has dashes and minus signs

import re
import shutil
import subprocess
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.support.require import lacking
from tests.support.trials import Made, columns

from rexlab.reports import latex, markdown
from rexlab.reports.build import build_report
from rexlab.reports.cells import one_line
from rexlab.reports.document import Column, Estimate, Kind, Report, Section, Share
from rexlab.reports.text import cell_texts, trimmed

HOSTILE = [
    r"pipe | back\slash \| end\ ",
    r"\input{/etc/passwd} $x$ 100 % a_b _em_ **bold** ~~gone~~ #1 & &amp; ^^41",
    "<script>alert(1)</script> <b>x</b> <!-- c -->",
    "line\nbreak\r\n\ttab\x1b[2J\x00 \u202e end",
    "[link](http://x.test) ![i](y) [ref] [ref]: http://x.test `code` ``",
    "http://x.test https://x.test www.x.test",
    "[ ] starts with a bracket",
    "* starts with a star",
    "- starts with a dash",
    "1. starts with a number",
    "1) too",
    "# heading",
    "--fast -- --- ?` !` ,, << >> '' \"q\"",
    "é ü Å ő 日本 \N{PILE OF POO} − – ± × ≤ ∞ …",
    "%",
    "\\",
]


def section(text: str) -> Section:
    """A section with this text wherever text can stand."""
    kinds = [Column(text, text), Column("n", "n", Kind.COUNT), Column("c", text, Kind.COUNTS)]
    rest = [Column("r", "rate", Kind.PERCENT), Column("d", "difference", Kind.POINTS)]
    rows = [
        [text, 1, {text: 2, "other": 1}, Estimate(0.353, 0.28, 0.43), Estimate(-0.1, -0.2, 0.1)],
        [text, None, {}, Estimate(0.4, error=0.031), None],
    ]
    return Section("hostile_one", text, [*kinds, *rest], rows, [text])


def report(text: str) -> Report:
    return Report(
        text, [("command", text)], [section(text), Section("empty", text, [Column("a", "a")], [], [text])], [text]
    )


def success(*made: Made) -> Section:
    return build_report(columns(made)).sections[0]


def titles(found: Section) -> list[str]:
    return [column.title for column in trimmed(found).columns]


def test_columns_that_say_nothing_are_left_out():
    assert titles(success(Made(), Made(agent="noop", outcome="no_patch"))) == [
        "agent",
        "masks",
        "passed",
        "rate [95 %]",
        "credit",
        "outcomes",
    ]


def test_columns_that_say_something_in_one_row_stay():
    found = success(
        Made(),
        Made(agent="noop", outcome="infra_error", flags=("tampered",), calls=2, tokens=10, cost=0.1, hint="hints"),
    )
    assert titles(found) == [
        "agent",
        "shown",
        "masks",
        "passed",
        "strict [95 %]",
        "w/o infra",
        "rate [95 %]",
        "credit",
        "outcomes",
        "flags",
        "calls",
        "tokens",
        "USD",
    ]
    assert [len(row) for row in trimmed(found).rows] == [13, 13]


def test_zeros_and_noes_say_something_and_the_first_column_always_stays():
    names = [Column("shown", "shown"), Column("a", "a", Kind.COUNT), Column("f", "f", Kind.FLAG), Column("t", "t")]
    found = trimmed(Section("s", "S", names, [["all", 0, False, ""], ["all", 0, False, None]]))
    assert [column.name for column in found.columns] == ["shown", "a", "f"]
    assert cell_texts(found) == [["all", "0", "no"]] * 2


def test_trimming_leaves_the_section_itself_alone():
    found = success(Made())
    before = [column.title for column in found.columns]
    trimmed(found)
    assert [column.title for column in found.columns] == before
    assert len(next(iter(found.records()))) > len(trimmed(found).columns)


def parsed(text: str) -> list:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)


def texts(tokens: list, opening: str) -> list[str]:
    """What a reader sees inside the blocks of this kind, one after the other."""
    blocks = [token for before, token in pairwise(tokens) if before.type == opening]
    return ["".join(child.content for child in block.children or []) for block in blocks]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_text_from_outside_as_it_is(text):
    tokens = parsed(markdown.render_markdown(report(text)))
    line = one_line(text)
    assert texts(tokens, "heading_open") == [line, line, line, "Made from"]
    rows = [token for token in tokens if token.type == "tr_open"]
    assert len(rows) == 3
    assert texts(tokens, "th_open") == [line, "n", line, "rate", "difference"]
    assert texts(tokens, "td_open") == [
        *(line, "1", f"{line} 2, other 1", "35.3 % [28–43]", "−10.0 points [−20 to +10]"),
        *(line, "-", "-", "40.0 ± 3.1 %", "-"),
    ]
    assert texts(tokens, "paragraph_open") == [line, line, line, f"command: {line}"]
    inside = {child.type for token in tokens for child in token.children or []}
    assert inside <= {"text", "text_special"}
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} == {
        *("heading", "paragraph", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td", "inline"),
    }


@given(st.text(alphabet="a1 \\|`*_{}[]()<>#+-.!~$&:/\n", max_size=30))
def test_no_text_becomes_markup_in_markdown(text):
    tokens = parsed(markdown.render_markdown(Report("t", [], [section(f"x{text}")], [text])))
    assert {child.type for token in tokens for child in token.children or []} <= {"text", "text_special"}
    assert sum(token.type == "td_open" for token in tokens) == 10
    assert sum(token.type == "list_item_open" for token in tokens) == 2


def test_brackets_do_not_become_a_box_to_tick():
    assert r"* \[ ] done" in markdown.render_markdown(Report("t", [], [], ["[ ] done"]))


def test_addresses_do_not_become_links():
    escaped = markdown.escape("http://a.test HTTPS://b.test www.c.test a.py:f")
    assert escaped == r"http\://a.test HTTPS\://b.test www\.c.test a.py:f"


def test_markdown_of_a_report_reads_well():
    text = markdown.render_markdown(build_report(columns([Made()] * 3), command="rexlab report r1"))
    assert (
        "| agent | masks | passed | rate [95 %] | credit | outcomes |\n| :-- | --: | --: | --: | --: | :-- |\n" in text
    )
    assert "| react | 1 | 3/3 | 100 % [44–100] |" in text
    assert text.endswith("* command: rexlab report r1\n")


def unset(tex: str) -> str:
    """What LaTeX would set, for the few commands that ``latex.escape`` writes."""
    named = {
        **{"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<", "textgreater": ">"},
        **{"textbar": "|", "textquotedblright": '"', "textendash": "–", "ldots": "…"},
    }
    accents = {"'": "\u0301", '"': "\u0308", "r": "\u030a", "H": "\u030b", "c": "\u0327", "~": "\u0303"}
    maths = {"-": "−", r"\pm": "±", r"\times": "×", r"\le": "≤", r"\infty": "∞", r"\ge": "≥"}
    rules = [
        (r"\$([^$]+)\$", lambda m: maths[m[1]]),
        (r"\\([a-z]+)\{\}", lambda m: named[m[1]]),
        (r"\\(['\"rHc~])\{(\w)\}", lambda m: m[2] + accents[m[1]]),
        (r"\\([{}$&#%_])", lambda m: m[1]),
        (r"\{(['`\[*]?)\}", lambda m: m[1]),
        (r"[^\\{}$&#%_~^<>|\"'`]", lambda m: m[0]),
    ]
    out, at = "", 0
    while at < len(tex):
        found = next((f, write) for rule, write in rules if (f := re.compile(rule).match(tex, at)))
        out, at = out + found[1](found[0]), found[0].end()
    return out


@pytest.mark.parametrize("text", HOSTILE)
def test_latex_shows_text_from_outside_as_it_is(text):
    written = latex.escape(text)
    kept = "".join(c if c.isascii() or c in "éüÅő−–±×≤∞…" else "?" for c in one_line(text))
    assert unicodedata.normalize("NFC", unset(written)) == kept
    assert written[:1] not in ("[", "*")
    assert "--" not in written


def test_latex_lets_nothing_out_of_its_comments_and_cells():
    for text in HOSTILE:
        for line in latex.render_latex(report(text)).splitlines():
            assert line.isprintable()
            if line.startswith("%") or not line:
                continue
            bare = re.sub(r"\\\\|\\[{}$&#%_]", "", line)
            assert "%" not in bare
            assert "#" not in bare
            assert bare.count("{") == bare.count("}")
            if line.startswith("    ") and " & " in line:
                assert bare.count("&") == 4


def test_latex_has_a_table_per_section_with_rows_and_says_the_rest_in_comments():
    text = latex.render_latex(report("plain"))
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 1
    assert r"\label{tab:rexlab-hostile-one}" in text
    assert r"plain & - & - & 40.0 $\pm$ 3.1 \% & - \\" in text
    assert r"35.3 \% [28\textendash{}43] & $-$10.0 points [$-$20 to +10] \\" in text
    assert "% plain: plain\n% command: plain\n% In the preamble: \\usepackage{booktabs}." in text


def test_latex_breaks_long_titles_and_sentences_so_that_tables_fit_a_page():
    names = [Column("a", "agent"), Column("n", "tokens/trial of it", Kind.NUMBER), Column("v", "verdict")]
    text = latex.render_latex(Report("t", [], [Section("s", "S", names, [["x", 12345.0, "many words " * 9]])]))
    assert r"\begin{tabular}{@{}lrp{0.3\linewidth}@{}}" in text
    assert r"agent & \begin{tabular}[b]{@{}l@{}}tokens/\\trial\\of it\end{tabular} & verdict \\" in text


def test_latex_compiles_with_booktabs_alone(tmp_path):
    if shutil.which("pdflatex") is None:
        lacking("pdflatex", "there is no pdflatex", "Debian: apt-get install texlive-latex-recommended")
    hostile = [section(text) for text in HOSTILE]
    real = build_report(columns([Made(calls=3, tokens=4000, cost=0.01), Made(agent="noop", outcome="infra_error")]))
    whole = Report(HOSTILE[1], [("command", text) for text in HOSTILE], [*real.sections, *hostile], HOSTILE)
    (tmp_path / "report.tex").write_text(latex.render_latex(whole), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n\\input{report}\n\\end{document}\n"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "-no-shell-escape", "paper"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Missing character" not in (tmp_path / "paper.log").read_text(errors="replace")


def test_a_share_of_nothing_is_written_as_such():
    found = Section("s", "S", [Column("a", "a"), Column("p", "p", Kind.SHARE)], [["x", Share(0, 0)]])
    assert cell_texts(found) == [["x", "0/0"]]
