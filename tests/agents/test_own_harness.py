"""The harness that the documentation shows as an example of one's own."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.agents.sandboxed import outcomes, prepare
from tests.kit.kit_path import HARNESSES
from tests.kit.layout import lay_out, start
from tests.kit.stub_model import serve
from tests.support.shell import Shell

from rexlab.harness.manifest import find_harness

EXAMPLE = Path(__file__).parents[2] / "docs" / "own-harness-example"
MODULE = '''class Box:
    @property
    def size(self):
        """Its size."""
        raise NotImplementedError("masked: Box.size")


def double(x):
    raise NotImplementedError("masked: double")
'''
CODE = {
    "double": "def double(x):\n    return 2 * x",
    "Box.size": "@property\ndef size(self):\n    return 4",
}


def test_it_has_twenty_lines() -> None:
    lines = [line for line in (EXAMPLE / "entry.py").read_text().splitlines() if line.strip()]
    assert len(lines) <= 20


def test_it_is_a_harness_by_its_folder() -> None:
    harness = find_harness(str(EXAMPLE), [HARNESSES])
    assert harness.name == "own-harness-example"
    assert harness.manifest.model is not None


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    functions = [{"id": f"mod.py:{n}", "path": "mod.py", "qualname": n, "description": "It does."} for n in CODE]
    variant = {"task": "t/x", "kind": "masking", "functions": functions, "experiments": [], "paper": False}
    variables = lay_out(tmp_path, variant | {"hints": "default"}, prompt="Write them.")
    (tmp_path / "workspace" / "mod.py").write_text(MODULE)
    return variables


def test_it_fills_what_the_model_answers(tmp_path: Path, environment: dict[str, str]) -> None:
    def respond(_path: str, body: dict[str, Any]) -> str:
        asked = body["messages"][0]["content"].split("Function: ")[1].split("\n")[0]
        return f"Here:\n\n```python\n{CODE[asked]}\n```\n"

    with serve(respond) as model:
        done = start(EXAMPLE / "entry.py", environment | model.environment())
    assert (done.returncode, done.stderr) == (0, "")
    names: dict[str, Any] = {}
    exec((tmp_path / "workspace" / "mod.py").read_text(), names)
    assert names["double"](4) == 8
    assert names["Box"]().size == 4


def test_a_model_that_declines_changes_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    with serve(lambda _path, _body: "I would rather not.") as model:
        done = start(EXAMPLE / "entry.py", environment | model.environment())
    assert done.returncode == 0
    assert (tmp_path / "workspace" / "mod.py").read_text() == MODULE
    assert len(model.requests) == len(json.loads((tmp_path / "task" / "variant.json").read_text())["functions"])


@pytest.mark.bubblewrap
def test_in_a_sandbox_right_answers_pass_and_wrong_ones_do_not(shell: Shell) -> None:
    prepare(shell)
    shell.variables["REXLAB_HARNESSES_PATH"] = str(EXAMPLE.parent)
    models = "scripted,scripted/wrong,scripted/refuse"
    found = outcomes(shell, "moments", "--harness", EXAMPLE.name, "--model", models, "--masks", "2", "--limit", "1")
    assert found[0] == "passed"
    assert found[1] in {"wrong_result", "experiment_crashed"}
    assert found[2] == "no_patch"
