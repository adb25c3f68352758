"""A user at a shell: the installed ``rexlab`` command, a store of its own, the small task of tests/data."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

TASKS = Path(__file__).parents[1] / "data" / "tasks"
REXLAB = Path(sys.executable).with_name("rexlab")


@dataclass
class Shell:
    """Runs ``rexlab`` in an empty folder."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        base = {k: v for k, v in os.environ.items() if not k.startswith("REXLAB_") or k == "REXLAB_REQUIRE"}
        return {
            **base,
            "REXLAB_HOME": str(self.folder / "home"),
            "REXLAB_TASKS_PATH": str(TASKS),
            "REXLAB_SANDBOX": "process",
            "COLUMNS": "200",
            **self.variables,
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [REXLAB, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [REXLAB, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").stdout)


@pytest.fixture
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("shell")
    return Shell(folder)
