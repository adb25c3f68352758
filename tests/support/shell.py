"""A user at a shell: the ``rexlab`` command, a store of its own, the small task of tests/data."""

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from rexlab.cli import main

TASKS = Path(__file__).parents[1] / "data" / "tasks"
REXLAB = Path(sys.executable).with_name("rexlab")
LONG = ({"run"}, {"runs", "resume"}, {"runs", "retry"}, {"regrade"})
"""Commands that work on trials get a process of their own; the others run here, which saves their start."""


@dataclass
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Shell:
    """Runs ``rexlab`` in an empty folder."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def command(self) -> Path:
        """The program itself, for whoever starts it by hand."""
        return REXLAB

    @property
    def environment(self) -> dict[str, str]:
        base = {k: v for k, v in os.environ.items() if not k.startswith("REXLAB_") or k == "REXLAB_REQUIRE"}
        own = {
            "REXLAB_HOME": str(self.home),
            "REXLAB_TASKS_PATH": str(TASKS),
            "REXLAB_SANDBOX": "process",
            "COLUMNS": "200",
        }
        return {**base, **own, **self.variables}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [REXLAB, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int = 0) -> Done:
        """Run a command to its end and check its exit code; a traceback is a failure whatever the code."""
        refused = code == 2 or "--help" in arguments
        own_process = any(words <= set(arguments[:2]) for words in LONG) and not refused
        done = self._process(arguments) if own_process else self._here(arguments)
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").stdout)

    def _process(self, arguments: tuple[str, ...]) -> Done:
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=240)
        finally:
            process.kill()
        return Done(process.returncode, out, err)

    def _here(self, arguments: tuple[str, ...]) -> Done:
        out, err, code = io.StringIO(), io.StringIO(), 0
        with (
            contextlib.chdir(self.folder),
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch.object(sys, "argv", ["rexlab", *arguments]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        return Done(code, out.getvalue(), err.getvalue())
