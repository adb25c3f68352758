"""What pages begin with, and what they say when there is nothing to show."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import streamlit as st

from rexlab.errors import RexlabError
from webui.parts.pages import link
from webui.parts.state import read_only
from webui.parts.text import plain


def header(title: str, about: str = "") -> None:
    """The page's title, and a line below it. Both are text."""
    st.title(plain(title), anchor=False)
    if about:
        st.caption(plain(about))


def empty(message: str, *, command: str | None = None) -> None:
    """There is nothing here: what to do next, and the command that does it."""
    st.info(plain(message), icon=":material/info:")
    if command:
        st.code(command, language="bash")


def no_trials(message: str, tasks: str = "classic") -> None:
    """No trial has been run that could be shown: the ways to run some of these tasks, here and at a shell."""
    empty(message, command=f"rexlab run {tasks} --harness oracle,noop --masks 1 --limit 2")
    if not read_only():
        link("New run", "new-run")


def gone(what: str) -> NoReturn:
    """There is no such thing: say so, and end the page."""
    st.warning(plain(what), icon=":material/search_off:")
    st.stop()


@contextmanager
def guard() -> Iterator[None]:
    """Show an error that rexlab raises on purpose as the sentence it is; whatever else is in the block is not drawn."""
    try:
        yield
    except RexlabError as error:
        st.error(plain(error), icon=":material/error:")
