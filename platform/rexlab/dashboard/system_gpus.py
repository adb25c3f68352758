"""GPUs of this machine and who has them now: what ``rexlab doctor`` and the page System say of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rexlab.gpu.devices import NODES_REMEDY, Gpu, GpuProvider, Inventory, missing_nodes
from rexlab.gpu.leases import Held, leases_now
from rexlab.gpu.nvml import NvmlProvider
from rexlab.settings import Settings


@dataclass(frozen=True)
class GpuUse:
    """A GPU, and the leases of it."""

    gpu: Gpu
    slots: int
    """Trials that may share it."""
    leases: tuple[Held, ...]


@dataclass(frozen=True)
class GpusFound:
    """The GPUs that can be used here, in words and in full."""

    uses: tuple[GpuUse, ...]
    said: str
    """What there is, in a sentence; or why there is none."""
    remedy: str = ""
    """How to get what is missing; empty when nothing is."""


def look_at_gpus(settings: Settings, provider: GpuProvider | None = None) -> GpusFound:
    """Ask ``provider``, or else NVIDIA's driver, and the leases; takes seconds where the driver does."""
    inventory = (provider or NvmlProvider()).look()
    leases = leases_now(settings.gpu_lock_folder)
    uses = tuple(
        GpuUse(gpu, settings.gpu_slots, tuple(held for held in leases if held.uuid == gpu.uuid))
        for gpu in inventory.gpus
    )
    if not uses:
        why = [inventory.problem, *inventory.remarks]
        return GpusFound((), "; ".join(filter(None, why)) or "the driver knows of none", inventory.remedy)
    missing = missing_nodes(inventory.gpus)
    parts = [_words(inventory, uses), *inventory.remarks, *(f"{node} is missing" for node in missing)]
    return GpusFound(uses, "; ".join(parts), NODES_REMEDY if missing else "")


def _words(inventory: Inventory, uses: Sequence[GpuUse]) -> str:
    listed = ", ".join(f"{use.gpu.index} {use.gpu.name} ({use.gpu.memory_mb:,} MB)" for use in uses)
    leased = sum(bool(use.leases) for use in uses)
    first = inventory.gpus[0]
    return f"{listed}; driver {first.driver}, CUDA {first.cuda}; {leased} of {len(uses)} leased now"
