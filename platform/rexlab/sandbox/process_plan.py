"""Say, for one command of the process sandbox, what the launcher must do."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rexlab.sandbox import landlock, rlimits, seccomp
from rexlab.sandbox.base import Interpreter, SandboxSpec
from rexlab.sandbox.guards import MB
from rexlab.sandbox.holdings import Holdings
from rexlab.sandbox.host import hidden_folders

TMP_PLACEHOLDER = "\x1atmp"
"""Stands in the environment for the command's temporary folder, until that is made."""
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("ld.so.cache", "localtime", "passwd", "group", "nsswitch.conf", "hosts", "mime.types", "alternatives")
_READABLE = (*_SYSTEM, *(f"/etc/{name}" for name in _ETC), "/etc/ssl/certs", "/proc")
_SYS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_SHARED_MEMORY = "/dev/shm"
_NEVER_COVERED = {"etc", "proc", "sys", "dev", *(path[1:] for path in _SYSTEM)}


@dataclass(frozen=True)
class Setting:
    """What all commands of one sandbox have in common."""

    spec: SandboxSpec
    interpreter: Interpreter
    holdings: Holdings
    private_view: bool
    """Whether the launcher can hide folders in mounts of its own."""


def launcher_plan(
    setting: Setting, *, argv: Sequence[str], env: Mapping[str, str], workdir: str, tmp: Path, status: int
) -> dict[str, Any]:
    """The plan ``launcher.main`` reads; only what marshal can write."""
    spec, holdings = setting.spec, setting.holdings
    limits = spec.limits
    slot = holdings.slot
    processes = rlimits.processes_allowed(limits, own_id=slot.reserved, own_user_namespace=_user_namespace(setting))
    table = rlimits.per_process(spec, processes=processes, memory_polled=holdings.group is None)
    readable = [str(mount.source.resolve()) for mount in spec.mounts if not mount.writable]
    roots = [str(root) for root in setting.interpreter.roots]
    writable = [*map(str, holdings.writable), str(tmp)]
    devices = [*_DEVICES, *(str(node) for gpu in spec.gpus for node in gpu.nodes)]
    policy = seccomp.Policy(
        families=(seccomp.AF_UNIX,),
        own_ipc=False,
        own_pids=False,
        anonymous_files=holdings.group is not None,
    )
    return {
        "status": status,
        "caller": os.getpid(),
        "argv": list(argv),
        "env": dict(env),
        "workdir": workdir,
        "become": slot.reserved,
        "uid": slot.uid,
        "gid": slot.gid,
        "rlimits": list(table.items()),
        "processors": _processors(setting),
        "oom_score": rlimits.OOM_SCORE,
        "seccomp": seccomp.assemble(policy),
        "landlock": landlock.plan(
            read=[*_READABLE, *_SYS, *roots, *readable], write=[*writable, _SHARED_MEMORY], devices=devices
        ),
        "view": _view(setting, [*roots, *readable], writable) if setting.private_view else None,
    }


def _user_namespace(setting: Setting) -> bool:
    return setting.private_view and os.getuid() != 0


def _view(setting: Setting, readable: list[str], writable: list[str]) -> dict[str, Any]:
    """Cover every folder of the root but the system's own, and show again what the program needs."""
    with os.scandir("/") as entries:
        cover = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    return {
        "user_namespace": _user_namespace(setting),
        "own_proc": os.getuid() == 0,
        "cover": [path for path in cover if path[1:] not in _NEVER_COVERED],
        "show": sorted({*readable, *writable}, key=lambda path: path.count("/")),
        "writable": [*writable, _SHARED_MEMORY, "/proc"],
        "hide": [str(folder) for folder in hidden_folders([Path("/usr"), *map(Path, readable)])],
        "shared_memory": setting.spec.limits.memory_mb * MB,
    }


def _processors(setting: Setting) -> list[int]:
    """The processors to run on: all where a control group shares them out, else as many as the sandbox may use."""
    available = sorted(os.sched_getaffinity(0))
    if setting.holdings.group is not None:
        return available
    wanted = min(setting.spec.limits.cpus, len(available))
    first = setting.holdings.number * wanted
    return [available[(first + offset) % len(available)] for offset in range(wanted)]
