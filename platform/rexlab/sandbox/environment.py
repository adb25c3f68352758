"""The few environment variables every program in a sandbox gets."""

import sys
from collections.abc import Mapping
from pathlib import Path

from rexlab.errors import SandboxError
from rexlab.sandbox.base import Interpreter, Limits

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def base_environment(limits: Limits, interpreter: Interpreter, home: str) -> dict[str, str]:
    """What is set in every sandbox, and all that is set there besides what the caller gives.

    ``home`` is the private temporary folder. ``USER`` is there because the id programs run as has no entry in the user
    database, and ``getpass.getuser`` would fail.
    """
    return {
        "PATH": f"{Path(interpreter.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": home,
        "USER": "rexlab",
        "LOGNAME": "rexlab",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **dict.fromkeys(THREAD_VARIABLES, str(limits.cpus)),
    }


def full_environment(*layers: Mapping[str, str]) -> dict[str, str]:
    """Merge layers, later ones winning; a variable no program could receive is an error of the caller."""
    merged: dict[str, str] = {}
    for layer in layers:
        for name, value in layer.items():
            if not name or "=" in name or "\0" in name or "\0" in value:
                raise SandboxError(f"{name!r} cannot be an environment variable, or not with the value {value!r}")
            merged[name] = value
    return merged


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
