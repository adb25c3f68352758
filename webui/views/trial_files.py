"""Every file kept of a trial, to be downloaded; none is read before it is asked for."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from rexlab.dashboard.counts import counted
from rexlab.dashboard.trial_files import KeptFile, kept_files
from rexlab.store.models import ArtifactRow
from rexlab.store.queries import TrialRecord
from webui.parts.page import empty
from webui.parts.state import artifacts
from webui.parts.text import plain


def files(record: TrialRecord, rows: Sequence[ArtifactRow]) -> None:
    """A line for each file."""
    if not rows:
        waits = record.outcome is None
        empty("Files are kept when the agent has ended." if waits else "No file was kept of this trial.")
        return
    st.caption(
        f"{counted(len(rows), 'file')}. Each is checked against its SHA-256 before it is handed out: where a download "
        "fails, the file is no longer what was saved."
    )
    for file in kept_files(rows, artifacts()):
        _line(file)


def _line(file: KeptFile) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width="stretch", gap=None):
            st.markdown(f"**{plain(file.name)}**")
            st.caption(plain(f"{file.about}; {_size(file.row.size)}; SHA-256 {file.row.sha256[:12]}…"))
            if file.problem:
                st.error(plain(file.problem), icon=":material/error:")
        if not file.problem:
            st.download_button(
                "Download",
                partial(artifacts().load, file.row),
                file_name=file.name,
                mime="application/octet-stream",
                key=f"download-{file.row.id}",
                icon=":material/download:",
                on_click="ignore",  # a rerun would take away what the browser is about to ask for
                help=plain(f"Download {file.name}"),
            )


def _size(count: int) -> str:
    for unit, size in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:,} bytes"
