"""A patch from outside is checked without touching a file; what reaches out is refused with its path named."""

import base64
import subprocess
import zlib
from pathlib import Path

import pytest

from rexlab.errors import InfrastructureError, PatchFormatError, PatchRejectedError
from rexlab.workspace import ApplyPolicy, Base, apply, capture, inspect_patch


def new_file(path: str, mode: str = "100644", line: str = "evil") -> bytes:
    return (
        f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+{line}\n"
    ).encode()


def move(source: str, target: str, verb: str = "rename") -> bytes:
    return (
        f"diff --git a/{source} b/{target}\nsimilarity index 100%\n{verb} from {source}\n{verb} to {target}\n"
    ).encode()


def binary(kind: str, size: int | str, payload: bytes) -> bytes:
    packed, lines = zlib.compress(payload, 9), []
    for at in range(0, len(packed), 52):
        part = packed[at : at + 52]
        length = chr(64 + len(part)) if len(part) <= 26 else chr(70 + len(part))
        lines.append(length.encode() + base64.b85encode(part, pad=True))
    header = b"diff --git a/data/blob.bin b/data/blob.bin\nindex " + b"1" * 40 + b".." + b"2" * 40 + b" 100644\n"
    return header + b"GIT binary patch\n%s %s\n" % (kind.encode(), str(size).encode()) + b"\n".join(lines) + b"\n\n"


OUTSIDE = {
    "parent": new_file("../evil"),
    "parent further in": new_file("lib/../../evil"),
    "absolute": new_file("/etc/passwd"),
    "absolute without prefix": b"diff --git /etc/passwd /etc/passwd\nnew file mode 100644\n--- /dev/null\n"
    b"+++ /etc/passwd\n@@ -0,0 +1 @@\n+evil\n",
    "absolute and empty": b"diff --git a//etc/evil b//etc/evil\nnew file mode 100644\n",
    "parent and empty": b"diff --git a/../evil b/../evil\nnew file mode 100644\n",
    "quoted octal parent": b'diff --git "a/\\056\\056/evil" "b/\\056\\056/evil"\nnew file mode 100644\n',
    "quoted octal git": b'diff --git "a/\\056git/evil" "b/\\056git/evil"\nnew file mode 100644\n',
    "rename to outside": move("README.md", "../../evil"),
    "copy from outside": move("../../../etc/passwd", "mine", "copy"),
    "rename from absolute": move("/etc/passwd", "mine"),
    "old-style part behind a git one": new_file("fine") + b"--- a/../evil\n+++ b/../evil\n@@ -0,0 +1 @@\n+evil\n",
    "git hooks": new_file("a/.git/hooks/post-checkout", "100755"),
    "git": new_file(".git/config"),
    "git as a file": new_file("vendor/.git"),
    "upper case": new_file(".GIT/config"),
    "mixed case and dot": new_file("a/.Git./config"),
    "short name": new_file("GIT~1/config"),
    "ignorable": new_file(".g\u200cit/config"),
    "stream": new_file(".git::$INDEX_ALLOCATION/config"),
    "trailing space": new_file(".git /config"),
    "backslash": new_file("a\\.git\\config"),
}


@pytest.mark.parametrize("data", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_a_patch_that_reaches_outside_is_refused(base: Base, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PatchRejectedError):
        inspect_patch(base, data)
    with pytest.raises(PatchRejectedError):
        apply(base, data, tmp_path / "out" / "deep", ApplyPolicy())
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("evil"))


def test_the_message_names_the_path(base: Base) -> None:
    with pytest.raises(PatchRejectedError, match=r"names \.\./evil, which leaves the workspace"):
        inspect_patch(base, new_file("../evil"))
    with pytest.raises(PatchRejectedError, match=r"names /etc/passwd, which is absolute"):
        inspect_patch(base, new_file("/etc/passwd"))
    with pytest.raises(PatchRejectedError, match=r"a/\.git/x, which reaches into git's own folder"):
        inspect_patch(base, new_file("a/.git/x"))


