"""The pages of the UI by name, and ways from one to another."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn
from urllib.parse import urlencode

import streamlit as st


@dataclass(frozen=True)
class PageOf:
    """A page of the UI."""

    name: str
    """In addresses."""
    title: str
    icon: str
    group: str

    def draw(self) -> None:
        """Show it; its module is imported when it is first opened, which keeps the server's start short."""
        import_module(f"webui.views.{self.name.replace('-', '_')}").page()


PAGES = {
    page.name: page
    for page in (
        PageOf("leaderboard", "Leaderboard", "leaderboard", "Results"),
        PageOf("runs", "Runs", "play_circle", "Results"),
        PageOf("trial", "Trial", "science", "Results"),
        PageOf("compare", "Compare", "compare_arrows", "Results"),
        PageOf("new-run", "New run", "add_circle", "Work"),
        PageOf("tasks", "Tasks", "menu_book", "Work"),
        PageOf("author", "Author", "edit_note", "Work"),
        PageOf("system", "System", "monitor_heart", "Server"),
    )
}
"""In the order of the navigation; the first one opens at ``/``."""
_REGISTERED = "pages of this session"


def navigation() -> Callable[[], None]:
    """Draw the navigation, and return what draws the page that was asked for."""
    made = {
        name: st.Page(
            page.draw,
            title=page.title,
            icon=f":material/{page.icon}:",
            url_path=name,
            default=name == next(iter(PAGES)),
        )
        for name, page in PAGES.items()
    }
    groups: dict[str, list[st.Page]] = {}
    for name, page in PAGES.items():
        groups.setdefault(page.group, []).append(made[name])
    chosen = st.navigation(groups)
    st.session_state[_REGISTERED] = made
    return chosen.run


def go(name: str, **query: str) -> NoReturn:
    """Open another page, with this query in its address."""
    st.switch_page(st.session_state[_REGISTERED][name], query_params=query)


def link(label: str, name: str, **query: str) -> None:
    """A link to a page. ``label`` is markdown: anything from outside goes through ``plain`` first."""
    st.page_link(st.session_state[_REGISTERED][name], label=label, query_params=query)


def href(name: str, **query: str) -> str:
    """A page's address relative to any other page's, for links inside of tables."""
    path = "" if name == next(iter(PAGES)) else name
    return f"{path}?{urlencode(query)}" if query else path or "./"
