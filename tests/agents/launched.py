"""A published agent's real program in bubblewrap, behind a real gateway with the scripted model."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.agents.sandboxed import BUNDLES
from tests.kit.kit_path import HARNESSES
from tests.support.require import demanded, lacking, require

from rexlab.gateway.client import GatewayClient
from rexlab.gateway.contract import Budget, ModelSpec, Registration, Script, Usage
from rexlab.gateway.process import start_gateway
from rexlab.harness.bundle import PYTHON, Bundle, build_bundle, find_bundle
from rexlab.harness.door import KIT, kit, open_door, prepare_door
from rexlab.harness.manifest import load_harness
from rexlab.sandbox import ExecResult, Limits, Mount, SandboxSpec
from rexlab.settings import Settings
from rexlab.workspace import checkout, make_base

RUN = "import sys; print(sys.argv[1:], 'seen')"


@dataclass(frozen=True)
class Ran:
    """What a program left."""

    ended: ExecResult
    files: dict[str, bytes]
    """Of the workspace, without ``.git``."""
    trajectory: dict[str, Any]
    usage: Usage

    @property
    def shown(self) -> list[str]:
        """What the agent saw of its tool calls."""
        steps = [step["observation"]["results"] for step in self.trajectory["steps"] if "observation" in step]
        return [result["content"] for results in steps for result in results]


Launch = Callable[..., Ran]


def bundle_of(name: str) -> Bundle:
    """The harness's bundle; built only where the machine is to have it, else the test ends."""
    harness = load_harness(HARNESSES / name)
    found = find_bundle(harness, BUNDLES)
    if found is None and "agents" not in demanded():
        lacking("agents", f"harness {name} has no bundle", f"REXLAB_BUNDLES={BUNDLES} rexlab harness build {name}")
    return found or build_bundle(harness, BUNDLES, print)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayClient]:
    """A gateway that keeps its calls in memory."""
    with start_gateway(Settings(home=tmp_path_factory.mktemp("gateway")), keep=False) as client:
        yield client


@pytest.fixture
def launch(tmp_path: Path, gateway: GatewayClient) -> Launch:
    """``launch("openhands", script, "scripted/refuse", execute="false")``: the files of the script, before, are the
    workspace, beside a ``run.py`` that the prompt names as the experiment. ``named`` is what the program takes its
    model for."""
    backend = require("bubblewrap")

    def go(
        name: str, script: Script, model: str = "scripted", calls: int = 200, named: str = "scripted", **params: str
    ) -> Ran:
        bundle, harness = bundle_of(name), load_harness(HARNESSES / name)
        tree, out, task = (tmp_path / folder for folder in ("tree", "out", "task"))
        for folder in (tree, out, task):
            folder.mkdir()
        (tree / "run.py").write_text(RUN)
        for file in script.files:
            if file.before is not None:
                (tree / file.path).parent.mkdir(parents=True, exist_ok=True)
                (tree / file.path).write_bytes(file.before.encode())
        checkout(make_base(tree, tmp_path / "base"), tmp_path / "workspace")
        (task / "prompt.md").write_text(
            "Write what is missing.\n\nCommand: `python3 run.py héllo {seed}`, with {seed} = 3.\n"
        )
        variant = {
            "task": "t/x",
            "kind": "masking",
            "functions": [],
            "experiments": [],
            "paper": False,
            "hints": "default",
        }
        (task / "variant.json").write_text(json.dumps(variant))
        registration = Registration(
            trial_id=f"t-{tmp_path.name}",
            epoch=1,
            run_id="r-x",
            socket=prepare_door(tmp_path / "gateway"),
            model=ModelSpec(name=model),
            budget=Budget(calls=calls),
            script=script,
        )
        with open_door(gateway, registration) as door:
            spec = SandboxSpec(
                name=f"{tmp_path.name}-agent",
                mounts=(
                    Mount(tmp_path / "workspace", "/workspace", writable=True),
                    Mount(out, "/out", writable=True),
                    Mount(task, "/task"),
                    Mount(harness.folder, harness.inside),
                    Mount(kit(), KIT),
                    bundle.mount,
                    door.mount,
                ),
                limits=Limits(
                    memory_mb=512 + harness.manifest.run.memory_mb,
                    pids=64 + harness.manifest.run.pids,
                    disk_mb=64 + harness.manifest.run.disk_mb,
                ),
            )
            environment = {
                "REXLAB_WORKSPACE": "/workspace",
                "REXLAB_TASK": "/task",
                "REXLAB_OUT": "/out",
                "REXLAB_RESULTS": "/out/results.json",
                "REXLAB_KIT": KIT,
                "REXLAB_DEADLINE": "99999999999",
                "REXLAB_SEED": "0",
                "REXLAB_PARAMS": json.dumps(harness.resolve_params(params)),
                **door.variables(),
                "REXLAB_MODEL": named,
            }
            words = [word.replace("{python}", PYTHON) for word in harness.manifest.run.command]
            with backend.create(spec) as sandbox:
                command = [word.replace("{harness}", sandbox.path(harness.inside)) for word in words]
                ended = sandbox.exec(door.wrap(command, PYTHON, sandbox), timeout_s=280, env=environment)
        return Ran(ended, _files(tmp_path / "workspace"), json.loads((out / "trajectory.json").read_text()), door.usage)

    return go


def _files(workspace: Path) -> dict[str, bytes]:
    found = (Path(folder) / name for folder, _, names in os.walk(workspace) for name in names)
    paths = (path for path in found if ".git" not in path.relative_to(workspace).parts)
    return {str(path.relative_to(workspace)): path.read_bytes() for path in paths}


def expected_files(script: Script) -> dict[str, bytes]:
    """The workspace after a script was played to the letter."""
    return {"run.py": RUN.encode()} | {file.path: file.after.encode() for file in script.files}


def files_before(script: Script) -> dict[str, bytes]:
    """The workspace that nobody touched."""
    return {"run.py": RUN.encode()} | {f.path: f.before.encode() for f in script.files if f.before is not None}


def check_atif(document: dict[str, Any]) -> None:
    """What ATIF demands: steps counted from 1, observations that belong to a call, totals that are sums."""
    assert document["schema_version"].startswith("ATIF-v1.")
    steps = document["steps"]
    assert [step["step_id"] for step in steps] == list(range(1, len(steps) + 1))
    assert {step["source"] for step in steps} <= {"system", "user", "agent"}
    for step in steps:
        calls = {call["tool_call_id"] for call in step.get("tool_calls", [])}
        assert len(calls) == len(step.get("tool_calls", []))
        assert {result["source_call_id"] for result in step.get("observation", {}).get("results", [])} <= calls
    tokens = [step["metrics"]["prompt_tokens"] for step in steps if "metrics" in step]
    assert document["final_metrics"]["total_prompt_tokens"] == sum(tokens)
    assert document["final_metrics"]["total_steps"] == len(steps)
