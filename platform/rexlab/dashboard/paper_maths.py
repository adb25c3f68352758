"""Maths in a paper's markdown: found while it is parsed, and written so that it is read as maths again."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

INLINE, DISPLAY = "math_inline", "math_block"
"""Types of the tokens; a display in the middle of a paragraph is inline, with ``$$`` as its markup."""
_LONGEST = 5000
"""Characters of an inline formula: a search for its end goes no further."""
_DISPLAYS = {"$$": "$$", "\\[": "\\]"}
_AFTER = re.compile(r"\s*([.,;:]?)\s*")
_LISTED = re.compile(r" *(?:[-+*>]|[0-9]{1,9}[.)]) ")
_LOOKED_AHEAD = 12
_LONG_LINE = 1000
"""Characters: nobody wrapped a longer line."""
_REFUSED = re.compile(
    # what addresses something outside, defines what every formula after it would use, or would cover the page
    r"\\(?:href|url|includegraphics|html[a-zA-Z]*|[gex]?def|let|futurelet|global|(?:re)?newcommand|providecommand)\b"
    r"|[0-9]{3,}(?:\.[0-9]*)?\s*(?:em|ex|pt|mu|px|cm|mm|in|pc|bp|sp|dd|cc)\b"
)


def with_whole_lines(text: str) -> str:
    """The text with lines joined that were wrapped just before what would begin a list, as in ``- 1$`` or ``1. So``."""
    lines: list[str] = []
    source = text.split("\n")
    for number, line in enumerate(source):
        before = lines[-1] if lines else ""
        listed = 0 < len(before) < _LONG_LINE and _LISTED.match(line)
        if listed and (_goes_on(before, line) or _ends_there(before, source, number)):
            lines[-1] = f"{before} {line.lstrip(' ')}"
        else:
            lines.append(line)
    return "\n".join(lines)


def _goes_on(before: str, line: str) -> bool:
    """Whether a formula goes on from one line to the next."""
    return "$" in line and _odd(before) and _odd(line)


def _ends_there(before: str, source: list[str], number: int) -> bool:
    """Whether ``1.`` is the end of a sentence: a list would have a second item."""
    if (
        not source[number].startswith("1. ")
        or not before[-1:].isalpha()
        or _LISTED.match(before)
        or before.startswith(("#", "|", "    "))
    ):
        return False
    for line in source[number + 1 : number + _LOOKED_AHEAD]:
        if not line.strip() or line.lstrip().startswith("2."):
            return not line.strip()
    return True


def _odd(line: str) -> bool:
    """Whether a formula that one dollar opens, or ends, goes beyond this line."""
    return len(re.findall(r"(?<![\\$])\$(?!\$)", re.sub(r"`[^`]*`", "", line))) % 2 == 1


def read_maths(parser: "MarkdownIt") -> None:
    r"""Teach the parser ``$…$``, ``$$…$$``, ``\(…\)`` and ``\[…\]``."""
    parser.inline.ruler.before("escape", INLINE, _inline)
    parser.block.ruler.before("fence", DISPLAY, _display, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def inline_maths(content: str, *, in_table: bool = False, display: bool = False) -> str | None:
    """The formula as ``$…$``; None where it cannot be one: its source is then shown."""
    formula = " ".join(content.split())
    if not formula or "$" in formula or _REFUSED.search(formula):
        return None
    if in_table:  # a bar would end the cell
        formula = formula.replace("\\|", "\\Vert ").replace("|", "\\vert ")
    return f"$\\displaystyle {formula}$" if display else f"${formula}$"


def display_maths(content: str) -> list[str] | None:
    """The formula as lines of a block of its own; None where it cannot be one."""
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    if not lines or "$$" in content or _REFUSED.search(content):
        return None
    return ["$$", *lines, "$$"]


def _inline(state: "StateInline", silent: bool) -> bool:
    source, start, limit = state.src, state.pos, min(state.posMax, state.pos + _LONGEST)
    if source.startswith("\\(", start):
        opening, closing, end = "\\(", "\\)", source.find("\\)", start + 2, limit)
    elif source.startswith("$$", start):
        opening, closing, end = "$$", "$$", source.find("$$", start + 2, limit)
    elif source.startswith("$", start):
        opening, closing, end = "$", "$", _end_of_dollars(source, start + 1, limit)
    else:
        return False
    content = source[start + len(opening) : end] if end >= 0 else ""
    if not content.strip():
        return False
    if not silent:
        token = state.push(INLINE, "math", 0)
        token.content, token.markup = content, opening
    state.pos = end + len(closing)
    return True


def _end_of_dollars(source: str, start: int, limit: int) -> int:
    """Where a formula ends that one dollar opens; -1: it opens none, and is a sum of money or a shell's variable."""
    if start >= limit or source[start].isspace():
        return -1
    end = source.find("$", start, limit)
    while end > 0 and source[end - 1] == "\\":
        end = source.find("$", end + 1, limit)
    if end < 0 or source[end - 1].isspace() or source[end + 1 : end + 2].isdigit():
        return -1
    return end


def _display(state: "StateBlock", first: int, last: int, silent: bool) -> bool:
    """A formula that has whole lines to itself, perhaps with the sentence's full stop after it."""
    line = _line(state, first)
    opening = line[:2]
    if opening not in _DISPLAYS or state.is_code_block(first):
        return False
    content, here, number = [], line[2:], first
    while _DISPLAYS[opening] not in here:
        number += 1
        if not here.strip() and number > first + 1:
            return False
        if number >= last or state.isEmpty(number) or state.sCount[number] < state.blkIndent or opening in here:
            return False
        content.append(here)
        here = _line(state, number)
    end = here.index(_DISPLAYS[opening])
    after = _AFTER.fullmatch(here[end + 2 :])
    content.append(here[:end].rstrip() + after[1] if after else "")
    if after is None or not "".join(content).strip(" .,;:"):
        return False
    if not silent:
        token = state.push(DISPLAY, "math", 0)
        token.content, token.block, token.map = "\n".join(content), True, [first, number + 1]
        state.line = number + 1
    return True


def _line(state: "StateBlock", number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
