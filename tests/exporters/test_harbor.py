"""What an exported Harbor task holds, file by file; what it must not hold; what cannot be exported."""

import json
import re
import shutil
import tomllib

import pytest
from tests.support.shell import TASKS

from rexlab.exporters.harbor import export_harbor, folder_name
from rexlab.exporters.lock import lock_requirements
from rexlab.exporters.selection import Selection, select_variants
from rexlab.task.load import load_task
from rexlab.task.masking import body_of

CODE = {
    "experiments/__init__.py",
    "experiments/batch.py",
    "experiments/stream.py",
    "moments/__init__.py",
    "moments/core.py",
    "moments/online.py",
}
VERIFIER = {"__init__", "__main__", "collect", "files", "plan", "reward", "run", "submission"}
LAYOUT = {
    "task.toml",
    "instruction.md",
    "environment/Dockerfile",
    "environment/paper.md",
    *(f"environment/workspace/{path}" for path in CODE),
    "tests/test.sh",
    "tests/plan.json",
    *(f"tests/verifier/{name}.py" for name in VERIFIER),
    *(f"tests/pristine/{path}" for path in CODE),
    "solution/solve.sh",
    "solution/files/moments/core.py",
    "solution/rexlab/task.toml",
    "solution/rexlab/paper.md",
}
NUMBER = (int, float)
# Harbor's documented keys of task.toml, schema 1.4, that an export uses, with their types
FIELDS = {
    "schema_version": str,
    "task": {"name": str, "description": str, "keywords": list},
    "metadata": dict,
    "agent": {"timeout_sec": NUMBER, "user": str},
    "verifier": {"timeout_sec": NUMBER, "user": str},
    "environment": {
        "build_timeout_sec": NUMBER,
        "cpus": NUMBER,
        "memory_mb": int,
        "storage_mb": int,
        "gpus": int,
        "network_mode": str,
        "allow_internet": bool,
        "allowed_hosts": list,
    },
}


def files_of(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def check_fields(table, fields):
    for key, value in table.items():
        assert key in fields, key
        if isinstance(fields[key], dict):
            check_fields(value, fields[key])
        else:
            assert isinstance(value, fields[key]), key


def changed_copy(tmp_path, task, before, after):
    folder = tmp_path / "changed" / task.name
    shutil.copytree(task.folder, folder)
    text = (folder / "task.toml").read_text()
    assert before in text
    (folder / "task.toml").write_text(text.replace(before, after))
    return folder


def test_it_holds_what_harbor_wants_and_nothing_else(export, moments):
    folder = export(moments, functions=["mean"]).folder
    assert files_of(folder) == LAYOUT
    for script in ("tests/test.sh", "solution/solve.sh"):
        assert (folder / script).stat().st_mode & 0o111
        assert (folder / script).read_text().startswith("#!/bin/sh\n")


@pytest.mark.parametrize("network", ["none", ["example.org"]])
def test_its_configuration_has_harbors_fields(export, moments, tmp_path, network):
    task = load_task(
        changed_copy(tmp_path, moments, "memory_mb = 256", f"memory_mb = 256\nnetwork = {json.dumps(network)}")
    )
    config = tomllib.loads((export(task, functions=["mean"]).folder / "task.toml").read_text())
    check_fields(config, FIELDS)
    assert set(FIELDS) == set(config)
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]*/[a-zA-Z0-9][a-zA-Z0-9._-]*", config["task"]["name"])
    assert config["environment"]["network_mode"] == ("no-network" if network == "none" else "allowlist")
    assert config["environment"].get("allowed_hosts", "none") == network
    # two experiments of two and one run depend on the function, 20 s each
    assert config["verifier"]["timeout_sec"] > 60
    assert config["metadata"]["rexlab"]["functions"] == ["moments/core.py:mean"]


def test_strings_that_toml_would_misread_survive(export, moments, tmp_path):
    summary = 'Quotes " and \\ and\ttabs, \U0001f600, \x7f.'
    before = '"A small task for the tests: standard library only, every source of metrics, milliseconds to run."'
    quoted = json.dumps(summary, ensure_ascii=False).replace("\x7f", "\\u007f")
    task = load_task(changed_copy(tmp_path, moments, before, quoted))
    config = tomllib.loads((export(task, functions=["mean"]).folder / "task.toml").read_text())
    assert config["task"]["description"] == summary


