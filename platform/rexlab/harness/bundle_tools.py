"""Run the programs that make a bundle: uv, apt, dpkg, npm, the bundle's own Python."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from rexlab.errors import EnvironmentBuildError

_TIMEOUT_S = 1800


def run_tool(
    command: Sequence[str],
    purpose: str,
    remedy: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> str:
    """Run a program to its end; returns what it printed. ``purpose`` completes "X could not …".

    Raises:
        EnvironmentBuildError: it failed or took too long; the text holds its last lines and the remedy.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
        )
    except subprocess.TimeoutExpired as error:
        raise EnvironmentBuildError(f"{name} could not {purpose} within {timeout_s:g} s; {remedy}") from error
    except OSError as error:
        raise EnvironmentBuildError(f"{name} could not {purpose}: {error.strerror}; {remedy}") from error
    if done.returncode:
        last = "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-5:])
        raise EnvironmentBuildError(f"{name} could not {purpose}; {remedy}. Its last lines:\n{last}")
    return done.stdout
