"""Where control groups can be made, on machines of every kind (as their /proc and /sys would look)."""

from pathlib import Path

import pytest

from rexlab.errors import SandboxError
from rexlab.sandbox import Limits, cgroups

V1_MOUNTS = """\
30 23 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
31 23 0:27 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
33 23 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
V2_MOUNTS = "30 23 0:26 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
LIMITS = Limits(cpus=2, memory_mb=64, pids=10)


def machine(root: Path, mounts: str, membership: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text(mounts)
    (root / "proc/self/cgroup").write_text(membership)


def group(root: Path, path: str, delegated: str = "") -> Path:
    folder = root / "sys/fs/cgroup" / path
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.subtree_control").write_text(delegated)
    return folder


def test_the_first_version_s_own_groups_are_found(tmp_path: Path) -> None:
    machine(tmp_path, V1_MOUNTS, "4:memory:/job/1\n3:pids:/job\n2:cpu,cpuacct:/\n0::/\n")
    folders = {name: group(tmp_path, path) for name, path in (("memory", "memory/job/1"), ("pids", "pids/job"))}
    folders["cpu"] = group(tmp_path, "cpu,cpuacct")
    assert cgroups.find(tmp_path) == cgroups.Hierarchy(1, folders)


def test_within_a_container_the_path_is_seen_from_its_root(tmp_path: Path) -> None:
    mounts = V1_MOUNTS.replace(" / /sys/fs/cgroup/memory", " /docker/c1 /sys/fs/cgroup/memory")
    machine(tmp_path, mounts, "4:memory:/docker/c1/inner\n3:pids:/\n")
    memory, pids = group(tmp_path, "memory/inner"), group(tmp_path, "pids")
    assert cgroups.find(tmp_path) == cgroups.Hierarchy(1, {"memory": memory, "pids": pids})


def test_in_the_second_version_the_nearest_group_that_delegates_is_taken(tmp_path: Path) -> None:
    machine(tmp_path, V2_MOUNTS, "0::/user.slice/user-1000.slice/session-1.scope\n")
    group(tmp_path, "", "cpu memory pids")
    slice_ = group(tmp_path, "user.slice/user-1000.slice", "memory pids")
    group(tmp_path, "user.slice/user-1000.slice/session-1.scope")
    assert cgroups.find(tmp_path) == cgroups.Hierarchy(2, {"memory": slice_, "pids": slice_, "cpu": slice_})


@pytest.mark.parametrize("delegated", ["", "cpu", "memory"])
def test_without_delegation_there_is_none(tmp_path: Path, delegated: str) -> None:
    machine(tmp_path, V2_MOUNTS, "0::/\n")
    group(tmp_path, "", delegated)
    assert cgroups.find(tmp_path) is None


def test_a_machine_without_control_groups_has_none(tmp_path: Path) -> None:
    machine(tmp_path, "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "")
    assert cgroups.find(tmp_path) is None
    assert cgroups.sweep(None) == []


def test_the_second_version_s_limits_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = group(tmp_path, "", "cpu memory pids")
    made = []
    mkdir = Path.mkdir

    def with_files(folder: Path) -> None:
        mkdir(folder)
        made.append(folder)
        for name in ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max", "cgroup.procs"):
            (folder / name).touch()
        (folder / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")

    monkeypatch.setattr(Path, "mkdir", with_files)
    made_group = cgroups.Group(cgroups.Hierarchy(2, dict.fromkeys(("memory", "pids", "cpu"), parent)), "t", LIMITS)
    (folder,) = made
    assert folder.name.startswith("rexlab.")
    made_group.add(1234)
    written = {path.name: path.read_text() for path in folder.iterdir()}
    del written["memory.events"]
    assert written == {
        "memory.max": str(64 << 20),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": str(10 + cgroups.OWN_PROCESSES),
        "cpu.max": "200000 100000",
        "cgroup.procs": "1234",
    }
    assert made_group.out_of_memory_kills() == 2


def test_a_group_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    hierarchy = cgroups.Hierarchy(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path / "none"))
    with pytest.raises(SandboxError, match=r"cannot make the control group rexlab\."):
        cgroups.Group(hierarchy, "t", LIMITS)