@pytest.mark.parametrize("functions", [["mean"], ["mean", "variance", "Welford.push"]])
def test_where_the_agent_works_nothing_of_the_reference_stands(export, moments, functions):
    folder = export(moments, functions=functions).folder
    seen = {path: (folder / path).read_bytes() for path in LAYOUT if path.startswith(("environment/", "instruction"))}
    for name in functions:
        function = moments.function(name)
        statement = (
            body_of((moments.code / function.path).read_bytes(), function.qualname).strip().splitlines()[-1].strip()
        )
        assert len(statement) > 10
        for path, content in seen.items():
            assert statement not in content, path
    for experiment in moments.experiments:
        for path, content in seen.items():
            assert not (experiment.hidden and experiment.name.encode() in content), path
            for metric in experiment.metric:
                for target in metric.check.targets(metric.count * len(experiment.seeds)):
                    assert repr(target).encode() not in content, path


def test_the_canary_stands_in_every_file_of_ours(export, moments):
    folder = export(moments, functions=["mean"]).folder
    guid = str(moments.manifest.task.canary)
    copied = ("environment/workspace/", "tests/pristine/", "solution/files/", "solution/rexlab/")
    ours = {path for path in LAYOUT if not path.startswith(copied)}
    assert len(ours) == 15
    assert [path for path in sorted(ours) if guid not in (folder / path).read_text()] == []
    # Harbor takes leading comment lines that speak of a canary off an instruction
    assert re.match(r"<!--.*canary.*-->\n\n", (folder / "instruction.md").read_text())


def test_the_instruction_names_harbors_places_and_asks_for_no_claims(export, moments):
    text = (export(moments, functions=["mean"]).folder / "instruction.md").read_text()
    assert "`/workspace`" in text
    assert "`/task/paper.md`" in text
    assert "beside this prompt" not in text
    assert "REXLAB_" not in text
    assert "REXLAB_" not in text
    assert "Only what you change in this folder counts." in text
    assert moments.function("mean").description in text


def test_an_extension_shows_hints_to_their_level_only(median, tmp_path):
    levels = ("default", "hints", "detailed_hints")
    variants = [(median, v) for v in select_variants(median, Selection(hints=levels))]
    names = export_harbor(variants, tmp_path / "out")
    assert [name.rpartition("-")[0] for name in names] == ["median-default", "median-hints", "median-detailed-hints"]
    texts = [(tmp_path / "out" / name / "instruction.md").read_text() for name in names]
    assert ["Sort first" in text for text in texts] == [False, True, True]
    assert ["Mind even" in text for text in texts] == [False, False, True]
    for name in names:
        environment = tmp_path / "out" / name / "environment"
        assert not any(b"ranked" in p.read_bytes() for p in environment.rglob("*") if p.is_file())
        assert "rm -f -- ./OLD.txt" in (tmp_path / "out" / name / "solution" / "solve.sh").read_text()


def test_an_image_of_the_tasks_own_is_the_default_base(export, moments, tmp_path):
    task = load_task(changed_copy(tmp_path, moments, "memory_mb = 256", 'memory_mb = 256\nimage = "example.org/lab:3"'))
    text = (export(task, functions=["mean"]).folder / "environment" / "Dockerfile").read_text()
    assert "ARG BASE_IMAGE=example.org/lab:3\nFROM ${BASE_IMAGE}\n" in text


def test_a_dockerfile_of_the_tasks_own_comes_first(export, moments, tmp_path):
    folder = changed_copy(tmp_path, moments, "memory_mb = 256", 'memory_mb = 256\ndockerfile = "Dockerfile"')
    (folder / "Dockerfile").write_text(
        "FROM debian AS tools\nFROM rexlab/base:1\nCOPY --from=tools /bin/true /bin/yes\n"
    )
    text = (export(load_task(folder), functions=["mean"]).folder / "environment" / "Dockerfile").read_text()
    assert text.index("FROM rexlab/base:1") < text.index("USER root") < text.index("COPY workspace/")
    assert "BASE_IMAGE" not in text


