"""A sandbox reaches exactly the GPUs of its lease: their device files, and the variables that name them."""

import json
from pathlib import Path

import pytest
from tests.support.gpus import device_files, fake_gpu, require_gpu
from tests.support.require import require

from rexlab.errors import SandboxError, SandboxUnavailableError
from rexlab.sandbox import Mount, SandboxSpec, rlimits

SEE = """
import json, os
opened = []
for name in ("nvidia200", "nvidia201", "nvidia202", "nvidiactl", "nvidia-uvm"):
    try:
        os.close(os.open(f"/dev/{name}", os.O_RDWR))
        opened.append(name)
    except OSError:
        pass
names = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")
print(json.dumps([sorted(opened), *(os.environ.get(name) for name in names)]))
"""
CUDA = """
import ctypes, sys
cuda = ctypes.CDLL("libcuda.so.1")
count = ctypes.c_int()
assert cuda.cuInit(0) == 0, cuda.cuInit(0)
assert cuda.cuDeviceGetCount(ctypes.byref(count)) == 0
context, memory = ctypes.c_void_p(), ctypes.c_uint64()
assert cuda.cuCtxCreate_v2(ctypes.byref(context), 0, 0) == 0
assert cuda.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(1 << 20)) == 0
print(count.value)
"""


def seen(box, gpus) -> list:
    done = box.python(SEE, gpus=gpus)
    assert done.ok, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def native(box):
    """A box that shows the host's own device files."""
    if box.variant == "docker":
        pytest.skip("docker has device files of its own")
    return box


def test_without_a_lease_no_gpu_is_seen(box):
    with device_files(Path("/dev"), 2):
        assert seen(box, ()) == [[], "", "void"]


def test_exactly_the_leased_gpus_are_seen(native):
    with device_files(Path("/dev"), 3):
        one, three = fake_gpu(0), fake_gpu(2)
        both = f"{one.uuid},{three.uuid}"
        assert seen(native, (one, three)) == [["nvidia-uvm", "nvidia200", "nvidia202", "nvidiactl"], both, both]
        assert seen(native, (three,)) == [["nvidia-uvm", "nvidia202", "nvidiactl"], three.uuid, three.uuid]


def test_a_device_file_may_be_elsewhere_on_the_host(base):
    backend = require("bubblewrap")
    interpreter = backend.interpreter().executable
    with device_files(base, 1):
        spec = SandboxSpec("t", (Mount(base, "/workspace"),), gpus=(fake_gpu(0, folder=base),))
        with backend.create(spec) as sandbox:
            done = sandbox.exec([interpreter, "-I", "-c", SEE], timeout_s=30)
    assert json.loads(done.stdout)[0] == ["nvidia-uvm", "nvidia200", "nvidiactl"]


def test_a_missing_device_file_is_told_before_anything_runs(native, base):
    with pytest.raises(
        SandboxUnavailableError, match=r"t-test: .*/nvidia200, which its GPU needs, is missing; make it"
    ):
        native.create(gpus=(fake_gpu(0, folder=base),))


def test_what_cuda_asks_of_a_device_passes_the_filter_of_system_calls(native):
    """The numbers are those of NVIDIA's open kernel modules; the null device answers each with ENOTTY."""
    code = (
        "import errno, fcntl, os\n"
        "fd = os.open('/dev/nvidiactl', os.O_RDWR)\n"
        "for number in (0xC00846D6, 0xC020462A, 0xC030462B, 0x30000001, 1, 27, 37, 70):\n"
        "    try:\n"
        "        fcntl.ioctl(fd, number, bytearray(64))\n"
        "    except OSError as error:\n"
        "        print(errno.errorcode[error.errno])\n"
    )
    with device_files(Path("/dev"), 1):
        done = native.python(code, gpus=(fake_gpu(0),))
    assert done.stdout.split() == ["ENOTTY"] * 8, done.stderr


def test_a_program_with_a_gpu_may_reserve_what_cuda_reserves(native):
    code = "import mmap; mmap.mmap(-1, 64 << 30, flags=mmap.MAP_PRIVATE | 0x4000); print('reserved')"
    with device_files(Path("/dev"), 1):
        done = native.python(code, gpus=(fake_gpu(0),))
    assert done.stdout == "reserved\n", done.stderr


def test_only_without_gpus_the_writable_memory_of_a_process_is_limited():
    import resource

    table = [
        rlimits.per_process(SandboxSpec("t", gpus=gpus), processes=9, memory_polled=True)
        for gpus in ((), (fake_gpu(0),))
    ]
    assert [resource.RLIMIT_DATA in limits for limits in table] == [True, False]


def test_docker_is_asked_for_exactly_the_leased_gpus(base):
    """As far as an engine without GPUs goes: it refuses the request, in its own words, and leaves nothing behind."""
    import docker

    backend = require("docker")
    if Path("/dev/nvidiactl").exists():
        pytest.skip("this machine has a GPU: see the test marked gpu")
    spec = SandboxSpec("t-gpu", (Mount(base, "/workspace"),), gpus=(fake_gpu(0),))
    with (
        backend.create(spec) as sandbox,
        pytest.raises(SandboxError, match=r"could not select device driver .* with capabilities"),
    ):
        sandbox.exec(["true"], timeout_s=30)
    left = docker.from_env().api.containers(all=True, filters={"label": "rexlab.name=t-gpu"})
    assert left == []


@pytest.mark.gpu
@pytest.mark.parametrize("many", [1, 2])
def test_a_real_cuda_program_finds_its_gpus_and_no_other(box, many):
    gpus = require_gpu()
    if len(gpus) < many:
        pytest.skip(f"gpu: this machine has {len(gpus)}")
    done = box.python(CUDA, gpus=gpus[-many:], timeout_s=120)
    assert done.stdout == f"{many}\n", done.stderr
    assert not box.python(CUDA, timeout_s=120).ok, "without a lease CUDA finds none"
