"""This machine: what is available and what is missing, GPUs, and what rexlab's folders take of the disk."""

import streamlit as st

from rexlab.dashboard.system_disk import Place, places_of
from rexlab.dashboard.system_machine import Finding, look_at_machine
from webui.parts.state import settings
from webui.parts.tables import show_table

_COUNTING_S = 0.6
"""For the sizes of all folders together: what is not counted by then is said to be more."""
_MARKS = {"ok": "● ok", "missing": "○ missing", "problem": "✕ problem"}


@st.cache_data(show_spinner="Looking at this machine", ttl=60.0, max_entries=1)
def _machine() -> list[Finding]:
    return look_at_machine(settings())


@st.cache_data(show_spinner="Adding up files", ttl=60.0, max_entries=1)
def _places() -> list[Place]:
    return places_of(settings(), seconds=_COUNTING_S)


def show_machine() -> None:
    """What the command ``rexlab doctor`` says, and the disk."""
    st.subheader("Available here", anchor=False)
    rows = [
        {"What": f.name, "State": _MARKS[f.state], "Detail": f.detail, "How to get it": f.remedy} for f in _machine()
    ]
    show_table(rows, key="system-machine", columns={"Detail": st.column_config.TextColumn(width="large")})
    st.caption(
        "GPUs are listed as their driver tells them. This executor hands none to trials, so there are no leases of GPUs."
    )
    st.subheader("Disk", anchor=False)
    show_table([_place(place) for place in _places()], key="system-disk")
    st.caption("Looked up once a minute. A size with > was not counted to its end, which would take too long.")


def _place(place: Place) -> dict[str, object]:
    size = "-" if place.size is None else f"{'' if place.size.whole else '> '}{_bytes(place.size.bytes)}"
    return {
        "What": place.title,
        "Takes": size,
        "Free there": "-" if place.free is None else _bytes(place.free),
        "Where": place.path,
    }


def _bytes(count: int) -> str:
    """``512 B``, ``1.2 MB``: powers of ten, as disks are sold."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
