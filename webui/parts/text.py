"""Text from outside on a page: as it is, never as markup."""

import streamlit as st

from rexlab.dashboard.texts import escaped, readable


def plain(text: object) -> str:
    """One line of markdown that shows exactly this text: for labels, captions and boxes, which are markdown."""
    return escaped(str(text))


def show_text(text: str | bytes, *, language: str | None = None, height: int | None = None) -> None:
    """Text in a box of fixed width letters, highlighted where a language is given.

    Args:
        text: From anywhere; control characters are replaced, overlong lines and texts cut with a note.
        language: ``python``, ``diff``, ``bash`` …; None: not highlighted.
        height: Pixels, with a scroll bar inside; None: as high as it is.
    """
    st.code(readable(text), language=language, wrap_lines=True, height=height or "content")
