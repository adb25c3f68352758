"""Resource limits of a sandbox's processes, as the kernel keeps them per process and per user."""

import os
import platform
import resource
from pathlib import Path

from rexlab.sandbox.base import Limits, SandboxSpec

OPEN_FILES = 4096
OOM_SCORE = "500"
"""Makes the kernel, when the whole machine runs out of memory, end sandboxed programs before others."""


def per_process(spec: SandboxSpec, *, processes: int, memory_polled: bool) -> dict[int, int]:
    """Resource to limit, soft and hard.

    Address space is not limited: numerical libraries reserve far more than they use. Where memory is polled, a limit on
    writable private memory, well above what honest programs reserve, keeps one leap from exhausting the machine; not so
    with GPUs, for CUDA reserves as much as the GPUs and the machine have together.
    """
    limits = spec.limits
    found = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.disk_mb * 1024 * 1024,
        resource.RLIMIT_NOFILE: min(OPEN_FILES, _hard(resource.RLIMIT_NOFILE)),
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if memory_polled and not spec.gpus:
        found[resource.RLIMIT_DATA] = (4 * limits.memory_mb + 2048) * 1024 * 1024
    return {name: min(value, _hard(name)) for name, value in found.items()}


def _hard(name: int) -> int:
    hard = resource.getrlimit(name)[1]
    return hard if hard != resource.RLIM_INFINITY else 2**62


def processes_allowed(limits: Limits, *, own_id: bool, own_user_namespace: bool) -> int:
    """The per-user process limit that amounts to ``limits.pids`` in the sandbox.

    The kernel counts per user id; since 5.14 also per user namespace. Otherwise the caller's other processes count too.
    """
    if own_id or (own_user_namespace and _kernel() >= (5, 14)):
        return limits.pids
    return limits.pids + _tasks_of(os.getuid())


def _kernel() -> tuple[int, int]:
    major, minor = platform.release().split(".")[:2]
    return int(major), int("".join(filter(str.isdigit, minor)) or 0)


def _tasks_of(uid: int) -> int:
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == uid:
                total += len(list((process / "task").iterdir()))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return total
