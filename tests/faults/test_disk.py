"""A disk that is full: where artifacts are kept."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.bench import Bench
from tests.faults.scenario import Fault
from tests.faults.steps import conclude
from tests.faults.verdict import assert_ended_once
from tests.support.require import lacking

pytestmark = [pytest.mark.redis, pytest.mark.postgres]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    if os.getuid():
        lacking("root", "only root can mount a file system", "run the tests as root")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        lacking("root", f"no file system can be mounted here: {done.stderr.strip()}", "run the tests as root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize(
    "fault", [Fault("disk of the artifact store full", "capture", {"infra_error": 2, "passed": 2})], ids=str
)
def test_the_artifact_store_is_full(bench: Bench, fault: Fault, small_disk: Path) -> None:
    worker = bench.worker("only", REXLAB_ARTIFACTS_URL=str(small_disk))
    bench.shell.variables["REXLAB_ARTIFACTS_URL"] = str(small_disk)
    bench.run()
    filler = small_disk / "filler"  # while the first trial is at work: a disk that is full before is told at the start
    with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    said = bench.finish(code=1)
    assert "cannot write artifact" in said
    assert "No space left on device" in said
    assert_ended_once(bench, {"infra_error": 2})
    kept = {p.name for p in small_disk.rglob("*") if p.is_file()}
    assert kept == {".writable", "filler"}  # no half a file
    filler.unlink()
    bench.command("runs", "retry", "latest")
    bench.seen.append("retried with room: passed")
    conclude(bench, fault, worker)
