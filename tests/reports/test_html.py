"""The HTML report: complete, self-contained, and whatever is in it is text."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from tests.support.rich import rich_report

from rexlab.reports.cells import show
from rexlab.reports.document import Column, Estimate, Kind, Report, Section, Share
from rexlab.reports.html import MAX_ROWS, MAX_TEXT, READING, render_html
from rexlab.reports.text import trimmed

HOSTILE = (
    "<script>alert(1)</script> </script><!-- <img src=x onerror=alert(1)> "
    "\x1b[31m\x00\ud800 'quoted' \"twice\" {{ 7*7 }}"
)


class Page(HTMLParser):
    """What a page holds, read as a browser reads it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.data: list[str] = []
        self._into: list[str] | None = None
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self._into = None
        if tag == "script":
            self._into = self.data if found.get("type") == "application/json" else self.scripts
            self._into.append("")

    def handle_endtag(self, tag: str) -> None:
        self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is None:
            self.text.append(data)
        else:
            self._into[-1] += data

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [found for tag, found in self.tags if tag == name]


def table(rows: list[list[object]], name: str = "claims") -> Section:
    columns = [
        Column("agent", "agent"),
        Column("rate", "rate", Kind.PERCENT),
        Column("passed", "passed", Kind.SHARE),
        Column("ends", "ends", Kind.COUNTS),
    ]
    return Section(name, "A title", columns, rows, ["a note"])  # type: ignore[arg-type]


def report(*sections: Section, command: str = "rexlab report r1", notes: tuple[str, ...] = ()) -> Report:
    facts = [("runs", "r1"), ("digest of r1", "abc123"), ("rexlab", "0.1.0"), ("command", command)]
    return Report("rexlab report of r1", facts, list(sections), list(notes))


ROW: list[object] = ["a", Estimate(0.5, 0.4, 0.6, "one paper"), Share(1, 2), {"passed": 1, "no_patch": 1}]


@pytest.fixture(scope="module")
def rich() -> tuple[Report, str, Page]:
    found = rich_report()
    source = render_html(found)
    return found, source, Page(source)


def test_the_page_says_of_what_it_is_and_how_to_make_it_again() -> None:
    page = Page(render_html(report(table([ROW]), command="rexlab report r1 --by 'agent'", notes=("a word before",))))
    for words in ("rexlab report of r1", "abc123", "0.1.0", "rexlab report r1 --by 'agent'", "a word before", "a note"):
        assert words in page.text
    assert page.named("pre")[0]["tabindex"] == "0"


def test_every_cell_is_there_as_the_other_formats_write_it(rich: tuple[Report, str, Page]) -> None:
    found, _, page = rich
    words = set(page.text)
    for whole in found.sections:
        section = trimmed(whole)
        for row in section.rows:
            for cell, column in zip(row, section.columns, strict=True):
                assert show(cell, column.kind) in words
        assert {column.title for column in section.columns} <= words or not section.rows
        assert set(section.notes) <= words