def test_a_file_through_a_link_of_the_same_patch_is_refused(base: Base, tmp_path: Path) -> None:
    link = new_file("out", "120000", str(tmp_path)) + b"\\ No newline at end of file\n"
    with pytest.raises(PatchRejectedError, match="symbolic link"):
        inspect_patch(base, link + new_file("out/evil"))
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("body", [b"+Subproject commit " + b"1" * 40 + b"\n"])
def test_a_submodule_is_refused(base: Base, body: bytes) -> None:
    data = b"diff --git a/sub b/sub\nnew file mode 160000\n--- /dev/null\n+++ b/sub\n@@ -0,0 +1 @@\n" + body
    with pytest.raises(PatchRejectedError, match="makes sub a submodule"):
        inspect_patch(base, data)


@pytest.mark.parametrize(
    "data",
    [b"hello", b"\0\1\2", b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", b"index 1..2\n diff --git a/x b/x\n", b"{}"],
)
def test_what_is_no_git_diff_is_bad_input(base: Base, data: bytes) -> None:
    with pytest.raises(PatchFormatError, match="not a git diff"):
        inspect_patch(base, data)


@pytest.mark.parametrize("data", [b"", b"\n", b"  \n\n"])
def test_an_empty_patch_changes_nothing(base: Base, data: bytes, tmp_path: Path) -> None:
    assert inspect_patch(base, data) == ()
    applied = apply(base, data, tmp_path / "out", ApplyPolicy())
    assert (applied.changed, applied.dropped, applied.digest) == ((), (), base.digest)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (new_file("README.md"), "README.md: already exists"),
        (move("missing", "x"), "missing: does not exist"),
        (new_file("x")[:-4], "corrupt patch"),
        (b"diff --git a/x b/x\ngarbage\n", "does not apply"),
        (b"diff --git ", "does not apply|plain relative"),
    ],
)
def test_a_patch_that_does_not_apply_says_where(base: Base, data: bytes, message: str) -> None:
    with pytest.raises(PatchRejectedError, match=message):
        inspect_patch(base, data)


def test_a_patch_of_another_base_is_refused(base: Base, workspace: Path) -> None:
    (workspace / "lib" / "model.py").write_text("changed\n")
    data = capture(base, workspace).data
    with pytest.raises(PatchRejectedError, match=r"lib/model\.py"):
        inspect_patch(base, data.replace(b"-line 7\n", b"-other 7\n"))


def test_a_patch_over_the_size_limit_is_refused(base: Base) -> None:
    data = new_file("big.txt", line="x" * 1000)
    assert inspect_patch(base, data, max_bytes=1001)[0].size == 1001
    with pytest.raises(PatchRejectedError, match="1,001 bytes, the limit is 1,000"):
        inspect_patch(base, data, max_bytes=1000)


def test_a_literal_that_inflates_to_gigabytes_is_refused_before_git_sees_it(base: Base, monkeypatch) -> None:
    monkeypatch.setattr("rexlab.workspace.patch_in.scratch", lambda *_: pytest.fail("git was asked"))
    with pytest.raises(PatchRejectedError, match="unfolds to"):
        inspect_patch(base, binary("literal", 1 << 40, b"\0" * 1000))


def test_a_delta_that_copies_gigabytes_is_refused_before_git_sees_it(base: Base, monkeypatch) -> None:
    monkeypatch.setattr("rexlab.workspace.patch_in.scratch", lambda *_: pytest.fail("git was asked"))
    source, result = b"\x80\x10", b"\x80\x80\x80\x80\x80\x01"  # 2048 and 2**35, seven bits at a time
    delta = source + result + b"\xff\0\0\0\0\xff\xff\xff" * 100
    with pytest.raises(PatchRejectedError, match="unfolds to 34,35"):
        inspect_patch(base, binary("delta", len(delta), delta))


def test_a_literal_that_lies_about_its_size_does_not_apply(base: Base) -> None:
    with pytest.raises(PatchRejectedError, match="corrupt binary patch"):
        inspect_patch(base, binary("literal", 10, b"\0" * 50_000_000))


