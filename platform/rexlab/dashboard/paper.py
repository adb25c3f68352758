"""A paper's markdown made safe to draw: its structure, emphasis and maths stay, and nothing in it is active."""

import re
import string
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from rexlab.dashboard.paper_maths import DISPLAY, INLINE, display_maths, inline_maths, read_maths, with_whole_lines
from rexlab.reports.cells import printable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

MAX_CHARACTERS = 200_000
"""Of a longer text the beginning is drawn."""
_MAX_MARKS = 10_000
"""Where more characters could open or close an emphasis, none is read: the time grows with their square."""
_JOINER = "\N{WORD JOINER}"
"""Invisible, and neither space nor letter. What Streamlit looks for after it has parsed the markdown, where a backslash
no longer counts (``:emoji:``, ``:material/icon:``, addresses), is not there once this stands in it."""
_LEVELS_DOWN = 2
"""A paper's title is a heading below those of the page."""
_LANGUAGES = frozenset({"python", "py", "bash", "sh", "shell", "toml", "json", "yaml", "diff", "text", "csv", "latex"})
_BRACKETS = {ord(character): f"&#{ord(character)};" for character in "()[]"}
"""By number: with a backslash they would be what maths begins and ends with."""
_ESCAPED = re.compile(f"[{re.escape(''.join(set(string.punctuation) - set('()[]')))}]")
_ACTIVE = re.compile(r":(?!\s)|@|(?<=www)(?=\.)", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^\s<>\"'`|]+)", re.IGNORECASE)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), "")

Nodes = Sequence["SyntaxTreeNode"]


def safe_markdown(text: str) -> str:
    """The text as markdown in which nothing is active, for Streamlit's renderer.

    It is parsed and written anew, so that all there is in it was written here: headings (two levels down), paragraphs,
    lists, quotes, tables, code, emphasis, and maths as KaTeX takes it. A link is its text, with the address as
    text; an image is its description; HTML, Streamlit's directives, emoji and icons are the characters they are written
    with. Maths that would load, define or cover something is shown as its source.
    """
    short = text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS]
    clean = printable("".join(" " if unicodedata.category(c) == "Zs" else c for c in short.translate(_INVISIBLE)))
    from markdown_it.tree import SyntaxTreeNode

    try:
        parser = _parser(emphasis=sum(map(clean.count, "*_~")) <= _MAX_MARKS)
        lines = _blocks(SyntaxTreeNode(parser.parse(with_whole_lines(clean))).children, tight=False)
    except RecursionError:  # images in images, thousands deep
        lines = _fenced(clean, "")
    if len(text) > MAX_CHARACTERS:
        lines += ["", f"*The text goes on: {len(text):,} characters, of which {MAX_CHARACTERS:,} are shown.*"]
    # the frontend rewrites this before it parses, in code and maths too
    return "\n".join(lines).replace(":material/", f":{_JOINER}material/")


@cache
def _parser(emphasis: bool) -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).enable(["table", "strikethrough"])
    if not emphasis:
        parser.disable(["emphasis", "strikethrough"])
    read_maths(parser)
    return parser


def _blocks(nodes: Nodes, tight: bool) -> list[str]:
    """Blocks one below the other; in a tight list only what needs a blank line before it has one."""
    lines: list[str] = []
    before = ""
    for node, mark in zip(nodes, _marks(nodes), strict=True):
        block = _block(node, mark)
        if lines and block and not (tight and _joins(node, block, before)):
            lines.append("")
        lines += block
        before = node.type
    return lines


def _joins(node: "SyntaxTreeNode", block: list[str], before: str) -> bool:
    """Whether the block is read as what it is on the line after such a block."""
    match node.type:
        case "math_block":
            return before == "paragraph"
        case "paragraph":
            return before == DISPLAY
        case "bullet_list" | "ordered_list":
            return before in ("paragraph", DISPLAY) and block[0].startswith(("- ", "1. "))
    return False


def _marks(nodes: Nodes) -> Iterator[str]:
    """What each list's items begin with: lists side by side have different marks, or they would become one."""
    before = mark = ""
    for node in nodes:
        marks = {"bullet_list": "-*", "ordered_list": ".)"}.get(node.type, "")
        mark = marks[before == node.type and mark == marks[0]] if marks else ""
        before = node.type
        yield mark


def _block(node: "SyntaxTreeNode", mark: str) -> list[str]:
    match node.type:
        case "paragraph":
            return _paragraph(_inline(node))
        case "heading":
            depth = min(int(node.tag[1]) + _LEVELS_DOWN, 6)
            words = _Line(one_line=True).write(_inline(node))
            return [f"{'#' * depth} {' '.join(words.split())}"] if words.strip() else []
        case "bullet_list" | "ordered_list":
            return _list(node, mark)
        case "blockquote":
            return [f"> {line}".rstrip() for line in _blocks(node.children, tight=False)]
        case "table":
            return _table(node)
        case "hr":
            return ["***"]
        case "math_block":
            return display_maths(node.content) or _fenced(node.content, "latex")
    language = node.info.split()[0].lower() if node.type == "fence" and node.info.split() else ""
    formula = display_maths(node.content) if language == "math" else None
    return formula or _fenced(node.content, language)


