"""What doctor and the page System say of GPUs."""

from pathlib import Path

import pytest
from tests.support.gpus import FakeProvider, fake_gpu, require_gpu, uuid_of

from rexlab.dashboard.system_gpus import look_at_gpus
from rexlab.gpu.devices import Inventory
from rexlab.gpu.leases import GpuPool, Need
from rexlab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, gpu_slots=2)


def test_gpus_are_listed_with_their_leases(settings: Settings, tmp_path: Path) -> None:
    for name in ("nvidia200", "nvidia201", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    gpus = tuple(fake_gpu(index, folder=tmp_path) for index in range(2))
    with GpuPool(gpus, settings.gpu_lock_folder).lease(Need(1), "t-1"):
        found = look_at_gpus(settings, FakeProvider(Inventory(gpus)))
    model = "NVIDIA A100-SXM4-40GB (40,960 MB)"
    assert found.said == f"0 {model}, 1 {model}; driver 550.54.15, CUDA 12.4; 1 of 2 leased now"
    assert found.remedy == ""
    assert [(use.gpu.uuid, use.slots, [held.holder for held in use.leases]) for use in found.uses] == [
        (uuid_of(0), 2, ["t-1"]),
        (uuid_of(1), 2, []),
    ]


def test_a_missing_device_file_is_told_with_the_remedy(settings: Settings, tmp_path: Path) -> None:
    for name in ("nvidia200", "nvidiactl"):
        (tmp_path / name).touch()
    found = look_at_gpus(settings, FakeProvider(Inventory((fake_gpu(0, folder=tmp_path),))))
    assert found.said.endswith(f"{tmp_path}/nvidia-uvm is missing")
    assert "nvidia-modprobe" in found.remedy


def test_without_gpus_the_reason_is_told(settings: Settings) -> None:
    for inventory, said in [
        (Inventory(problem="there is no driver", remedy="install it"), "there is no driver"),
        (Inventory(remarks=("GPU 0 is divided by MIG",)), "GPU 0 is divided by MIG"),
        (Inventory(), "the driver knows of none"),
    ]:
        found = look_at_gpus(settings, FakeProvider(inventory))
        assert (found.uses, found.said, found.remedy) == ((), said, inventory.remedy)


@pytest.mark.gpu
def test_the_real_gpus_of_this_machine_are_ready(settings: Settings) -> None:
    gpus = require_gpu()
    found = look_at_gpus(settings)
    assert [use.gpu for use in found.uses] == list(gpus)
    assert found.remedy == ""
