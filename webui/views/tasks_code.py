"""A task's code: a tree of its files with the functions that can be masked, and what was chosen in it."""

from collections.abc import Mapping

import streamlit as st

from rexlab.dashboard.tasks_code import CodeFile, Maskable, by_file, code_files, maskable, read_code
from rexlab.dashboard.texts import escaped
from rexlab.task.load import Task
from webui.parts.page import empty
from webui.parts.text import plain
from webui.views.tasks_function import show_function

_FILE, _FUNCTION = "task-file", "task-function"
_MANY = 150
"""A larger tree is a list to search in."""
_HIGH = 620
"""Pixels of a file that is longer than ``_LONG`` lines: it scrolls inside itself."""
_LONG = 30
_TREE = 1_400
"""Pixels of a tree that has more than ``_ROWS`` rows."""
_ROWS = 50
_WIDE = 32
"""Characters of a function's name in the tree."""


def show_code(task: Task) -> None:
    """The tree on the left; on the right the chosen function, and its file."""
    files, more = code_files(task)
    if not files:
        empty("The code of this task has no file.")
        return
    functions = maskable(task)
    here = by_file(functions)
    path, function = _chosen(task, files, functions)
    if functions:
        st.caption(
            f"{len(files):,} files, {len(functions)} functions that can be masked: they stand below their files."
        )
    if more:
        st.caption(f"There are more files: the first {len(files):,} are listed.")
    tree, text = st.columns([3, 5], gap="medium")
    with tree:
        if len(files) > _MANY:
            path, function = _search(files, here, path, function)
        else:
            _tree(files, here, path, function)
    with text:
        if function is not None:
            show_function(task, function)
        _file(task, path, here.get(path, []))


def _chosen(task: Task, files: list[CodeFile], functions: list[Maskable]) -> tuple[str, Maskable | None]:
    """What was clicked on last; at first the first function that can be masked, and its file."""
    known = {function.section.id: function for function in functions}
    chosen = st.session_state.get(_FUNCTION)
    if st.session_state.get(_FILE, ("", ""))[0] != task.id:
        first = min(functions, key=lambda f: (f.section.path, f.first_line), default=None)
        chosen, path = (first.section.id, first.section.path) if first else (None, files[0].path)
        st.session_state[_FILE], st.session_state[_FUNCTION] = (task.id, path), chosen
    path = st.session_state[_FILE][1]
    if path not in {file.path for file in files}:  # it was removed since
        path = files[0].path
    return path, known.get(chosen or "")


def _choose(task_id: str, path: str, function: str | None) -> None:
    st.session_state[_FILE], st.session_state[_FUNCTION] = (task_id, path), function


def _tree(files: list[CodeFile], here: Mapping[str, list[Maskable]], path: str, function: Maskable | None) -> None:
    """Folders by their path, in each its files, below these their functions."""
    folders: dict[str, list[CodeFile]] = {}
    for file in files:
        folders.setdefault(file.path.rpartition("/")[0], []).append(file)
    rows = len(files) + len(folders) + sum(map(len, here.values()))
    task_id = st.session_state[_FILE][0]
    with st.container(border=True, height=_TREE if rows > _ROWS else "content", gap="xxsmall", key="code-tree"):
        for folder in sorted(folders):
            if folder:
                st.markdown(f":material/folder: **{plain(folder)}**")
            for file in folders[folder]:
                name = file.path.rpartition("/")[2]
                st.button(
                    plain(name),
                    key=f"file-{file.path}",
                    icon=":material/description:",
                    type="secondary" if file.path == path and function is None else "tertiary",
                    on_click=_choose,
                    args=(task_id, file.path, None),
                )
                for found in here.get(file.path, []):
                    st.button(
                        f"\N{EM SPACE}:blue-badge[{plain(_short(found.section.qualname))}] :small[{found.range}]",
                        key=f"function-{found.section.id}",
                        type="secondary" if found == function else "tertiary",
                        on_click=_choose,
                        args=(task_id, file.path, found.section.id),
                    )


def _short(qualname: str) -> str:
    """Its end, which tells methods apart."""
    return qualname if len(qualname) <= _WIDE else f"\N{HORIZONTAL ELLIPSIS}{qualname[-_WIDE + 1 :]}"


def _search(
    files: list[CodeFile], here: Mapping[str, list[Maskable]], path: str, function: Maskable | None
) -> tuple[str, Maskable | None]:
    """One list of all files, and one of the functions in the chosen one."""
    paths = [file.path for file in files]
    chosen = st.selectbox(
        "File", paths, index=paths.index(path), format_func=lambda p: f"{p} ({len(here[p])})" if p in here else p
    )
    found = {f.section.qualname: f for f in here.get(chosen, [])}
    if not found:
        return chosen, None
    names = list(found)
    start = names.index(function.section.qualname) if function and function.section.path == chosen else 0
    return chosen, found[st.selectbox("Function that can be masked", names, index=start)]


def _file(task: Task, path: str, functions: list[Maskable]) -> None:
    text = read_code(task, path)
    st.markdown(f"**{escaped(path)}**")
    facts = [f"{text.size:,} bytes"]
    if text.binary:
        facts.append("a binary file, which is not shown")
    elif text.cut:
        facts.append(f"the first {len(text.text.encode()):,} are shown")
    if functions:
        facts.append("can be masked: " + ", ".join(f"{f.section.qualname} ({f.lines})" for f in functions))
    st.caption(escaped("; ".join(facts), 2_000))
    if text.binary:
        return
    if not text.text.strip():
        st.caption("The file is empty.")
        return
    high = text.text.count("\n") > _LONG
    st.code(text.text, language=text.language, line_numbers=True, height=_HIGH if high else "content")
