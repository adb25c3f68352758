"""An extension task's instructions, cut to a hint level without losing a line."""

from rexlab.task.variant import HintLevel

_HEADINGS: dict[str, HintLevel] = {"### hints": "hints", "### more detailed hints": "detailed_hints"}
_ORDER: tuple[HintLevel, ...] = ("default", "hints", "detailed_hints")


def cut_to_level(text: str, level: HintLevel) -> str:
    """The instructions with the hint sections above ``level`` left out.

    A hint section runs from its heading (``### Hints``, ``### More detailed hints``) to the next heading of any level;
    everything else stays, in order and to the last line.
    """
    kept = []
    section: HintLevel = "default"
    fenced = False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif line.startswith("#") and not fenced:
            section = _HEADINGS.get(line.strip().lower(), "default")
        if _ORDER.index(section) <= _ORDER.index(level):
            kept.append(line)
    return "".join(kept)
