"""What of this machine sandboxes without an image of their own show: the interpreter, and never rexlab itself."""

import sys
from collections.abc import Sequence
from pathlib import Path

import rexlab
from rexlab.sandbox.base import Interpreter


def host_interpreter() -> Interpreter:
    """The Python this process runs on, without its virtual environment, as bubblewrap and process sandboxes see it."""
    executable = Path(getattr(sys, "_base_executable", sys.executable) or sys.executable).resolve()
    roots = {Path(sys.base_prefix).resolve(), Path(sys.base_exec_prefix).resolve(), executable.parent}
    outside = sorted(root for root in roots if not root.is_relative_to("/usr"))
    outermost = [root for root in outside if not any(root != other and root.is_relative_to(other) for other in outside)]
    return Interpreter(
        executable=str(executable),
        version=f"{sys.version_info.major}.{sys.version_info.minor}",
        roots=tuple(outermost),
    )


def hidden_folders(visible: Sequence[Path]) -> list[Path]:
    """Folders below the visible ones that must not be seen: rexlab's own, which may hold references of tasks."""
    package = Path(rexlab.__file__).resolve().parent
    return [package] if any(package.is_relative_to(folder) for folder in visible) else []
