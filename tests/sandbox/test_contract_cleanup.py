"""What a hostile program leaves behind does not make the platform, which may be root, touch anything else."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from tests.sandbox.conftest import Box

from rexlab.errors import SandboxError
from rexlab.sandbox import Ended, Limits, Mount, SandboxSpec, cgroups, trees


@pytest.fixture
def victim(base: Path) -> Path:
    """A folder of somebody else, and its file."""
    folder = base / "victim"
    folder.mkdir(mode=0o700)
    (folder / "file").write_text("precious")
    (folder / "file").chmod(0o600)
    return folder


def fingerprint(folder: Path) -> list[tuple[str, int, int, int, float]]:
    found = []
    for path in (folder, *sorted(folder.rglob("*"))):
        status = path.lstat()
        found.append((str(path), status.st_uid, status.st_gid, status.st_mode, status.st_mtime))
    return found


def test_planted_links_are_never_followed(box: Box, victim: Path) -> None:
    before = fingerprint(victim)
    script = f"""
ln -s {victim} folder; ln -s {victim}/file file; ln -s /etc/passwd passwd; ln -s .. up; ln -s / root; ln -s loop loop
mkdir -p a/b; ln -s {victim} a/b/folder; mkfifo pipe; mkdir shut; ln -s {victim}/file shut/file; chmod 0 shut
"""
    passwd = Path("/etc/passwd").stat()
    for _ in range(2):
        with box.create() as sandbox:
            assert sandbox.exec(["sh", "-c", f"{script} true"], timeout_s=10).ok
            assert sandbox.exec(["true"], timeout_s=10).ok
    assert fingerprint(victim) == before
    assert (Path("/etc/passwd").stat().st_uid, Path("/etc/passwd").stat().st_mode) == (passwd.st_uid, passwd.st_mode)
    assert (box.workspace / "folder").is_symlink()
    assert (box.workspace / "folder").lstat().st_uid == os.getuid()
    trees.remove(box.workspace)
    assert fingerprint(victim) == before


def test_a_file_with_a_name_elsewhere_is_not_given_away(box: Box, victim: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("an ordinary user's programs have that user's id")
    (victim / "file").chmod(0o644)
    os.link(victim / "file", box.workspace / "linked")
    (box.workspace / "twice").write_text("own")
    os.link(box.workspace / "twice", box.workspace / "again")
    result = box.sh("echo x > linked; chmod 777 linked; echo more >> twice; cat linked again")
    assert "preciousown" in result.stdout
    assert "more" in result.stdout
    assert (victim / "file").read_text() == "precious"
    assert stat.S_IMODE((victim / "file").stat().st_mode) == 0o644


def test_no_program_of_another_s_can_be_left_for_the_caller_to_run_as_itself(box: Box) -> None:
    """A set-user-id file that becomes root's on clean-up would be a way to root for anybody."""
    assert box.sh("cp /bin/sh shell; chmod 6755 shell; mkdir d; chmod 6777 d").ok
    shell = (box.workspace / "shell").stat()
    assert os.getuid() != 0 or not shell.st_mode & (stat.S_ISUID | stat.S_ISGID)


def test_folders_nested_without_end_are_cleaned_up(box: Box) -> None:
    code = """
import os
for number in range(1500):
    os.mkdir('d'); os.chdir('d')
os.close(os.open('bottom', os.O_CREAT))
"""
    assert box.python(code, timeout_s=60).ok
    trees.remove(box.workspace)
    assert not box.workspace.exists()


def test_a_folder_that_was_closed_does_not_stay_closed(box: Box) -> None:
    assert box.sh("mkdir -p a/b/c; touch a/b/c/f; chmod 0 a/b/c a/b a; chmod 0 .").ok
    shutil.rmtree(box.workspace)


def test_names_that_are_no_text_are_cleaned_up(box: Box) -> None:
    code = "import os\nos.makedirs(b'\\xff\\n/-rf *'); os.close(os.open(b'\\xff\\n/\\xfe', os.O_CREAT))"
    assert box.python(code).ok
    trees.remove(box.workspace)


def test_a_tree_that_moves_while_it_is_measured_stops_nothing(box: Box) -> None:
    code = """
import os, time
os.makedirs('a/b/c'); os.makedirs('x')
for number in range(40): open(f'a/b/c/{number}', 'wb').write(bytes(1 << 20))
end = time.time() + 3
while time.time() < end:
    os.rename('a/b', 'x/b'); os.rename('x/b', 'a/b')
print('done')
"""
    result = box.python(code, limits=Limits(disk_mb=128))
    assert (result.ended, result.stdout) == (Ended.EXITED, "done\n")


def test_nothing_of_a_sandbox_stays_on_the_machine(box: Box) -> None:
    def traces() -> list[Path]:
        hierarchy = cgroups.find()
        folders = [Path(tempfile.gettempdir()), *(hierarchy.folders.values() if hierarchy else ())]
        found = [path for folder in folders for path in folder.glob("rexlab[-.]*")]
        return [path for path in found if f".{os.getpid()}." in path.name]

    before, descriptors = traces(), []
    for _ in range(12):
        assert box.sh("echo x > left; true").ok
        descriptors.append(len(list(Path("/proc/self/fd").iterdir())))
    assert traces() == before
    assert descriptors[-1] <= descriptors[5] + 3, "the docker SDK keeps a few connections, and no more"
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not [pid for pid in children if "Z" in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]]


def wrong_specs(base: Path) -> dict[str, tuple[Mount, ...]]:
    for name in ("w", "w/inner", "r"):
        (base / name).mkdir()
    (base / "link").symlink_to(base / "w")
    (base / "file").touch()
    writable = Mount(base / "w", "/workspace", writable=True)
    return {
        "below the writable mount": (writable, Mount(base / "r", "/workspace/r")),
        "read-only, but lies in a writable": (writable, Mount(base / "w/inner", "/inner")),
        "not a folder": (writable, Mount(base / "link", "/link")),
        "not a folder ": (writable, Mount(base / "file", "/file")),
        "No such file": (writable, Mount(base / "none", "/none")),
        "two mounts": (writable, Mount(base / "r", "/workspace")),
        "plain absolute path": (writable, Mount(base / "r", "relative")),
        "plain absolute path ": (writable, Mount(base / "r", "/a/../etc")),
        "plain absolute path  ": (writable, Mount(base / "r", "/")),
        "sandbox's own": (writable, Mount(base / "r", "/usr")),
        "below no mount": (Mount(base / "r", "/r"),),
    }


def test_a_spec_that_cannot_be_done_safely_is_refused(box: Box) -> None:
    for message, mounts in wrong_specs(box.base).items():
        with pytest.raises(SandboxError, match=message.strip()):
            box.backend.create(SandboxSpec("t-wrong", mounts=mounts))


def test_a_command_line_that_is_none_is_refused(box: Box) -> None:
    with box.create() as sandbox:
        for argv in ([], ["a\0b"]):
            with pytest.raises(SandboxError, match="not a command line"):
                sandbox.exec(argv, timeout_s=5)
        with pytest.raises(SandboxError, match="environment variable"):
            sandbox.exec(["true"], timeout_s=5, env={"A=B": "c"})
        assert sandbox.exec(["true"], timeout_s=5).ok
