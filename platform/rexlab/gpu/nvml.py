"""NVIDIA's GPUs, as the driver's management library (NVML) tells them."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from rexlab.gpu.devices import Gpu, Inventory

_PATIENCE_S = 10.0
"""A driver that takes longer is broken. Without persistence mode an honest one takes about a second per GPU."""
_DEV = Path("/dev")
_SHARED = ("nvidiactl", "nvidia-uvm")
_PROFILING = "nvidia-uvm-tools"
"""Used where it is there; nothing but profilers needs it."""
_NO_LIBRARY = "install NVIDIA's driver, or inside a container start it with the GPUs; only tasks with gpus > 0 need one"
_NO_ANSWER = "look at the driver: dmesg | grep -i nvrm; with many GPUs turn persistence mode on: nvidia-smi -pm 1"


class NvmlProvider:
    """Asks NVML anew each time, and keeps nothing open: a process that forks later is none the worse."""

    def look(self) -> Inventory:
        """See ``GpuProvider.look``."""
        answer: Future[Inventory] = Future()
        # a thread that the process does not wait for: a driver in trouble may never answer
        Thread(target=_answer, args=(answer,), name="nvml", daemon=True).start()
        try:
            return answer.result(_PATIENCE_S)
        except TimeoutError:
            return Inventory(problem=f"NVIDIA's driver does not answer within {_PATIENCE_S:.0f} s", remedy=_NO_ANSWER)


def _answer(answer: "Future[Inventory]") -> None:
    try:
        answer.set_result(_look())
    except BaseException as error:
        answer.set_exception(error)


def _look() -> Inventory:
    import pynvml

    try:
        with _open_library(pynvml):
            return _inventory(pynvml)
    except pynvml.NVMLError_LibraryNotFound:
        return Inventory(problem="there is no NVIDIA driver here (no libnvidia-ml.so.1)", remedy=_NO_LIBRARY)
    except pynvml.NVMLError as error:
        return Inventory(problem=f"NVIDIA's driver fails: {error}", remedy=_NO_ANSWER)


@contextmanager
def _open_library(nvml: Any) -> Iterator[None]:
    nvml.nvmlInit()
    try:
        yield
    finally:
        nvml.nvmlShutdown()


def _inventory(nvml: Any) -> Inventory:
    driver = _text(nvml.nvmlSystemGetDriverVersion())
    number = int(nvml.nvmlSystemGetCudaDriverVersion_v2())
    cuda = f"{number // 1000}.{number % 1000 // 10}"
    gpus, remarks = [], []
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            if _is_divided(nvml, handle):
                remarks.append(
                    f"GPU {index} is divided by MIG, which rexlab does not lease: nvidia-smi -i {index} -mig 0"
                )
                continue
            gpus.append(
                Gpu(
                    uuid=_text(nvml.nvmlDeviceGetUUID(handle)),
                    index=index,
                    name=_text(nvml.nvmlDeviceGetName(handle)),
                    memory_mb=int(nvml.nvmlDeviceGetMemoryInfo(handle).total) // 2**20,
                    nodes=_nodes(int(nvml.nvmlDeviceGetMinorNumber(handle))),
                    driver=driver,
                    cuda=cuda,
                )
            )
        except nvml.NVMLError as error:  # one that fell off the bus must not take the others with it
            remarks.append(f"GPU {index} cannot be used: {error}")
    return Inventory(tuple(gpus), remarks=tuple(remarks))


def _is_divided(nvml: Any, handle: Any) -> bool:
    try:
        current, _ = nvml.nvmlDeviceGetMigMode(handle)
    except nvml.NVMLError_NotSupported:
        return False
    return bool(current)


def _nodes(minor: int) -> tuple[Path, ...]:
    names = [f"nvidia{minor}", *_SHARED, *([_PROFILING] if (_DEV / _PROFILING).exists() else [])]
    return tuple(_DEV / name for name in names)


def _text(value: str | bytes) -> str:
    """Older versions of the module give bytes."""
    return value.decode() if isinstance(value, bytes) else value
