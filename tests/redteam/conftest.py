"""Cheating agents and cheating patches, in real sandboxes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.execution.prepare import masked_base
from rexlab.execution.regrade import grade_patch
from rexlab.grading.records import GradeResult
from rexlab.sandbox import SandboxBackend
from rexlab.settings import Settings
from rexlab.task.load import Task, load_task
from rexlab.workspace import ARTIFACTS, capture, checkout

Edit = Callable[[Path], object]
"""What a cheat does to a workspace."""
REPORT = '''"""How results are written: what the metrics are read from."""

import json


def report(results: dict[str, float]) -> str:
    """As JSON."""
    return json.dumps(results)
'''


@pytest.fixture(scope="session")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    """The small task with a protected module that writes the results, and with short time limits."""
    folder = tmp_path_factory.mktemp("suite") / "moments"
    shutil.copytree(TASKS / "tiny" / "moments", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "code" / "moments" / "report.py").write_text(REPORT)
    (folder / "code" / "README.md").write_text("# Moments\n")
    batch = folder / "code" / "experiments" / "batch.py"
    batch.write_text(
        batch.read_text()
        .replace("from moments.core", "from moments import report\nfrom moments.core")
        .replace("json.dumps(results)", "report.report(results)")
        .replace("import json\n", "")
    )
    manifest = folder / "task.toml"
    protected = 'paths = ["experiments/", "moments/report.py", "README.md"]'
    manifest.write_text(
        manifest.read_text().replace('paths = ["experiments/"]', protected).replace("timeout_s = 20", "timeout_s = 5")
    )
    return load_task(folder)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of its own."""
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture
def patch_of(task: Task, settings: Settings, tmp_path: Path) -> Callable[[Edit], bytes]:
    """The patch that an edit of the masked code makes; outputs that lie about are in it."""

    def make(edit: Edit) -> bytes:
        base = masked_base(task, [f.id for f in task.functions], settings)
        workspace = tmp_path / "workspace"
        checkout(base, workspace)
        edit(workspace)
        return capture(base, workspace, excludes=ARTIFACTS).data

    return make


@pytest.fixture
def graded(task: Task, settings: Settings, patch_of: Callable[[Edit], bytes]) -> Callable[..., GradeResult]:
    """Grade what an edit of the masked code makes, with every function masked."""

    def grade(edit: Edit, backend: SandboxBackend, **options: object) -> GradeResult:
        names = [f.id for f in task.functions]
        return grade_patch(task, names, patch_of(edit), backend, settings, **options)  # type: ignore[arg-type]

    return grade
