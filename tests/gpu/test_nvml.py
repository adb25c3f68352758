"""What NVML says becomes an inventory; in a process with NVIDIA's module, real or not."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest
from tests.support.gpus import fake_driver, fake_gpu, require_gpu, uuid_of

from rexlab.gpu.devices import missing_nodes
from rexlab.gpu.nvml import NvmlProvider

LOOK = """
import dataclasses, json
from rexlab.gpu.nvml import NvmlProvider
print(json.dumps(dataclasses.asdict(NvmlProvider().look()), default=str))
"""


def look(variables: dict[str, str]) -> Any:
    """The inventory of a process of its own."""
    environment = {**{k: v for k, v in os.environ.items() if k != "FAKE_NVML"}, **variables}
    done = subprocess.run([sys.executable, "-c", LOOK], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_gpus_are_listed_with_what_a_sandbox_and_a_record_need():
    found = look(fake_driver(2))
    wanted = [json.loads(json.dumps(asdict(fake_gpu(index)), default=str)) for index in range(2)]
    assert found == {"gpus": wanted, "problem": "", "remedy": "", "remarks": []}


def test_a_machine_without_a_driver_has_none_and_says_why():
    found = look({"PYTHONPATH": fake_driver(0)["PYTHONPATH"]})
    assert found["gpus"] == []
    assert "no NVIDIA driver" in found["problem"]
    assert "install" in found["remedy"]


def test_a_driver_that_fails_is_a_problem_in_its_own_words():
    found = look(fake_driver(1, fails="Driver/library version mismatch"))
    assert found["gpus"] == []
    assert "Driver/library version mismatch" in found["problem"]


def test_one_lost_or_divided_gpu_does_not_take_the_others_with_it():
    state = json.loads(fake_driver(3)["FAKE_NVML"])
    state["gpus"][0]["lost"] = True
    state["gpus"][1]["mig"] = 1
    state["gpus"][2]["mig"] = 0
    found = look(fake_driver(3, gpus=state["gpus"]))
    assert [gpu["uuid"] for gpu in found["gpus"]] == [uuid_of(2)]
    assert [remark.split(" ")[1] for remark in found["remarks"]] == ["0", "1"]
    assert "lost" in found["remarks"][0]
    assert "MIG" in found["remarks"][1]


@pytest.mark.gpu
def test_a_real_driver_lists_gpus_that_programs_can_open():
    gpus = require_gpu()
    assert len({gpu.uuid for gpu in gpus}) == len(gpus)
    for gpu in gpus:
        assert gpu.uuid.startswith("GPU-")
        assert gpu.memory_mb > 1000
        assert int(gpu.cuda.split(".")[0]) >= 11
        assert gpu.nodes[0].name.startswith("nvidia")
    assert NvmlProvider().look().gpus == gpus, "a second look finds the same"
    assert missing_nodes(gpus) == []