@pytest.mark.parametrize("size", ["-1", "+5", "0x10", "", "1" * 30, "5 5"])
def test_a_malformed_binary_size_is_refused(base: Base, size: str) -> None:
    with pytest.raises(PatchRejectedError, match="malformed binary"):
        inspect_patch(base, binary("literal", size, b"x"))


def test_an_unreadable_delta_is_refused(base: Base) -> None:
    data = binary("delta", 5, b"\x80\x80").replace(
        b"GIT binary patch\ndelta 5\n", b"GIT binary patch\ndelta 5\nZ~~~~\n"
    )
    with pytest.raises(PatchRejectedError, match="malformed binary"):
        inspect_patch(base, data)


def test_copying_one_file_very_often_is_refused(base: Base, monkeypatch) -> None:
    copies = b"".join(move("data/blob.bin", f"copy{number}", "copy") for number in range(10))
    with pytest.raises(PatchRejectedError, match=r"20,480 bytes, the limit is 20,000"):
        inspect_patch(base, copies, max_bytes=20_000)
    assert len(inspect_patch(base, copies, max_bytes=20_480)) == 10


def test_too_many_files_are_refused(base: Base, monkeypatch) -> None:
    monkeypatch.setattr("rexlab.workspace.patch_in.MAX_NEW_FILES", 3)
    data = b"".join(new_file(f"f{number}") for number in range(4))
    with pytest.raises(PatchRejectedError, match="4 new files, the limit is 3"):
        inspect_patch(base, data)


def test_content_that_looks_like_headers_is_content(base: Base) -> None:
    data = (
        b"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1,3 @@\n"
        b"+++ /etc/passwd\n+diff --git a/../x b/../x\n+rename to /etc/passwd\n"
    )
    assert [file.path for file in inspect_patch(base, data)] == ["x"]


def test_a_full_disk_is_the_platforms_failure_and_not_the_patchs(base: Base, monkeypatch) -> None:
    from rexlab.workspace.gitrun import GitFailedError, Scratch

    real = Scratch.git

    def full(self: Scratch, *args: str, stdin: bytes = b"") -> bytes:
        if args[0] == "apply" and "--check" not in args:
            raise GitFailedError("apply", 128, b"fatal: unable to write loose object file: No space left on device")
        return real(self, *args, stdin=stdin)

    monkeypatch.setattr(Scratch, "git", full)
    with pytest.raises(InfrastructureError, match="No space left"):
        inspect_patch(base, new_file("x"))
    with pytest.raises(PatchRejectedError):
        inspect_patch(base, new_file("README.md"))


def test_a_patch_that_keeps_git_busy_too_long_is_refused(base: Base, monkeypatch) -> None:
    monkeypatch.setattr("rexlab.workspace.gitrun.TIMEOUT_S", 0.0)
    with pytest.raises(PatchRejectedError, match="took longer than"):
        inspect_patch(base, new_file("x"))


def test_a_patch_that_needs_too_much_memory_is_refused(base: Base, monkeypatch) -> None:
    monkeypatch.setattr("rexlab.workspace.gitrun.MEMORY_BYTES", 64 * 1024**2)
    with pytest.raises(PatchRejectedError, match=r"[Oo]ut of memory"):
        inspect_patch(base, binary("literal", 200_000_000, b"\0" * 200_000_000), max_bytes=200_000_000)


def test_a_diff_written_by_a_persons_git_is_accepted(base: Base, workspace: Path) -> None:
    (workspace / "lib" / "model.py").write_text("changed\n")
    (workspace / "new file.txt").write_text("x\n")
    subprocess.run(["git", "add", "-A"], cwd=workspace, check=True)
    data = subprocess.run(
        ["git", "diff", "--cached", "--binary"], cwd=workspace, check=True, capture_output=True
    ).stdout
    assert [file.path for file in inspect_patch(base, data)] == ["lib/model.py", "new file.txt"]
