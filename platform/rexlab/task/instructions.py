"""An extension task's instructions, cut to a hint level without losing a line."""

import re

from rexlab.task.variant import HintLevel

_HEADINGS: dict[str, HintLevel] = {"hints": "hints", "more detailed hints": "detailed_hints"}
_HEADING = re.compile(r" {0,3}#{1,6}(?=\s|$)")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")
_ORDER: tuple[HintLevel, ...] = ("default", "hints", "detailed_hints")


def cut_to_level(text: str, level: HintLevel) -> str:
    """The instructions with the hint sections above ``level`` left out.

    A hint section runs from its heading (``### Hints``, ``### More detailed hints``) to the next heading,
    a heading being what CommonMark takes for one: not a ``#`` in a fenced block, and not ``#word``;
    everything else stays, in order and to the last line.
    """
    kept = []
    section: HintLevel = "default"
    fence = ""
    for line in text.splitlines(keepends=True):
        marker = _FENCE.match(line.rstrip())
        if fence:
            closes = marker is not None and marker["fence"].startswith(fence) and not marker["rest"]
            fence = "" if closes else fence
        elif marker is not None:
            fence = marker["fence"]
        elif _HEADING.match(line):
            section = _HEADINGS.get(" ".join(line.strip(" #:\r\n").lower().split()), "default")
        if _ORDER.index(section) <= _ORDER.index(level):
            kept.append(line)
    return "".join(kept)
