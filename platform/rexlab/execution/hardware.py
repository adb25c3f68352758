"""What machine this is, as recorded with every grade and calibration."""

import os
import platform
from functools import cache
from pathlib import Path


@cache
def describe_hardware() -> dict[str, str]:
    """Processor, cores, architecture and kernel."""
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