def _paragraph(nodes: Nodes) -> list[str]:
    """The paragraph; a display in its middle is a block between its halves."""
    lines: list[str] = []
    part: list[SyntaxTreeNode] = []
    for node in [*nodes, None]:
        formula = display_maths(node.content) if node is not None and _is_display(node) else None
        if node is not None and formula is None:
            part.append(node)
            continue
        written = [line.strip() for line in _Line().write(part).split("\n")]
        lines += [line for line in written if line.strip(f" {_JOINER}")]
        lines += formula or []
        part = []
    return lines


def _is_display(node: "SyntaxTreeNode") -> bool:
    return node.type == INLINE and node.markup == "$$"


def _list(node: "SyntaxTreeNode", mark: str) -> list[str]:
    number = int(node.attrs.get("start", 1))
    tight = not any(child.type == "paragraph" and not child.hidden for item in node.children for child in item.children)
    lines: list[str] = []
    for position, item in enumerate(node.children):
        bullet = f"{mark} " if node.type == "bullet_list" else f"{number + position}{mark} "
        inside = _blocks(item.children, tight) or [""]
        if lines and not tight:
            lines.append("")
        lines.append(f"{bullet}{inside[0]}".rstrip())
        lines += [f"{' ' * len(bullet)}{line}".rstrip() for line in inside[1:]]
    return lines


def _table(node: "SyntaxTreeNode") -> list[str]:
    rows = [row.children for part in node.children for row in part.children]
    lines = [f"| {' | '.join(_Line(one_line=True, in_table=True).write(_inline(c)) for c in row)} |" for row in rows]
    ruler = [_ALIGNED.get(str(cell.attrs.get("style", "")), "---") for cell in rows[0]]
    return [lines[0], f"| {' | '.join(ruler)} |", *lines[1:]]


_ALIGNED = {"text-align:right": "---:", "text-align:center": ":---:", "text-align:left": ":---"}


def _inline(node: "SyntaxTreeNode") -> Nodes:
    """What stands in a paragraph, a heading or a cell."""
    return node.children[0].children if node.children else []


def _fenced(content: str, language: str) -> list[str]:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", content)), default=0))
    return [fence + (language if language in _LANGUAGES else ""), *content.rstrip("\n").split("\n"), fence]


@dataclass
class _Line:
    """Writes what stands in a paragraph, a heading or a cell."""

    one_line: bool = False
    in_table: bool = False
    parts: list[str] = field(default_factory=list)

    def write(self, nodes: Nodes) -> str:
        """The nodes as markdown; line breaks as the source has them."""
        for node in nodes:
            self._node(node)
        return "".join(self.parts)

    def _node(self, node: "SyntaxTreeNode") -> None:
        match node.type:
            case "softbreak":
                self.parts.append(" " if self.one_line else "\n")
            case "hardbreak":
                self.parts.append(" " if self.one_line else "\\\n")
            case "code_inline":
                self._code(node.content)
            case "em" | "strong" | "s":
                mark = {"em": "*", "strong": "**", "s": "~~"}[node.type]
                self._apart(mark)
                self.write(node.children)
                self.parts.append(mark)
            case "link":
                self._link(node)
            case "image":
                self._text(f"[image: {node.content}]" if node.content else "[image]")
            case "math_inline":
                formula = inline_maths(node.content, in_table=self.in_table, display=_is_display(node))
                if formula is None:
                    self._code(node.content)
                else:
                    self._apart(formula)
            case _:
                self._text(node.content)

    def _apart(self, written: str) -> None:
        """Adds what would read differently if it touched its like."""
        if self.parts and self.parts[-1][-1:] == written[0]:
            self.parts.append(_JOINER)
        self.parts.append(written)

    def _link(self, node: "SyntaxTreeNode") -> None:
        address = str(node.attrs.get("href", ""))
        text = "".join(child.content for child in node.children)
        if text != address:
            self.write(node.children)
        if address.startswith("#"):
            return
        if text != address:
            self.parts.append(f" {_BRACKETS[ord('(')]}")
        self._code(address)
        if text != address:
            self.parts.append(_BRACKETS[ord(")")])

    def _text(self, text: str) -> None:
        for position, piece in enumerate(_ADDRESS.split(" ".join(f"_{text}_".split())[1:-1])):
            end = _end_of_address(piece) if position % 2 else 0
            self._code(piece[:end])
            if rest := _escape(piece[end:]):
                self.parts.append(rest)

    def _code(self, content: str) -> None:
        content = " ".join(content.split("\n"))
        if self.in_table:
            content = content.replace("|", "\\|")
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", content)), default=0))
        pad = " " if content[:1] in ("`", " ") or content[-1:] in ("`", " ") else ""
        if content.strip():
            self._apart(f"{fence}{pad}{content}{pad}{fence}")


def _end_of_address(text: str) -> int:
    """Where an address ends that stands in a sentence."""
    end = len(text.rstrip(".,;:!?"))
    while text[:end].endswith(")") and text.count(")", 0, end) > text.count("(", 0, end):
        end = len(text[: end - 1].rstrip(".,;:!?"))
    return end


def _escape(text: str) -> str:
    broken = _ACTIVE.sub(lambda match: match[0] + _JOINER, text)
    return _ESCAPED.sub(r"\\\g<0>", broken).translate(_BRACKETS)
