"""A task that brings its own Dockerfile."""

import shutil

import pytest
from tests.support.shell import TASKS


@pytest.fixture
def task_with_dockerfile(shell, tmp_path):
    folder = tmp_path / "tiny" / "moments"
    shutil.copytree(TASKS / "tiny" / "moments", folder)
    manifest = (folder / "task.toml").read_text()
    (folder / "task.toml").write_text(manifest.replace("memory_mb = 256", 'memory_mb = 256\ndockerfile = "Dockerfile"'))
    (folder / "Dockerfile").write_text("FROM rexlab/base:1\nRUN ln -s /usr/bin/python3 /usr/local/bin/python\n")
    shell.variables["REXLAB_TASKS_PATH"] = str(tmp_path)
    return folder


def test_its_image_is_built_once_and_used_by_agent_and_grader(shell, task_with_dockerfile, require):
    require("docker")
    shell.variables["REXLAB_SANDBOX"] = "docker"
    shell("run", "moments", "--harness", "oracle", "--masks", "3")
    shown = shell.json("trials", "show", shell.json("trials", "list", "latest")[0]["id"])
    assert shown["outcome"] == "passed"
    assert shown["grades"][0]["environment"]["image"].startswith("rexlab/task:")


def test_a_dockerfile_that_does_not_build_is_told_with_its_last_words(shell, task_with_dockerfile, require):
    require("docker")
    shell.variables["REXLAB_SANDBOX"] = "docker"
    (task_with_dockerfile / "Dockerfile").write_text("FROM rexlab/base:1\nRUN echo no such luck && false\n")
    assert "no such luck" in shell("run", "moments", "--harness", "oracle", "--masks", "3", code=1).stderr


def test_other_sandboxes_say_that_the_task_needs_docker(shell, task_with_dockerfile):
    done = shell("run", "moments", "--harness", "oracle", "--masks", "3", code=2)
    assert "--sandbox docker" in done.stderr
    assert shell.json("runs", "list") == []
