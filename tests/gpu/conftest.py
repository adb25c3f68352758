"""A task that needs GPUs, and a machine that has some, as far as its driver and its device files say."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.gpus import device_files, fake_driver
from tests.support.shell import TASKS, Shell

SHOW = 'python -c \'import os; print("sees", os.environ["CUDA_VISIBLE_DEVICES"])\' && '


@pytest.fixture
def task(shell: Shell) -> Path:
    """The small task, asking for two GPUs, with experiments that say which they see."""
    folder = shell.folder / "tasks" / "gpu" / "moments"
    (source,) = TASKS.glob("*/moments")
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "calibration.json"))
    manifest = folder / "task.toml"
    text = manifest.read_text().replace("memory_mb = 256", "memory_mb = 256\ngpus = 2")
    text = text.replace('command = "python', f'command = """{SHOW}python').replace(
        '.json"\ntimeout', '.json"""\ntimeout'
    )
    manifest.write_text(text.replace('.csv"\ntimeout', '.csv"""\ntimeout'))
    return folder


@pytest.fixture
def three_gpus(shell: Shell) -> Iterator[None]:
    shell.variables |= fake_driver(3)
    with device_files(Path("/dev"), 3):
        yield
