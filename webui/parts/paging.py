"""Long lists in pages: a table shows one of them, and the numbers to the others stand below it."""

from collections.abc import Hashable

import streamlit as st


def page_offset(count: int, per_page: int, *, key: str, of: Hashable) -> int:
    """Draw the pages' numbers where there are several; how many items come before the page that was chosen.

    Draw it before the table, and the table into a container that stands above it.

    Args:
        count: Of all items.
        per_page: How many a page shows at most.
        key: Of the widget.
        of: What the list is of, its filters: another list begins at its first page.
    """
    pages = -(-count // per_page)
    if pages < 2:
        return 0
    chosen = st.pagination(pages, key=f"{key}-{hash(of) & 0xFFFFFFFF:08x}")
    return (min(chosen, pages) - 1) * per_page
