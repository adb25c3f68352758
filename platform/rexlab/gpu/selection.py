"""What ``--gpus`` means: ``auto``, ``none``, or numbers and UUIDs separated by commas."""

from collections.abc import Sequence

from rexlab.errors import InputError
from rexlab.gpu.devices import Gpu, Inventory


def select_gpus(choice: str, inventory: Inventory) -> tuple[Gpu, ...]:
    """The GPUs that are meant. ``auto`` takes all there are, and is content with none.

    Raises:
        InputError: one that is named is not there, or is named twice; the text says which there are.
    """
    names = [name.strip() for name in choice.split(",") if name.strip()]
    if names == ["auto"]:
        return inventory.gpus
    if names == ["none"]:
        return ()
    if not names:
        raise InputError("--gpus is empty: give auto, none, or GPUs by number or UUID, separated by commas")
    if not inventory.gpus:
        why = inventory.problem or "; ".join(inventory.remarks) or "the driver knows of none"
        raise InputError(f"--gpus {choice}: no GPU can be used here: {why}")
    chosen = [_find(name, choice, inventory.gpus) for name in names]
    twice = [gpu.index for gpu in chosen if chosen.count(gpu) > 1]
    if twice:
        raise InputError(f"--gpus {choice}: GPU {twice[0]} is named twice; REXLAB_GPU_SLOTS lets trials share a GPU")
    return tuple(chosen)


def _find(name: str, choice: str, gpus: Sequence[Gpu]) -> Gpu:
    for gpu in gpus:
        if name in (str(gpu.index), gpu.uuid):
            return gpu
    there = ", ".join(f"{gpu.index} ({gpu.name}, {gpu.uuid})" for gpu in gpus)
    raise InputError(f"--gpus {choice}: there is no GPU {name}; there are {there}")
