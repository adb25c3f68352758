"""The few environment variables every program in a sandbox gets."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rexlab.errors import SandboxError
from rexlab.gpu.devices import Gpu
from rexlab.sandbox.base import Interpreter, Limits

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def base_environment(limits: Limits, home: str, interpreter: Interpreter | None, gpus: Sequence[Gpu]) -> dict[str, str]:
    """What is set in every sandbox, and all that is set there besides what the caller gives.

    ``home`` is the private temporary folder. Without an interpreter ``PATH`` is left to the image. ``USER`` is there
    because the id programs run as has no entry in the user database, and ``getpass.getuser`` would fail. Where no GPU
    is given, the variables of GPUs say so: an image may ask for all of them, and a driver shows all it can open. Python
    writes at once what it prints, for it is watched, and is wanted most of a program that is killed.
    """
    uuids = ",".join(gpu.uuid for gpu in gpus)
    path = {"PATH": f"{Path(interpreter.executable).parent}:/usr/local/bin:/usr/bin:/bin"} if interpreter else {}
    return {
        **path,
        "HOME": home,
        "TMPDIR": home,
        "USER": "rexlab",
        "LOGNAME": "rexlab",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "CUDA_VISIBLE_DEVICES": uuids,
        "NVIDIA_VISIBLE_DEVICES": uuids or "void",
        **dict.fromkeys(THREAD_VARIABLES, str(limits.cpus)),
    }


def full_environment(*layers: Mapping[str, str]) -> dict[str, str]:
    """Merge layers, later ones winning; a variable no program could receive is an error of the caller."""
    merged: dict[str, str] = {}
    for layer in layers:
        for name, value in layer.items():
            if not name or "=" in name or "\0" in name or "\0" in value:
                raise SandboxError(f"{name!r} cannot be an environment variable, or not with the value {value!r}")
            merged[name] = value
    return merged
