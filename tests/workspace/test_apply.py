"""The grader's folder: masked base, allowed changes, nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rexlab.errors import InfrastructureError
from rexlab.workspace import Applied, ApplyPolicy, Base, apply, capture, digest_tree, make_base

Edit = Callable[[dict[str, bytes]], None]
PROTECTED = ApplyPolicy(
    protected=("experiments/", "data/**", "*.toml"), shadowing=frozenset({"numpy"}), import_roots=("", "experiments/")
)


@pytest.fixture
def graded(base: Base, workspace: Path, tmp_path: Path) -> Callable[..., Applied]:
    return lambda policy=PROTECTED: apply(base, capture(base, workspace, excludes=()).data, tmp_path / "out", policy)


def dropped(applied: Applied) -> dict[str, str]:
    return {item.path: item.reason for item in applied.dropped}


def test_allowed_changes_are_applied_and_the_digest_is_that_of_the_folder(
    graded, edit: Edit, workspace: Path, tmp_path: Path
) -> None:
    edit({"lib/model.py": b"better\n", "lib/extra/deep.py": b"x = 1\n", "notes.txt": b"hello"})
    (workspace / "README.md").unlink()
    (workspace / "lib" / "metrics.py").chmod(0o755)
    applied = graded()
    assert applied.changed == ("README.md", "lib/extra/deep.py", "lib/metrics.py", "lib/model.py", "notes.txt")
    assert applied.dropped == ()
    assert applied.digest == digest_tree(tmp_path / "out") == digest_tree(workspace)
    assert os.access(tmp_path / "out" / "lib" / "metrics.py", os.X_OK)


def test_protected_files_stay_as_in_the_reference(graded, edit: Edit, workspace: Path, base: Base, tmp_path) -> None:
    edit({"experiments/main.py": b"print('forged')\n", "experiments/new.py": b"x", "pyproject.toml": b""})
    (workspace / "data" / "table.csv").unlink()
    (workspace / "data" / "blob.bin").rename(workspace / "stolen.bin")
    applied = graded()
    assert set(dropped(applied)) == {
        "data/blob.bin",
        "data/table.csv",
        "experiments/main.py",
        "experiments/new.py",
        "pyproject.toml",
    }
    assert applied.changed == ("stolen.bin",)
    assert (tmp_path / "out" / "experiments" / "main.py").read_bytes() == b"print('reference')\n"
    assert (tmp_path / "out" / "data" / "blob.bin").exists()
    assert not (tmp_path / "out" / "experiments" / "new.py").exists()


def test_a_line_break_in_a_name_does_not_slip_past_a_protected_folder(graded, edit: Edit) -> None:
    edit({"data/a\nb": b"x", "experiments/x\ny.py": b"x"})
    assert set(dropped(graded())) == {"data/a\nb", "experiments/x\ny.py"}


HOOKS = {
    "sitecustomize.py": "start",
    "usercustomize/__init__.py": "start",
    "deep/sitecustomize.cpython-311-x86_64-linux-gnu.so": "start",
    "evil.pth": "hook",
    "lib/conftest.py": "hook",
    "pyvenv.cfg": "hook",
    "lib/model.cpython-311-x86_64-linux-gnu.so": "compiled",
    "lib/fast.SO": "compiled",
    "lib/model.pyc": "compiled",
    "lib/__pycache__/model.cpython-311.pyc": "compiled",
    "libc.so.6": "compiled",
    "evil-1.0.dist-info/entry_points.txt": "distribution",
    "evil.egg-info/PKG-INFO": "distribution",
    ".gitattributes": "git",
    "lib/.gitmodules": "git",
    "random.py": "shadow the module random",
    "numpy.py": "shadow the module numpy",
    "numpy/__init__.py": "shadow the module numpy",
    "json/__init__.py": "shadow the module json",
    "lib/metrics/__init__.py": "shadow lib/metrics.py",
}


@pytest.mark.parametrize("path", HOOKS)
def test_a_file_that_takes_over_the_interpreter_is_dropped_and_flagged(
    graded, edit: Edit, base: Base, tmp_path: Path, path: str
) -> None:
    edit({path: b"evil\n"})
    applied = graded()
    assert HOOKS[path] in dropped(applied)[path]
    assert applied.changed == ()
    assert applied.digest == base.digest == digest_tree(tmp_path / "out")


def test_a_whole_package_that_shadows_goes_with_all_it_holds(graded, edit: Edit, base: Base) -> None:
    edit({"numpy/__init__.py": b"", "numpy/linalg/__init__.py": b"", "numpy/linalg/solve.py": b""})
    applied = graded()
    assert len(applied.dropped) == 3
    assert applied.digest == base.digest


def test_a_package_cannot_shadow_a_compiled_module_of_the_base(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "lib").mkdir(parents=True)
    (tree / "lib" / "fast.cpython-311-x86_64-linux-gnu.so").write_bytes(b"ELF")
    base = make_base(tree, tmp_path / "base")
    (tree / "lib" / "fast").mkdir()
    (tree / "lib" / "fast" / "__init__.py").write_text("slow = 1\n")
    applied = apply(base, capture(base, tree).data, tmp_path / "out", ApplyPolicy())
    assert "would shadow lib/fast.cpython" in dropped(applied)["lib/fast/__init__.py"]


def test_a_package_that_the_base_has_beside_a_module_may_be_changed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "lib").mkdir(parents=True)
    (tree / "lib" / "__init__.py").write_text("a = 1\n")
    (tree / "lib.py").write_text("never imported\n")
    base = make_base(tree, tmp_path / "base")
    (tree / "lib" / "__init__.py").write_text("a = 2\n")
    assert apply(base, capture(base, tree).data, tmp_path / "out", ApplyPolicy()).dropped == ()


def test_files_every_package_has_shadow_nothing(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "experiments").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py"):
        (tree / name).write_text("a = 1\n")
    base = make_base(tree, tmp_path / "base")
    for name in ("__init__.py", "__main__.py"):
        (tree / "experiments" / name).write_text("a = 1\n")
    policy = ApplyPolicy(import_roots=("", "experiments"))
    assert apply(base, capture(base, tree).data, tmp_path / "out", policy).dropped == ()


def test_scripts_folders_are_import_roots_too(graded, edit: Edit) -> None:
    edit({"experiments/statistics.py": b"", "experiments/lib/__init__.py": b"", "tools/random.py": b""})
    policy = ApplyPolicy(import_roots=("", "./experiments"))
    applied = graded(policy)
    assert set(dropped(applied)) == {"experiments/statistics.py", "experiments/lib/__init__.py"}
    assert applied.changed == ("tools/random.py",)


@pytest.mark.parametrize("path", ["lib/random.py", "test/data.txt", "lib/types/__init__.py", "random.txt", "numpy.md"])
def test_names_that_shadow_nothing_are_left_alone(graded, edit: Edit, path: str) -> None:
    edit({path: b"x\n"})
    assert graded().changed == (path,)


def test_a_module_that_the_base_has_itself_may_be_changed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "code").mkdir(parents=True)
    (tree / "random.py").write_text("own = 1\n")
    (tree / "code" / "text.txt").write_text("no package\n")
    base = make_base(tree, tmp_path / "base")
    (tree / "random.py").write_text("own = 2\n")
    (tree / "code" / "other.txt").write_text("fine\n")
    (tree / "code" / "__init__.py").write_text("now it is a package\n")
    applied = apply(base, capture(base, tree).data, tmp_path / "out", ApplyPolicy())
    assert applied.changed == ("code/other.txt", "random.py")
    assert dropped(applied) == {"code/__init__.py": "would shadow the module code"}


def test_a_package_may_replace_a_module_that_is_deleted(graded, edit: Edit, workspace: Path) -> None:
    (workspace / "lib" / "metrics.py").unlink()
    edit({"lib/metrics/__init__.py": b"def score():\n    return 3\n"})
    assert graded().dropped == ()


def test_a_package_cannot_take_the_place_of_a_module_that_is_put_back(graded, edit: Edit, workspace: Path) -> None:
    (workspace / "lib" / "metrics.py").unlink()
    edit({"lib/metrics/__init__.py": b"def score():\n    return 3\n"})
    applied = graded(ApplyPolicy(protected=("lib/metrics.py",)))
    assert set(dropped(applied)) == {"lib/metrics.py", "lib/metrics/__init__.py"}


def test_links_are_dropped_and_what_they_replaced_stays(graded, workspace: Path, base: Base, tmp_path: Path) -> None:
    (workspace / "link").symlink_to("/etc/passwd")
    (workspace / "lib" / "model.py").unlink()
    (workspace / "lib" / "model.py").symlink_to("/etc/passwd")
    applied = graded()
    assert dropped(applied) == {"link": "is a symbolic link", "lib/model.py": "is a symbolic link"}
    assert applied.digest == base.digest
    assert not (tmp_path / "out" / "lib" / "model.py").is_symlink()


def test_what_a_restored_file_leaves_no_place_for_is_dropped(graded, edit: Edit, workspace: Path, base: Base) -> None:
    (workspace / "data" / "table.csv").unlink()
    (workspace / "data" / "blob.bin").unlink()
    (workspace / "data").rmdir()
    edit({"data": b"a file in the place of a folder\n"})
    applied = graded(ApplyPolicy(protected=("data/table.csv",)))
    assert dropped(applied)["data"] == "its place is taken by a file that stays"
    assert applied.changed == ("data/blob.bin",)


def test_what_would_lie_inside_a_restored_file_is_dropped(graded, edit: Edit, workspace: Path, base: Base) -> None:
    (workspace / "README.md").unlink()
    edit({"README.md/inside.txt": b"x"})
    applied = graded(ApplyPolicy(protected=("/README.md",)))
    assert set(dropped(applied)) == {"README.md", "README.md/inside.txt"}
    assert applied.digest == base.digest


def test_links_of_the_base_are_kept_and_never_written_through(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "folder" / "file").write_text("x\n")
    (tree / "link").symlink_to("folder")
    base = make_base(tree, tmp_path / "base")
    (tree / "link").unlink()
    (tree / "link").mkdir()
    (tree / "link" / "file").write_text("through?\n")
    data = capture(base, tree).data
    applied = apply(base, data, tmp_path / "out", ApplyPolicy())
    assert (tmp_path / "out" / "folder" / "file").read_text() == "x\n"
    assert applied.digest == digest_tree(tree)
    kept = apply(base, data, tmp_path / "kept", ApplyPolicy(protected=("link",)))
    assert kept.digest == base.digest
    assert (tmp_path / "kept" / "link").is_symlink()


def test_a_file_through_a_link_of_the_base_is_refused(tmp_path: Path) -> None:
    from rexlab.errors import PatchRejectedError

    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "folder" / "file").write_text("x\n")
    (tree / "link").symlink_to("folder")
    base = make_base(tree, tmp_path / "base")
    data = b"diff --git a/link/new b/link/new\nnew file mode 100644\n--- /dev/null\n+++ b/link/new\n@@ -0,0 +1 @@\n+x\n"
    with pytest.raises(PatchRejectedError, match="link/new"):
        apply(base, data, tmp_path / "out", ApplyPolicy())


def test_the_folder_must_be_fresh(base: Base, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(workspace)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty-link").symlink_to(tmp_path / "empty")
    for folder in (workspace, tmp_path / "link", tmp_path / "empty-link"):
        with pytest.raises(InfrastructureError, match="fresh, empty"):
            apply(base, b"", folder, ApplyPolicy())


def test_outputs_are_dropped_and_only_what_measures_is_called_tampering(graded, edit: Edit, workspace: Path) -> None:
    edit(
        {
            "results/main.json": b"{}",
            "results/plot.svg": b"<svg/>",
            "experiments/main.py": b"print('forged')\n",
            "experiments/README.md": b"# Experiments\n",
            "sitecustomize.py": b"x = 1\n",
        }
    )
    (workspace / "data" / "table.csv").chmod(0o755)
    (workspace / "data" / "blob.bin").unlink()
    policy = ApplyPolicy(
        protected=PROTECTED.protected, metric_files=frozenset({"results/main.json"}), outputs=("/results/*",)
    )
    applied = graded(policy)
    assert applied.changed == ()
    assert {d.path for d in applied.dropped if d.tampers} == {
        "data/blob.bin",
        "experiments/main.py",
        "results/main.json",
    }
    assert {d.path for d in applied.dropped if not d.tampers} == {
        "data/table.csv",
        "experiments/README.md",
        "results/plot.svg",
        "sitecustomize.py",
    }
    contents = {d.path: d.data for d in applied.dropped}
    assert contents["experiments/main.py"] == b"print('forged')\n"
    assert contents["data/blob.bin"] == b""
