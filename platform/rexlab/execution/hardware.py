"""What machine this is, as recorded with every grade and calibration; whether a task's checks come from such a one."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from rexlab.gpu.devices import Gpu
from rexlab.store.database import writing
from rexlab.store.leases import log
from rexlab.task.load import Task

_MODELS = "; "
"""Between the models of different GPUs."""


def describe_hardware(gpus: Sequence[Gpu] = ()) -> dict[str, str]:
    """Processor, cores, architecture and kernel; of the GPUs that were used, their models, number, driver and CUDA."""
    found = dict(_host())
    if gpus:
        found["gpu"] = _MODELS.join(dict.fromkeys(gpu.name for gpu in gpus))
        found["gpus"] = str(len(gpus))
        found["driver"] = gpus[0].driver
        found["cuda"] = gpus[0].cuda
    return found


def calibrated_elsewhere(task: Task, gpus: Sequence[Gpu] = ()) -> str:
    """A sentence when the task was calibrated on hardware whose numbers may differ from those of this; else empty.

    That is another architecture of processor, another model of GPU, or another major version of CUDA: their libraries
    compute in another order. Two processors of one architecture differ in less than a check should be narrow.

    Args:
        task: May have no calibration: nothing is said then, for ``rexlab task check`` does.
        gpus: Those that are used, or that might be.
    """
    theirs = _calibrated_on(task)
    ours = describe_hardware(gpus)
    if theirs is None or not any(_differs(key, theirs, ours) for key in ("machine", "gpu", "cuda")):
        return ""
    return (
        f"task {task.id} was calibrated on {_shown(theirs)}, and this is {_shown(ours)}: its checks may not hold here; "
        f"see with: rexlab task check {task.id}, and adapt them with: rexlab task calibrate {task.id}"
    )


def note_hardware(engine: Engine, trial_id: str, task: Task, gpus: Sequence[Gpu]) -> None:
    """Say on the trial's record when its task was calibrated elsewhere."""
    if said := calibrated_elsewhere(task, gpus):
        with writing(engine) as session:
            log(session, trial_id, "noted", said)


@cache
def _host() -> Mapping[str, str]:
    return {
        "cpu": _cpu_model(),
        "cores": str(len(os.sched_getaffinity(0))),
        "machine": platform.machine(),
        "kernel": f"{platform.system()} {platform.release()}",
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    for line in lines:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _calibrated_on(task: Task) -> dict[str, str] | None:
    try:
        record = json.loads((task.folder / "calibration.json").read_bytes())
        return {str(key): str(value) for key, value in record["hardware"].items()}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # no calibration; the commands that read the rest of it say what is wrong


def _differs(key: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> bool:
    """Whether something here is not among what the calibration had."""
    mine, known = ours.get(key, ""), theirs.get(key, "")
    if key == "cuda":
        return mine.split(".")[0] != known.split(".")[0]
    if key == "machine" and not known:
        return False  # it was not recorded
    return not set(mine.split(_MODELS)) <= set(known.split(_MODELS))


def _shown(hardware: Mapping[str, str]) -> str:
    if "gpu" not in hardware:
        return f"{hardware.get('machine', 'an unknown machine')} without a GPU"
    return f"{hardware['gpu']} with CUDA {hardware.get('cuda', 'of an unknown version')}"
