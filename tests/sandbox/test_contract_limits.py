"""A program that wants too much memory, disk or output is ended or refused, and the machine does not suffer."""

import os
import resource
import time
from pathlib import Path

import pytest
from tests.sandbox.conftest import Box

from rexlab.sandbox import Ended, Limits
from rexlab.sandbox.processes import resident_bytes

MB = 1024 * 1024


def below(folder: Path) -> int:
    """Bytes on disk below a folder."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def test_one_process_that_wants_too_much_memory_is_ended(box: Box) -> None:
    code = "import time\nkept = []\nwhile True: kept.append(bytearray(8 << 20)); time.sleep(0.01)"
    result = box.python(code, limits=Limits(memory_mb=160), timeout_s=60)
    assert (result.ended, result.exit_code) == (Ended.MEMORY, None)


def test_many_small_processes_that_want_too_much_together_are_ended(box: Box) -> None:
    code = """
import os, time
for _ in range(16):
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20) * 24)
        time.sleep(5); os._exit(0)
try:
    while True: os.wait()
except ChildProcessError: pass
"""
    result = box.python(code, limits=Limits(memory_mb=200), timeout_s=60)
    assert result.ended is Ended.MEMORY


def test_memory_that_no_process_has_mapped_counts_too(box: Box) -> None:
    code = """
import os, time
names = []
try:
    for number in range(64):
        fd = os.memfd_create(str(number)) if hasattr(os, 'memfd_create') and number % 2 else -1
        names.append(fd)
        if fd >= 0: os.write(fd, bytes(16 << 20))
except OSError as error: print('refused', error.errno)
for number in range(40):
    with open(f'/dev/shm/{number}', 'wb') as file:
        file.write(bytes(16 << 20))
    time.sleep(0.02)
print('all written')
"""
    if box.variant == "process-open":
        pytest.skip("shares /dev/shm with the machine, as its check says")
    result = box.python(code, limits=Limits(memory_mb=200), timeout_s=60)
    assert "all written" not in result.stdout
    assert result.ended is Ended.MEMORY or "No space" in result.stderr, result


def test_memory_within_the_limit_is_given(box: Box) -> None:
    code = "kept = bytearray(300 << 20)\nfor i in range(0, len(kept), 4096): kept[i] = 1\nprint(len(kept))"
    assert box.python(code, limits=Limits(memory_mb=512)).stdout.strip() == str(300 * MB)


def test_much_reserved_and_little_used_memory_is_fine(box: Box) -> None:
    code = (
        "import mmap\nkept = [mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | 0x4000) for _ in range(2)]\nprint('fine')"
    )
    assert box.python(code, limits=Limits(memory_mb=256)).stdout == "fine\n"


def test_an_endless_writer_ends_by_its_timeout_and_costs_us_nothing(box: Box) -> None:
    before_memory, before_time = resident_bytes([os.getpid()]), time.process_time()
    result = box.sh("yes & yes >&2", timeout_s=3, limits=Limits(output_bytes=100_000))
    assert result.ended is Ended.TIMEOUT
    assert result.truncated
    for text in (result.stdout, result.stderr):
        assert text.startswith("y\ny\n")
        assert len(text.encode()) <= 100_000
    assert resident_bytes([os.getpid()]) - before_memory < 30 * MB
    assert time.process_time() - before_time < 2


def test_a_program_that_fills_the_workspace_is_ended(box: Box) -> None:
    code = """
for number in range(200):
    with open(f'f{number}', 'wb') as file:
        for _ in range(16): file.write(bytes(1 << 20))
"""
    result = box.python(code, limits=Limits(disk_mb=64), timeout_s=60)
    assert (result.ended, result.exit_code) == (Ended.DISK, None)
    assert below(box.workspace) < 1500 * MB


def test_one_file_cannot_grow_past_the_limit(box: Box) -> None:
    code = """
import os
fd = os.open('f', os.O_CREAT | os.O_WRONLY)
try:
    os.pwrite(fd, b'x', 100 << 20)
except OSError as error: print(error.strerror)
"""
    assert box.python(code, limits=Limits(disk_mb=64)).stdout == "File too large\n"
    result = box.sh("head -c 100000000 /dev/zero > f", limits=Limits(disk_mb=64))
    assert not result.ok
    assert (box.workspace / "f").stat().st_size <= 64 * MB


def test_a_program_that_dies_of_the_file_limit_ended_by_the_disk(box: Box) -> None:
    code = "import signal, os\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nos.truncate('f', 1 << 30)"
    (box.workspace / "f").touch()
    assert box.python(code, limits=Limits(disk_mb=64)).ended is Ended.DISK


def test_files_without_a_name_count_too(box: Box) -> None:
    if box.variant == "docker" and os.getuid() != 0:
        pytest.skip("only root may look into a container's processes")
    code = """
import os, time
kept = []
for number in range(100):
    fd = os.open(f'f{number}', os.O_CREAT | os.O_WRONLY); os.unlink(f'f{number}'); kept.append(fd)
    for _ in range(32): os.write(fd, bytes(1 << 20))
time.sleep(20)
"""
    assert box.python(code, limits=Limits(disk_mb=64), timeout_s=60).ended is Ended.DISK


def test_very_many_empty_files_count_too(box: Box) -> None:
    code = """
import os
for folder in range(200):
    os.mkdir(str(folder))
    for number in range(200): os.close(os.open(f'{folder}/{number}', os.O_CREAT))
"""
    result = box.python(code, limits=Limits(disk_mb=4), timeout_s=60)
    assert result.ended is Ended.DISK
    assert sum(1 for _ in box.workspace.rglob("*")) < 20_000


def test_the_temporary_folder_is_limited_too(box: Box) -> None:
    code = """
import os
for number in range(100):
    with open(os.environ['TMPDIR'] + f'/{number}', 'wb') as file: file.write(bytes(16 << 20))
print('all written')
"""
    result = box.python(code, limits=Limits(disk_mb=64, memory_mb=1024), timeout_s=60)
    assert "all written" not in result.stdout
    assert result.ended is Ended.DISK or "No space left" in result.stderr


def test_no_core_is_dumped_and_limits_cannot_be_raised(box: Box) -> None:
    code = """
import resource
print(resource.getrlimit(resource.RLIMIT_CORE))
for name in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
    try: resource.setrlimit(name, (1 << 40, 1 << 40)); print('raised')
    except (ValueError, OSError): pass
"""
    assert box.python(code).stdout == "(0, 0)\n"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