def test_every_section_can_be_reached_and_says_how_to_read_it(rich: tuple[Report, str, Page]) -> None:
    found, _, page = rich
    links = [a["href"] for a in page.named("a")]
    ids = [attributes.get("id") for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for section in found.sections:
        assert f"#{section.name}" in links
        assert section.name in ids
        assert READING[section.name] in page.text


def test_figures_hold_json_that_names_their_section(rich: tuple[Report, str, Page]) -> None:
    _, _, page = rich
    plots = [div["data-figure"] for div in page.named("div") if div.get("data-figure")]
    assert plots == [script["id"] for script in page.named("script") if script.get("type") == "application/json"]
    assert len(plots) == len(page.data) == 9
    for data in page.data:
        assert set(json.loads(data)) == {"data", "layout"}


def test_the_page_loads_nothing_and_runs_only_its_own_scripts(rich: tuple[Report, str, Page]) -> None:
    _, _, page = rich
    (policy,) = [meta["content"] for meta in page.named("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert re.findall(r"(?<!font-)script-src ([^;]*);", policy)[0].split() == [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in page.scripts
    ]
    assert len(page.scripts) == 2
    assert not [tag for tag, found in page.tags if "src" in found or any(key.startswith("on") for key in found)]
    assert {link["href"] for link in page.named("link")} == {"data:,"}
    assert all((a["href"] or "").startswith("#") for a in page.named("a"))


def test_tables_can_be_read_by_a_screen_reader_and_a_keyboard() -> None:
    page = Page(render_html(report(table([ROW]))))
    heads = page.named("th")
    assert [head["scope"] for head in heads] == ["col", "col", "col", "col", "row"]
    assert [head.get("class") for head in heads[:4]] == ["words", "number", "number", "words long"]
    assert "A title: 1 row" in page.text
    (box,) = [div for div in page.named("div") if div.get("class") == "scroll table"]
    assert (box["role"], box["tabindex"]) == ("region", "0")
    assert [td.get("title") for td in page.named("td")] == ["one paper", None, None]


def test_without_javascript_the_page_says_what_is_missing(rich: tuple[Report, str, Page]) -> None:
    _, source, _ = rich
    (hidden, said) = re.findall(r"<noscript>(.*?)</noscript>", source, re.DOTALL)
    assert ".plot" in hidden
    assert "need JavaScript" in said


def test_a_page_without_figures_does_not_carry_the_library() -> None:
    assert len(render_html(report(table([ROW])))) < 50_000


def test_a_section_without_rows_shows_its_notes_and_no_table() -> None:
    page = Page(render_html(report(table([]))))
    assert not page.named("table")
    assert "a note" in page.text


def test_whatever_others_wrote_is_text() -> None:
    agents = [[HOSTILE, 10, 4], ["b", 10, 6]]
    columns = [Column("agent", HOSTILE), Column("trials", "trials", Kind.COUNT), Column("passed", "passed", Kind.COUNT)]
    figured = Section("outcomes", HOSTILE, columns, agents, [HOSTILE])  # type: ignore[arg-type]
    plain = table([[HOSTILE, Estimate(0.5, reason=HOSTILE), Share(1, 2), {HOSTILE: 3}]])
    safe = render_html(report(table([ROW])))
    source = render_html(Report(HOSTILE, [(HOSTILE, HOSTILE), ("command", HOSTILE)], [figured, plain], [HOSTILE]))
    source.encode()  # no half of a surrogate pair
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", source.partition("<script>")[0])
    page, known = Page(source), Page(safe)
    assert not page.named("img")
    assert {tag for tag, _ in page.tags} - {tag for tag, _ in known.tags} <= {"figure", "figcaption"}
    assert len(page.scripts) == 2
    (data,) = page.data
    assert "alert(1)" in data
    assert "<" not in data
    assert "49" not in "".join(page.text)
    shown = "<script>alert(1)</script> </script><!-- <img src=x onerror=alert(1)>"
    assert sum(text.startswith(shown) for text in page.text) >= 8


def test_a_huge_cell_is_cut_and_says_so() -> None:
    page = Page(render_html(report(table([["x" * 1_000_000, *ROW[1:]]]))))
    (text,) = [text for text in page.text if text.startswith("xxx")]
    assert text == "x" * MAX_TEXT + "\N{HORIZONTAL ELLIPSIS} (1,000,000 characters)"


def test_a_long_table_says_what_it_leaves_out() -> None:
    page = Page(render_html(report(table([ROW] * (MAX_ROWS + 1)))))
    assert len(page.named("tr")) == MAX_ROWS + 1
    assert any(text.startswith("the first 2,000 of 2,001 rows") for text in page.text)


def test_the_same_report_gives_the_same_page(rich: tuple[Report, str, Page]) -> None:
    found, source, _ = rich
    assert render_html(found) == source
