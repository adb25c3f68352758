"""What a GPU is to rexlab, and who can say which there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Gpu:
    """A GPU of this machine, with what must be known of it to hand it to a program."""

    uuid: str
    """``GPU-…``; the same after a reboot, and on no other machine."""
    index: int
    """Its number among the GPUs of the machine, as ``nvidia-smi`` counts."""
    name: str
    """The model: ``NVIDIA A100-SXM4-40GB``."""
    memory_mb: int
    """MiB in all."""
    nodes: tuple[Path, ...]
    """Device files a program needs to use it: its own, and those that all GPUs of the machine share."""
    driver: str
    """Version of the driver: ``550.54.15``."""
    cuda: str
    """Newest CUDA that the driver serves: ``12.4``."""


@dataclass(frozen=True)
class Inventory:
    """The GPUs of a machine that can be used."""

    gpus: tuple[Gpu, ...] = ()
    """By index."""
    problem: str = ""
    """Why none could be looked for; empty when they could."""
    remedy: str = ""
    remarks: tuple[str, ...] = ()
    """One sentence on each GPU that is there and cannot be used."""


class GpuProvider(Protocol):
    """Somebody who knows the GPUs of this machine."""

    def look(self) -> Inventory:
        """Look now; takes seconds at the most, and never raises for want of GPUs."""
        ...


def missing_nodes(gpus: Iterable[Gpu]) -> list[Path]:
    """Device files of these GPUs that are not there, so that no program could use them."""
    return [node for node in dict.fromkeys(node for gpu in gpus for node in gpu.nodes) if not node.exists()]


NODES_REMEDY = "make it once after each boot, as root: nvidia-modprobe -u -c=0"
"""For a missing device file: the driver makes /dev/nvidia-uvm only when first asked to."""
