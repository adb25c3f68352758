"""For any tree and any edits: capture, then apply to a fresh base, gives the edited tree exactly."""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rexlab.workspace import ApplyPolicy, apply, capture, checkout, digest_tree, inspect_patch, make_base

# Removing folders takes milliseconds each on some disks; here there are thousands.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# Names no rule of the policy objects to; few folders, so that files and folders take each other's places.
_odd = st.binary(min_size=1, max_size=6).filter(lambda name: not set(name) & {0, 0x2F} and name not in (b".", b".."))
_name = st.one_of(st.sampled_from([b"a", b"b", b"c d", b"-x", b"\xff", b"\n", b'"', b"e\t"]), _odd).map(
    lambda name: b"n" + name + b"n"
)
_path = st.lists(_name, min_size=1, max_size=3).map(b"/".join)
_lines = st.lists(
    st.sampled_from([b"a\n", b"b\r\n", b"\n", b"\t\n", b"--- x\n", b"+++ y\n", b"@@ -1 +1 @@\n", b"z"]), max_size=30
)
_content = st.one_of(_lines.map(b"".join), st.binary(max_size=300), st.sampled_from([b"", b"\0" * 5000]))
_files = st.dictionaries(_path, st.tuples(_content, st.booleans()), max_size=8)


def _write(folder: Path, files: dict[bytes, tuple[bytes, bool]]) -> None:
    """Write all of them: a file in the place of a folder, or a folder in the place of a file, replaces it."""
    for name, (content, executable) in files.items():
        path = folder / os.fsdecode(name)
        for above in path.relative_to(folder).parents:
            if (folder / above).is_file():
                (folder / above).unlink()
        if path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755 if executable else 0o644)


def _files_in(workspace: Path) -> list[Path]:
    return sorted(path for path in workspace.rglob("*") if path.is_file() and ".git" not in path.parts)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=_files, after=_files, data=st.data())
def test_capture_then_apply_reproduces_the_edited_tree(before, after, data) -> None:
    with tempfile.TemporaryDirectory(dir=FAST) as text:
        folder = Path(text)
        (folder / "tree").mkdir()
        _write(folder / "tree", before)
        base = make_base(folder / "tree", folder / "base")
        workspace = folder / "workspace"
        checkout(base, workspace)
        if present := _files_in(workspace):
            for path in data.draw(st.lists(st.sampled_from(present), unique=True)):
                path.unlink()
            for path in data.draw(st.lists(st.sampled_from(present), unique=True, max_size=2)):
                if path.exists():
                    path.rename(path.with_name(path.name + "-moved"))
        _write(workspace, after)

        patch = capture(base, workspace, excludes=())
        applied = apply(base, patch.data, folder / "graded", ApplyPolicy())
        assert applied.dropped == ()
        assert applied.digest == digest_tree(folder / "graded") == digest_tree(workspace)
        assert patch.is_empty == (applied.digest == base.digest)
        assert inspect_patch(base, patch.data) == patch.files
