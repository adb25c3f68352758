"""Hardware: what is recorded of it, and when a task's calibration does not speak for it."""

import json
import platform
from pathlib import Path

import pytest
from tests.support.gpus import FakeProvider, fake_gpu

from rexlab.execution.hardware import calibrated_elsewhere, describe_hardware
from rexlab.gpu.devices import Inventory
from rexlab.gpu.leases import Need, leases_now
from rexlab.gpu.pool import pool_for
from rexlab.settings import Settings
from rexlab.task.load import Task, load_task

A100, H100 = "NVIDIA A100-SXM4-40GB", "NVIDIA H100 PCIe"
HERE = platform.machine()


def calibrated(task: Path, **hardware: str) -> Task:
    (task / "calibration.json").write_text(json.dumps({"hardware": hardware}))
    return load_task(task)


def test_leased_gpus_are_described_beside_the_processor():
    plain = describe_hardware()
    assert set(plain) == {"cpu", "cores", "machine", "kernel"}
    assert describe_hardware((fake_gpu(0), fake_gpu(1, name=H100))) == {
        **plain,
        "gpu": f"{A100}; {H100}",
        "gpus": "2",
        "driver": "550.54.15",
        "cuda": "12.4",
    }


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"machine": HERE, "cpu": "another processor"}, ()),
        ({}, ()),
        ({"machine": HERE, "gpu": A100, "cuda": "12.1", "driver": "535.1"}, (fake_gpu(0),)),
        ({"machine": HERE, "gpu": f"{A100}; {H100}", "cuda": "12.1"}, (fake_gpu(0),)),
    ],
)
def test_what_does_not_change_numbers_is_not_warned_of(task, theirs, ours):
    assert calibrated_elsewhere(calibrated(task, **theirs), ours) == ""


@pytest.mark.parametrize(
    ("theirs", "ours", "said"),
    [
        ({"machine": "vax"}, (), "was calibrated on vax without a GPU, and this is"),
        ({"machine": HERE}, (fake_gpu(0),), f"on {HERE} without a GPU, and this is {A100} with CUDA 12.4"),
        ({"gpu": H100, "cuda": "12.4"}, (fake_gpu(0),), f"on {H100} with CUDA 12.4, and this is {A100} with CUDA 12.4"),
        ({"gpu": A100, "cuda": "11.8"}, (fake_gpu(0),), "with CUDA 11.8, and this is"),
        ({"gpu": A100, "cuda": "12.4"}, (fake_gpu(0), fake_gpu(1, name=H100)), f"this is {A100}; {H100} with CUDA"),
    ],
)
def test_another_architecture_model_or_cuda_is_warned_of(task, theirs, ours, said):
    assert said in calibrated_elsewhere(calibrated(task, **theirs), ours)


def test_without_a_calibration_nothing_is_said(task):
    assert calibrated_elsewhere(load_task(task), (fake_gpu(0),)) == ""


def test_a_pool_has_the_chosen_gpus_and_the_locks_of_the_settings(tmp_path):
    provider = FakeProvider(Inventory(tuple(fake_gpu(index) for index in range(3))))
    settings = Settings(home=tmp_path / "home", gpu_locks=tmp_path / "locks", gpu_slots=2)
    pool = pool_for(settings, "2,0", provider)
    assert [gpu.index for gpu in pool.gpus] == [2, 0]
    with pool.lease(Need(2), "a"), pool.lease(Need(2), "b"):
        assert len(leases_now(tmp_path / "locks")) == 4
    assert pool_for(settings, "none", provider).gpus == ()
