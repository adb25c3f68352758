"""What a task says of itself, its paper and its experiments."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from rexlab.authoring.edit_texts import Texts
from rexlab.dashboard.authoring_draft import Draft
from rexlab.dashboard.authoring_places import Place
from webui.parts.text import plain
from webui.views.author_state import keep


def show_words(place: Place, draft: Draft, editable: bool) -> None:
    """A field for each, kept in the draft when it is left."""
    texts, saved = (
        draft.texts,
        Texts.of(draft.base.manifest),
    )  # what is saved says what is open: nothing shuts while typing
    field = _Fields(place, draft, editable)
    field.line(st, "Title", "title", texts.title)
    key = field.controlled("summary", texts.summary)
    st.text_area(
        "Summary", key=key, height="content", disabled=not editable, on_change=field.set, args=("summary", key)
    )
    with st.expander("The paper", expanded="TODO" in f"{saved.authors} {saved.url}"):
        field.line(st, "Title of the paper", "paper_title", texts.paper_title)
        authors, year = st.columns([4, 1])
        names = ", ".join(texts.authors)
        field.line(authors, "Authors, separated by commas", "authors", names, _split)
        key = field.controlled("year", texts.year)
        year.number_input("Year", 1900, 2100, key=key, disabled=not editable, on_change=field.set, args=("year", key))
        field.line(st, "Address", "url", texts.url)
    with st.expander("The experiments", expanded="TODO" in "".join(saved.experiments.values())):
        st.caption("One line for whoever reads the prompt: what each experiment measures.")
        for name, text in texts.experiments.items():
            key = field.controlled(f"experiment {name}", text)
            st.text_input(plain(name), key=key, disabled=not editable, on_change=field.set_experiment, args=(name, key))


class _Fields:
    """Fields that show what the draft says, and change it."""

    def __init__(self, place: Place, draft: Draft, editable: bool) -> None:
        self.place, self.draft, self.editable = place, draft, editable

    def controlled(self, name: str, value: object) -> str:
        """The key of a field, which is made to show this value."""
        key = f"{name} {self.place.id}"
        st.session_state[key] = value
        return key

    def line(self, where: Any, label: str, name: str, value: str, read: Callable[[str], Any] = str) -> None:
        """A field of one line."""
        key = self.controlled(name, value)
        where.text_input(label, key=key, disabled=not self.editable, on_change=self.set, args=(name, key, read))

    def set(self, name: str, key: str, read: Callable[[Any], Any] = lambda value: value) -> None:
        """Take up what was written."""
        keep(self.place, self.draft.write(name, read(st.session_state[key])))

    def set_experiment(self, name: str, key: str) -> None:
        """Take up what was written of an experiment."""
        keep(self.place, self.draft.write_experiment(name, st.session_state[key]))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())
