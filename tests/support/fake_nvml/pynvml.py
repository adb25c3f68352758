"""Stands in for NVIDIA's ``pynvml`` in processes of a test, first on their PYTHONPATH; see ``tests.support.gpus``.

``FAKE_NVML`` is JSON: ``{"driver", "cuda", "gpus": [{"uuid", "name", "memory_mb", "minor", "mig", "lost"}]}``, or
``{"fails": "what"}``; without the variable there is no driver.
"""

import json
import os
from types import SimpleNamespace


class NVMLError(Exception):
    pass


class NVMLError_LibraryNotFound(NVMLError):
    pass


class NVMLError_NotSupported(NVMLError):
    pass


_state = None


def nvmlInit():
    global _state
    text = os.environ.get("FAKE_NVML")
    if not text:
        raise NVMLError_LibraryNotFound("NVML Shared Library Not Found")
    _state = json.loads(text)
    if "fails" in _state:
        raise NVMLError(_state["fails"])


def nvmlShutdown():
    global _state
    _state = None


def nvmlSystemGetDriverVersion():
    return _state["driver"]


def nvmlSystemGetCudaDriverVersion_v2():
    return _state["cuda"]


def nvmlDeviceGetCount():
    return len(_state["gpus"])


def nvmlDeviceGetHandleByIndex(index):
    gpu = _state["gpus"][index]
    if gpu.get("lost"):
        raise NVMLError("GPU is lost")
    return gpu


def nvmlDeviceGetUUID(handle):
    return handle["uuid"]


def nvmlDeviceGetName(handle):
    return handle["name"]


def nvmlDeviceGetMemoryInfo(handle):
    return SimpleNamespace(total=handle["memory_mb"] * 2**20)


def nvmlDeviceGetMinorNumber(handle):
    return handle["minor"]


def nvmlDeviceGetMigMode(handle):
    if "mig" not in handle:
        raise NVMLError_NotSupported("Not Supported")
    return handle["mig"], handle["mig"]
