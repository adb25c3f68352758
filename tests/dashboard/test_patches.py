"""A patch beside the reference: what is shown of honest ones, of odd ones, and of those made to do harm."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.dashboard.patches import FunctionVersions, file_versions, function_versions
from rexlab.dashboard.patches_text import MAX_COMPARED_BYTES, MAX_DIFF_LINES, MAX_PARSED_BYTES, decoded, unified
from rexlab.errors import InputError
from rexlab.execution.prepare import masked_base
from rexlab.settings import Settings, bundled
from rexlab.task.load import Task, load_task
from rexlab.workspace import capture, changed_contents, checkout

MEAN, VARIANCE, PUSH = "moments/core.py:mean", "moments/core.py:variance", "moments/online.py:Welford.push"
BOTH = (MEAN, VARIANCE)
CORE = "moments/core.py"
Edit = Callable[[Path], None]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task(TASKS / "tiny" / "moments")


@pytest.fixture
def patched(task: Task, settings: Settings, tmp_path: Path) -> Callable[..., bytes]:
    """``patched(edit)``: what is captured when an agent does this to the masked code."""

    def made(edit: Edit, functions: tuple[str, ...] = BOTH) -> bytes:
        base = masked_base(task, functions, settings)
        checkout(base, tmp_path / "workspace")
        edit(tmp_path / "workspace")
        return capture(base, tmp_path / "workspace").data

    return made


def rewrite(old: str, new: str, path: str = CORE) -> Edit:
    def edit(folder: Path) -> None:
        text = (folder / path).read_text()
        assert old in text
        (folder / path).write_text(text.replace(old, new))

    return edit


def write(content: bytes, path: str = CORE) -> Edit:
    return lambda folder: (folder / path).write_bytes(content) and None


RAISE = 'raise NotImplementedError("masked: mean")'


def test_what_the_agent_wrote_stands_beside_the_reference(task, settings, patched):
    patch = patched(rewrite(RAISE, "return sum(numbers) / (len(numbers) + 1)"))
    mean, variance = function_versions(task, BOTH, patch, settings)
    assert (mean.path, mean.qualname, mean.problem) == (CORE, "mean", "")
    assert mean.reference.startswith("def mean(numbers")
    assert "return sum(numbers) / len(numbers)" in mean.reference
    assert "masked: mean" in mean.masked
    assert mean.submitted is not None
    assert mean.submitted.endswith("return sum(numbers) / (len(numbers) + 1)")
    assert "-    return sum(numbers) / len(numbers)\n" in mean.diff
    assert "+    return sum(numbers) / (len(numbers) + 1)" in mean.diff
    assert not mean.untouched
    assert variance.untouched
    assert variance.submitted == variance.masked


def test_the_reference_itself_has_no_difference(task, settings, patched):
    reference = (task.code / CORE).read_bytes()
    for versions in function_versions(task, BOTH, patched(write(reference)), settings):
        assert versions.submitted == versions.reference
        assert (versions.diff, versions.problem, versions.untouched) == ("", "", False)


def test_a_method_stands_at_the_left_margin_with_its_decorators(task, settings, patched):
    raised = 'raise NotImplementedError("masked: Welford.push")'
    edit = rewrite(raised, "self.count += 1", "moments/online.py")
    (push,) = function_versions(task, [PUSH], patched(edit, (PUSH,)), settings)
    assert push.reference.startswith("def push(self")
    assert push.submitted is not None
    assert push.submitted.splitlines()[-1] == "    self.count += 1"


def test_an_empty_patch_leaves_everything_as_it_was_masked(task, settings):
    assert all(v.untouched for v in function_versions(task, BOTH, b"", settings))


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda folder: (folder / CORE).unlink(), "the patch leaves no file moments/core.py"),
        (write(b"def other():\n    return 1\n"), "the patched moments/core.py defines no mean"),
        (write(b"def mean(:\n"), "moments/core.py, line 1: does not parse"),
        (write(b"x = " + b"(" * 5000 + b")" * 5000 + b"\n"), "nested too deeply"),
        (write(b"# a\n" * (MAX_PARSED_BYTES // 4 + 1)), "more than are parsed here"),
        (write(b"def mean(numbers):\n    return '\xff\xfe'\n"), "moments/core.py"),
        (write(b"# coding: rot13\nqrs zrna(inyhrf):\n    cnff\n"), "moments/core.py"),
    ],
    ids=["deleted", "renamed", "broken", "deep", "large", "not-utf8", "odd-encoding"],
)
def test_what_cannot_be_shown_is_told(task, settings, patched, edit, problem):
    mean = function_versions(task, BOTH, patched(edit), settings)[0]
    assert mean.submitted is None
    assert problem in mean.problem
    assert "\n" not in mean.problem
    assert mean.reference.startswith("def mean(numbers")
    assert mean.diff == ""


def test_a_link_in_place_of_the_file_is_no_file(task, settings, patched):
    def link(folder: Path) -> None:
        (folder / CORE).unlink()
        (folder / CORE).symlink_to("online.py")

    mean = function_versions(task, BOTH, patched(link), settings)[0]
    assert mean.submitted is None
    assert "leaves no file" in mean.problem


def test_of_several_definitions_the_last_is_shown_as_python_keeps_it(task, settings, patched):
    patch = patched(write(b"def mean(numbers):\n    return 1\n\n\ndef mean(numbers):\n    return 2\n"))
    mean = function_versions(task, BOTH, patch, settings)[0]
    assert mean.submitted == "def mean(numbers):\n    return 2"
    assert "2 times" in mean.problem


def test_nothing_of_the_agents_is_run(task, settings, patched, tmp_path):
    marker = tmp_path / "ran"
    code = f"open({str(marker)!r}, 'w').close()\n\n\ndef mean(numbers):\n    return 0\n"
    patch = patched(write(code.encode()))
    assert function_versions(task, BOTH, patch, settings)[0].submitted == "def mean(numbers):\n    return 0"
    assert not marker.exists()


@pytest.mark.parametrize(
    "patch",
    [
        b"this is no diff",
        b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-nothing like it\n+other\n",
        b"diff --git a/../x b/../x\nnew file mode 100644\n--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+y\n",
    ],
    ids=["no-diff", "does-not-apply", "leaves-the-folder"],
)
def test_a_patch_that_does_not_apply_is_refused_in_a_sentence(task, settings, patch):
    with pytest.raises(InputError) as caught:
        function_versions(task, BOTH, patch, settings)
    assert str(caught.value)


def test_what_files_hold_after_a_patch(task, settings, patched):
    def edit(folder: Path) -> None:
        (folder / "data.bin").write_bytes(b"\0\1\2" * 1000)
        (folder / "link").symlink_to("moments")
        (folder / "moments" / "online.py").rename(folder / "moments" / "moved.py")
        (folder / CORE).write_bytes(b"x = 1\n")

    base = masked_base(task, BOTH, settings)
    after = changed_contents(base, patched(edit))
    online = (task.code / "moments" / "online.py").read_bytes()
    assert after == {
        "data.bin": b"\0\1\2" * 1000,
        "link": None,
        "moments/online.py": None,
        "moments/moved.py": online,
        CORE: b"x = 1\n",
    }
    assert changed_contents(base, b"  \n") == {}


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return load_task(bundled("tasks") / "extension" / "deis-third-order")


def test_an_extension_is_compared_file_by_file(extension, settings):
    same, more = file_versions(extension, extension.reference_patch, settings)
    assert more == 0
    assert {f.path for f in same} == {"deis/adams_bashforth.py", "deis/samplers.py"}
    for file in same:
        assert file.reference.startswith("--- before\n+++ reference\n")
        assert file.submitted.startswith("--- before\n+++ agent\n")
        assert file.reference.splitlines()[2:] == file.submitted.splitlines()[2:]
        assert (file.diff, file.problem) == ("", "")


def test_files_of_the_agents_alone_come_last(extension, settings, tmp_path):
    base = masked_base(extension, (), settings)
    checkout(base, tmp_path / "workspace")
    (tmp_path / "workspace" / "a.py").write_text("x = 1\n")
    (tmp_path / "workspace" / "b.bin").write_bytes(b"\xff\0")
    (tmp_path / "workspace" / "new\nline.py").write_text("x = 1\n")
    patch = capture(base, tmp_path / "workspace").data
    found, _ = file_versions(extension, patch, settings)
    by_path = {f.path: f for f in found}
    assert [f.path for f in found][:2] == ["deis/adams_bashforth.py", "deis/samplers.py"]
    assert found[0].submitted == ""
    assert (by_path["a.py"].reference, by_path["a.py"].problem) == ("", "")
    assert "+x = 1" in by_path["a.py"].submitted
    assert by_path["b.bin"].submitted == ""
    assert "not UTF-8" in by_path["b.bin"].problem
    assert "'new\\nline.py'" in by_path


def test_only_so_many_files_are_compared(extension, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("rexlab.dashboard.patches.MAX_FILES", 1)
    found, more = file_versions(extension, extension.reference_patch, settings)
    assert (len(found), more) == (1, 1)


def test_what_is_too_long_is_not_compared():
    before, after = "\n".join("ab" * 2000), "\n".join("ba" * 2000)
    assert unified(before, after, "x", "y") == ("", "it has 4,000 lines, more than are compared here")
    assert MAX_DIFF_LINES < 4000
    assert decoded(b"x" * (MAX_COMPARED_BYTES + 1))[1].startswith("it holds 1,000,001 bytes")
    assert decoded(b"a\0b")[1] == "it is not text"
    assert decoded("é".encode()) == ("é", "")


def test_versions_know_whether_they_were_touched():
    one = FunctionVersions("a:f", "a", "f", "x", "", None, "gone", "")
    assert not one.untouched


def test_a_task_that_changed_is_not_taken_for_the_one_that_was_planned(tmp_path, settings):
    from rexlab.execution.prepare import planned_task
    from rexlab.store.models import AgentRow, TrialRow, VariantRow
    from rexlab.store.queries import TrialRecord

    folder = tmp_path / "tiny" / "moments"
    shutil.copytree(TASKS / "tiny" / "moments", folder)
    digest = load_task(folder).digest
    variant = VariantRow(
        id="v", task="tiny/moments", task_digest=digest, task_folder=str(folder), kind="masking",
        functions=[MEAN], masks=1, shown={},
    )  # fmt: skip
    trial = TrialRow(id="r-00001", run_id="r", position=1, variant_id="v", agent_id="a", attempt=1, seed=1)
    agent = AgentRow(id="a", harness="noop", harness_digest="d", params={}, reference=False)
    record = TrialRecord(trial, variant, agent, None)
    assert planned_task(record, settings).digest == digest
    (folder / "paper.md").write_text("another paper")
    with pytest.raises(InputError, match="has changed since run r was planned"):
        planned_task(record, settings)
    shutil.rmtree(folder)
    with pytest.raises(InputError):
        planned_task(record, settings)
