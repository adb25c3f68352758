"""The pool of a process: GPUs of this machine that it may lease from, by its settings."""

from functools import cache
from typing import TYPE_CHECKING

from rexlab.gpu.devices import GpuProvider, Inventory
from rexlab.gpu.leases import GpuPool
from rexlab.gpu.nvml import NvmlProvider
from rexlab.gpu.selection import select_gpus

if TYPE_CHECKING:
    from rexlab.settings import Settings


def pool_for(settings: "Settings", choice: str = "auto", provider: GpuProvider | None = None) -> GpuPool:
    """A pool of the chosen GPUs.

    Args:
        settings: Say where the locks are, and how many trials may share a GPU.
        choice: ``auto`` for all of the machine, ``none``, or some of them: see ``select_gpus``.
        provider: Who says which there are; None asks NVIDIA's driver.

    Raises:
        InputError: a GPU that was named is not there.
    """
    inventory = _driver() if provider is None else provider.look()
    why = inventory.problem or "; ".join(inventory.remarks) or "the driver knows of none"
    chosen = select_gpus(choice, inventory)
    return GpuPool(chosen, settings.gpu_lock_folder, settings.gpu_slots, "" if inventory.gpus else why)


def _driver() -> Inventory:
    """What the driver said; asked again where it knew of no GPU, for it may be better by then."""
    inventory = _asked()
    if not inventory.gpus:
        _asked.cache_clear()
    return inventory


@cache
def _asked() -> Inventory:
    return NvmlProvider().look()