def test_a_dockerfile_that_takes_files_of_the_task_folder_is_refused(moments, tmp_path, shell):
    folder = changed_copy(tmp_path, moments, "memory_mb = 256", 'memory_mb = 256\ndockerfile = "Dockerfile"')
    (folder / "Dockerfile").write_text("FROM rexlab/base:1\nRUN true\nCOPY code/ /reference/\n")
    done = shell("export", "harbor", str(folder), "--out", "out", code=2)
    assert "takes files of the task folder (line 3)" in done.stderr
    assert list(shell.folder.iterdir()) == []


def test_requirements_are_locked_with_hashes(export, moments, tmp_path):
    task = load_task(
        changed_copy(tmp_path, moments, "memory_mb = 256", 'memory_mb = 256\nrequirements = ["six==1.16.0"]')
    )
    environment = export(task, functions=["mean"]).folder / "environment"
    lock = (environment / "requirements.lock").read_text()
    assert "six==1.16.0" in lock
    assert lock.count("--hash=sha256:") >= 2
    assert "--require-hashes" in (environment / "Dockerfile").read_text()


def test_requirements_that_do_not_exist_are_told():
    from rexlab.errors import EnvironmentBuildError

    with pytest.raises(EnvironmentBuildError, match="lock"):
        lock_requirements(["six==0.0.99"], "3.11")


def test_the_same_variants_are_exported_as_a_run_has(shell):
    shell("run", "moments", "--harness", "noop", "--masks", "1,2", "--sample", "2", "--seed", "7")
    shell("export", "harbor", "moments", "--masks", "1,2", "--sample", "2", "--seed", "7", "--out", "out")
    exported = [
        tomllib.loads(p.read_text())["metadata"]["rexlab"]["functions"]
        for p in (shell.folder / "out").glob("*/task.toml")
    ]
    ran = [shell.json("trials", "show", t["id"])["functions"] for t in shell.json("trials", "list", "latest")]
    assert sorted(exported) == sorted(ran)
    assert len(exported) == 4


def test_names_are_unique_over_all_variants(moments):
    variants = select_variants(moments, Selection(masks=(1, 2, 3)))
    names = {folder_name(moments, v) for v in variants}
    assert len(names) == len(variants) == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["moments", "--masks", "0"], "an untouched workspace would pass"),
        (["moments", "--masks", "9"], "the tasks have: moments 3"),
        (["moments", "--functions", "nothing"], "no maskable function is called 'nothing'"),
        (["nowhere"], "no suite, task or task folder"),
        (["moments", "--hints", "some"], "'some' is no hint level"),
    ],
)
def test_what_cannot_be_exported_is_told_and_nothing_is_written(shell, arguments, said):
    done = shell("export", "harbor", *arguments, "--out", "out", code=2)
    assert said in done.stderr
    assert list(shell.folder.iterdir()) == []


def test_what_is_there_is_not_overwritten(shell):
    (shell.folder / "out").mkdir()
    (shell.folder / "out" / "mine").write_text("mine")
    done = shell("export", "harbor", "moments", "--out", "out", code=2)
    assert "exists already" in done.stderr
    assert [p.name for p in shell.folder.rglob("*")] == ["out", "mine"]


def test_functions_of_an_extension_are_refused(median):
    from rexlab.errors import InputError

    with pytest.raises(InputError, match="--functions"):
        select_variants(median, Selection(functions=["mean"]))


def test_the_whole_suite_of_bundled_tasks_can_be_exported(shell):
    """Their patterns, checks and paths are all such that the verifier knows them."""
    from rexlab.exporters.harbor_plan import verifier_plan

    tasks = [load_task(p.parent) for p in sorted((TASKS.parents[2] / "tasks" / "classic").glob("*/task.toml"))]
    for task in tasks:
        for variant in select_variants(task, Selection(masks=(1,))):
            plan = json.loads(json.dumps(verifier_plan(task, variant)))
            assert plan["take"] == [variant.functions[0].partition(":")[0]]
            assert any(experiment["hidden"] for experiment in plan["experiments"]), variant
    assert len(tasks) >= 4
