"""What else there is to know of a task: its README, environment, limits, protected paths, digest and folder."""

import streamlit as st

from rexlab.dashboard.texts import readable
from rexlab.reports.cells import duration
from rexlab.task.load import Task
from webui.parts.text import plain
from webui.views.tasks_paper import show_markdown

_README = "README.md"


def show_about(task: Task) -> None:
    """Facts of the manifest, then the README."""
    manifest, environment = task.manifest, task.manifest.environment
    facts = [
        ("Paper", f"{manifest.paper.title}\n{', '.join(manifest.paper.authors)} ({manifest.paper.year})"),
        ("Address", manifest.paper.url),
        ("Tags", ", ".join(manifest.task.tags) or "none"),
        ("Environment", _environment(task)),
        ("Set-up", environment.setup or "none"),
        ("Limits", _limits(task)),
        ("Network", "none" if environment.network == "none" else ", ".join(environment.network)),
        ("Protected", "\n".join(manifest.protect.paths) or "nothing"),
        ("Canary", str(manifest.task.canary)),
        ("Digest", task.digest),
        ("Folder", str(task.folder)),
    ]
    with st.container(border=True):
        for name, value in facts:
            title, text = st.columns([1, 5])
            title.markdown(f"**{plain(name)}**")
            text.text(readable(value))
    readme = task.folder / _README
    if readme.is_file():
        show_markdown(readme.read_text("utf-8", "replace"))
    else:
        st.caption("The task's folder has no README.md.")


def _environment(task: Task) -> str:
    environment = task.manifest.environment
    if environment.image:
        return f"image {environment.image}, in the docker sandbox alone"
    if environment.dockerfile:
        return f"built from {environment.dockerfile}, in the docker sandbox alone"
    return "\n".join(environment.requirements) or "Python alone"


def _limits(task: Task) -> str:
    environment = task.manifest.environment
    longest = max(e.timeout_s for e in task.experiments)
    parts = [f"{environment.cpus} CPU{'s' * (environment.cpus != 1)}", f"{environment.memory_mb:,} MB of memory"]
    parts += [f"{environment.gpus} GPU{'s' * (environment.gpus != 1)}"] if environment.gpus else []
    return ", ".join([*parts, f"at most {duration(longest)} for an experiment"])
