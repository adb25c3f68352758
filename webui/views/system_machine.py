"""This machine: what is available and what is missing, GPUs, and what rexlab's folders take of the disk."""

import streamlit as st

from rexlab.dashboard.system_all import look_at_all
from rexlab.dashboard.system_disk import Place, places_of
from rexlab.dashboard.system_gpus import GpusFound, GpuUse, look_at_gpus
from rexlab.dashboard.system_machine import Finding
from webui.parts.state import settings
from webui.parts.tables import show_table
from webui.parts.text import plain

_COUNTING_S = 2.0
"""For the sizes of all folders together: what is not counted by then is said to be more."""
_STATES = {
    "ok": (":material/check_circle:", "green"),
    "missing": (":material/radio_button_unchecked:", "gray"),
    "problem": (":material/error:", "red"),
}


@st.cache_data(show_spinner="Looking at this machine", ttl=60.0, max_entries=1)
def _machine() -> list[Finding]:
    return look_at_all(settings())


@st.cache_data(show_spinner="Adding up files", ttl=60.0, max_entries=1)
def _places() -> list[Place]:
    return places_of(settings(), seconds=_COUNTING_S)


@st.cache_data(show_spinner="Asking for GPUs", ttl=10.0, max_entries=1)
def _gpus() -> GpusFound:
    return look_at_gpus(settings())


def show_machine() -> None:
    """What the command ``rexlab doctor`` says, and the disk."""
    st.subheader("Available here", anchor=False)
    for finding in _machine():
        _show_finding(finding)
    _show_gpus(_gpus())
    st.subheader("Disk", anchor=False)
    show_table([_place(place) for place in _places()], key="system-disk")
    st.caption("Looked up once a minute. A size with > was not counted to its end, which would take too long.")


def _show_gpus(found: GpusFound) -> None:
    if not found.uses:
        return  # why there is none stands above
    st.subheader("GPUs", anchor=False)
    show_table([_gpu(use) for use in found.uses], key="system-gpus")
    st.caption("A lease ends with the process that has it. REXLAB_GPU_SLOTS says how many trials may share a GPU.")


def _show_finding(finding: Finding) -> None:
    name, detail = st.columns([3, 6])
    icon, colour = _STATES[finding.state]
    with name.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{plain(finding.name)}**", width="content")
        st.badge(finding.state, icon=icon, color=colour)  # type: ignore[arg-type]
    with detail:
        st.markdown(plain(finding.detail))
        if finding.remedy:
            st.caption(plain(finding.remedy))


def _gpu(use: GpuUse) -> dict[str, object]:
    return {
        "GPU": use.gpu.index,
        "Model": use.gpu.name,
        "Memory": f"{use.gpu.memory_mb:,} MB",
        "Leased": f"{len(use.leases)} of {use.slots}",
        "To": ", ".join(held.holder for held in use.leases) or "-",
        "UUID": use.gpu.uuid,
    }


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
