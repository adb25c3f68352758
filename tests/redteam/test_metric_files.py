"""A number counts only when the experiment wrote it in this run."""

import shutil

import pytest
from tests.redteam.attacks import READY_MADE, body_of_mean, right

from rexlab.execution.prepare import masked_base
from rexlab.execution.regrade import grade_patch
from rexlab.task.load import load_task
from rexlab.workspace import capture, checkout


@pytest.mark.parametrize("sandbox", ["bubblewrap", "docker"])
def test_a_metrics_file_that_lay_there_before_is_not_read_though_no_glob_names_it(
    sandbox, task, settings, require, tmp_path
):
    folder = tmp_path / "moments"
    shutil.copytree(task.folder, folder)
    manifest = folder / "task.toml"
    manifest.write_text(manifest.read_text().replace('outputs = ["results/*"]\n', ""))
    (folder / "code" / "results").mkdir()
    (folder / "code" / "results" / "batch.json").write_text(READY_MADE)
    copy = load_task(folder)
    functions = [f.id for f in copy.functions]
    base = masked_base(copy, functions, settings)
    checkout(base, tmp_path / "workspace")
    body_of_mean("import os\nos._exit(0)", rest=right)(tmp_path / "workspace")
    patch = capture(base, tmp_path / "workspace").data
    result = grade_patch(copy, functions, patch, require(sandbox), settings)
    assert result.outcome == "missing_result"
    read = {v.problem for v in result.values if v.experiment == "batch"}
    assert read == {"results/batch.json was not written"}
