"""What a sandbox is shown lies below the folders that rexlab keeps: an engine elsewhere need see no other."""

from pathlib import Path

from tests.support.shell import TASKS

from rexlab.environment import Environment
from rexlab.harness.assignment import Assignment, Means
from rexlab.harness.door import kit
from rexlab.harness.layout import lay_out
from rexlab.harness.manifest import find_harness
from rexlab.sandbox import backend
from rexlab.settings import Settings
from rexlab.task.load import load_task
from rexlab.task.masking import mask_tree
from rexlab.task.variant import Shown
from rexlab.workspace import make_base

TASK = TASKS / "tiny" / "moments"


def lay(home: Path, harness: str):
    task = load_task(TASK)
    function = task.functions[0]
    mask_tree(task.code, home / "tree", [function])
    base = make_base(home / "tree", home / "base")
    assignment = Assignment(
        trial_id="t",
        epoch=1,
        run_id="r",
        harness=find_harness(harness, Settings().harness_folders),
        model=None,
        params={},
        task=task,
        functions=(function.id,),
        shown=Shown(),
        seed=0,
        timeout_s=60,
    )
    environment = Environment("d", "3.11", {}, frozenset(), home / "envs" / "d")
    folder = home / "work" / "t-1"
    folder.mkdir(parents=True)
    return lay_out(assignment, base, Means(backend("process"), environment, lambda: False), folder)


def test_everything_mounted_lies_below_home(tmp_path):
    mounts = lay(tmp_path, "oracle").mounts
    assert {m.target for m in mounts} >= {
        "/workspace",
        "/out",
        "/task",
        "/opt/rexlab/harness/oracle",
        "/opt/rexlab/kit",
    }
    assert [m for m in mounts if not m.source.is_relative_to(tmp_path)] == []


def test_harness_and_kit_are_whole_in_their_copies(tmp_path):
    shown = {m.target: m.source for m in lay(tmp_path, "react").mounts}
    for target, original in (
        ("/opt/rexlab/harness/react", find_harness("react", Settings().harness_folders).folder),
        ("/opt/rexlab/kit", kit()),
    ):
        files = [p.relative_to(original) for p in original.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
        assert files
        for file in files:
            copied = shown[target] / file
            assert copied.read_bytes() == (original / file).read_bytes()
            assert copied.stat().st_mode == (original / file).stat().st_mode
