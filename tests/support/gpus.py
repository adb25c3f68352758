"""GPUs that are not there: for tests in this process, and for processes of a test."""

import contextlib
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rexlab.gpu.devices import Gpu, Inventory
from rexlab.gpu.nvml import NvmlProvider
from tests.support.require import lacking

FAKE_NVML = Path(__file__).parent / "fake_nvml"
"""First on a process's PYTHONPATH it stands in for NVIDIA's own module."""
_MINOR = 200
"""Of the first fake device file in /dev: no machine has so many GPUs."""


def fake_gpu(
    index: int,
    *,
    memory_mb: int = 40960,
    name: str = "NVIDIA A100-SXM4-40GB",
    cuda: str = "12.4",
    folder: Path = Path("/dev"),
) -> Gpu:
    """A GPU with device files below ``folder``, which need not be there."""
    nodes = (folder / f"nvidia{_MINOR + index}", folder / "nvidiactl", folder / "nvidia-uvm")
    return Gpu(uuid_of(index), index, name, memory_mb, nodes, driver="550.54.15", cuda=cuda)


def uuid_of(index: int) -> str:
    return f"GPU-{index:08x}-1111-2222-3333-444444444444"


@dataclass(frozen=True)
class FakeProvider:
    """Knows the GPUs it is given."""

    inventory: Inventory

    def look(self) -> Inventory:
        return self.inventory


def fake_driver(count: int, **changes: Any) -> dict[str, str]:
    """Variables of a process that finds a driver with so many GPUs, like those of ``fake_gpu``."""
    gpus = [
        {"uuid": uuid_of(i), "name": "NVIDIA A100-SXM4-40GB", "memory_mb": 40960, "minor": _MINOR + i}
        for i in range(count)
    ]
    state = {"driver": "550.54.15", "cuda": 12040, "gpus": gpus, **changes}
    return {"PYTHONPATH": str(FAKE_NVML), "FAKE_NVML": json.dumps(state)}


@contextlib.contextmanager
def device_files(folder: Path, count: int) -> Iterator[None]:
    """Device files of so many fake GPUs, each the kernel's null device by another name; one test at a time has them.

    Ends the test where they cannot be made: that takes root.
    """
    with Path(tempfile.gettempdir(), "rexlab-test-device-files").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        nodes = dict.fromkeys(node for index in range(count) for node in fake_gpu(index, folder=folder).nodes)
        made: list[Path] = []
        try:
            for node in nodes:
                if node.exists():
                    continue
                try:
                    os.mknod(node, stat.S_IFCHR | 0o666, os.makedev(1, 3))
                except PermissionError:
                    lacking("device files", "only root can make them", "run the tests as root")
                made.append(node)
                node.chmod(0o666)
            yield
        finally:
            for node in made:
                node.unlink()


def require_gpu() -> tuple[Gpu, ...]:
    """The GPUs of this machine; ends the test where there is none."""
    found = NvmlProvider().look()
    if not found.gpus:
        lacking("gpu", found.problem or "the driver knows of no GPU", found.remedy or "run the tests where one is")
        pytest.fail("unreachable")
    return found.gpus
