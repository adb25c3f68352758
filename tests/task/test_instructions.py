"""Instructions are cut to a hint level: no hint above it shows, and nothing else is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.task.instructions import cut_to_level
from rexlab.task.variant import HintLevel, Shown, Variant

TEXT = """\
# Extension

Do it.

### Hints

Think of sums.

### More detailed hints

Call add.

## Constraints

Stay under an hour.
"""
LEVELS: tuple[HintLevel, ...] = ("default", "hints", "detailed_hints")


def test_each_level_adds_its_section() -> None:
    default, hints, detailed = (cut_to_level(TEXT, level) for level in LEVELS)
    assert default == "# Extension\n\nDo it.\n\n## Constraints\n\nStay under an hour.\n"
    assert "Think of sums." in hints
    assert "Call add." not in hints
    assert detailed == TEXT


def test_text_without_hints_is_the_same_at_every_level() -> None:
    text = "Do it.\r\n\r\nNo last line break"
    assert [cut_to_level(text, level) for level in LEVELS] == [text] * 3
    assert cut_to_level("", "default") == ""


@pytest.mark.parametrize(
    "heading", ["### Hints", "###  hints  ", "### HINTS ###", "### Hints:", "   ### Hints", "## Hints"]
)
def test_a_hint_heading_is_known_however_it_is_typed(heading: str) -> None:
    assert cut_to_level(f"Do it.\n{heading}\nThink.\n", "default") == "Do it.\n"


@pytest.mark.parametrize(
    "inside",
    [
        "```python\n# a comment, not a heading\n```\n",
        "~~~\n# in tildes\n~~~\n",
        "```\n~~~\n# other marks do not close it\n```\n",
        "````\n```\n# three do not close four\n````\n",
        "```\n```python\n# a closing fence has no word behind it\n```\n",
        "```one line```\n",
        "#hashtag, not a heading\n",
        "#!/bin/sh\n",
        "    # indented code\n",
        "####### seven are no heading\n",
    ],
)
def test_what_only_looks_like_a_heading_does_not_end_a_hint_section(inside: str) -> None:
    text = f"Do it.\n### Hints\n{inside}The secret.\n## Rest\nGo.\n"
    assert cut_to_level(text, "default") == "Do it.\n## Rest\nGo.\n"
    assert cut_to_level(text, "hints") == text


def test_a_hint_heading_in_a_code_block_hides_nothing() -> None:
    text = "Write this file:\n```\n### Hints\nnone\n```\nGo.\n"
    assert cut_to_level(text, "default") == text


LINES = st.lists(
    st.sampled_from(["a", "", "# H", "### Hints", "### More detailed hints", "```", "~~~", "#x"]), max_size=20
)


@given(LINES)
def test_no_line_is_lost_at_the_highest_level_and_lower_levels_keep_the_order(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    assert cut_to_level(text, "detailed_hints") == text
    for low, high in (("default", "hints"), ("hints", "detailed_hints")):
        left = iter(cut_to_level(text, high).splitlines())
        assert all(line in left for line in cut_to_level(text, low).splitlines())


def test_equal_variants_have_equal_digests_and_others_not() -> None:
    variant = Variant("suite/tiny", "d1", ("a.py:f", "a.py:g"))
    assert variant.digest == Variant("suite/tiny", "d1", ("a.py:f", "a.py:g"), Shown(paper=True)).digest
    others = [
        Variant("suite/other", "d1", ("a.py:f", "a.py:g")),
        Variant("suite/tiny", "d2", ("a.py:f", "a.py:g")),
        Variant("suite/tiny", "d1", ("a.py:f",)),
        Variant("suite/tiny", "d1", ("a.py:f", "a.py:g"), Shown(hints="hints")),
        Variant("suite/tiny", "d1", ("a.py:f", "a.py:g"), Shown(paper=False)),
        Variant("suite/tiny", "d1", ("a.py:f", "a.py:g"), Shown(commands=False)),
    ]
    assert len({variant.digest, *(v.digest for v in others)}) == 7
