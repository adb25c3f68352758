"""Starts Claude Code, follows what it prints and says how it ended."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from rexlab_kit.atif import Trajectory
from rexlab_kit.contract import Contract, ContractError

from headless.record import Record

VERSION = "2.1.332"
OWN_LIMIT = "error_max_turns"
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
}
ALONE = {
    # One prompt, one run: nothing is there later that could wait, come back or remember.
    "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    "CLAUDE_CODE_DISABLE_CRON": "1",
    "CLAUDE_CODE_DISABLE_WORKFLOWS": "1",
    # The gateway has already tried again where that helps; what is left are broken connections.
    "CLAUDE_CODE_MAX_RETRIES": "3",
    # The agent may ask for this long when an experiment takes longer than its default of two minutes.
    "BASH_MAX_TIMEOUT_MS": "3600000",
}
NOT_HERE = ("WebFetch", "WebSearch", "EnterWorktree", "ExitWorktree", "ScheduleWakeup")
"""Tools that need a network, another day, or a folder of their own in the repository."""


class NoProgramError(Exception):
    """The bundle does not hold Claude Code for this machine."""


def main() -> int:
    """Run; 0 when the agent ended by itself or at its limit of turns."""
    try:
        contract = Contract.read()
        program = _program()
    except (ContractError, NoProgramError) as error:
        print(error, file=sys.stderr)
        return 1
    trajectory = Trajectory("claude-code", VERSION, contract.model or "", extra=dict(contract.params))
    trajectory.user(contract.prompt)
    record = Record(trajectory, contract.trajectory)
    code = _follow(_command(program, contract), contract, record)
    problem = _problem(code, record.result)
    if problem:
        trajectory.notes = f"Ended by an error: {problem}"
    elif record.result.get("subtype") == OWN_LIMIT:
        trajectory.notes = f"Stopped at the limit of {contract.params['max_turns']} turns."
    record.finish()
    if problem:
        print(" ".join(problem.split())[:2000], file=sys.stderr)
        return 1
    return 0


def _program() -> Path:
    """The native program that the npm package brings for this processor.

    Raises:
        NoProgramError: there is none.
    """
    processor = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    bundle = Path(sys.executable).parents[1]
    program = bundle / "node_modules" / "@anthropic-ai" / f"claude-code-linux-{processor}" / "claude"
    if not program.is_file():
        raise NoProgramError(f"the bundle holds no Claude Code for {processor}: {program} is not there")
    return program


def _command(program: Path, contract: Contract) -> list[str]:
    return [
        str(program),
        "--print",
        "--output-format=stream-json",
        "--verbose",
        # Only they tell how many tokens an answer had.
        "--include-partial-messages",
        "--dangerously-skip-permissions",
        "--no-session-persistence",
        "--strict-mcp-config",
        f"--disallowedTools={','.join(NOT_HERE)}",
        f"--max-turns={contract.params['max_turns']}",
        f"--model={contract.model}",
    ]


def _follow(command: list[str], contract: Contract, record: Record) -> int:
    """Run it to its end, with the prompt as its input; its exit code."""
    private = {"CLAUDE_CONFIG_DIR": f"{os.environ['TMPDIR']}/claude"}
    with (
        (contract.task / "prompt.md").open("rb") as prompt,
        subprocess.Popen(
            command,
            cwd=contract.workspace,
            env={**os.environ, **QUIET, **ALONE, **private},
            stdin=prompt,
            stdout=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                print(line.decode("utf-8", "replace"), end="", file=sys.stderr)
                continue
            record.add(event)
    return process.returncode


def _problem(code: int, result: dict[str, Any]) -> str:
    """What went wrong; empty when nothing did."""
    if not result:
        return f"Claude Code ended with code {code} and without a result"
    if result.get("subtype") == OWN_LIMIT:
        return ""
    if result.get("is_error"):
        return str(result.get("result") or "; ".join(map(str, result.get("errors") or [])) or result.get("subtype"))
    return f"Claude Code ended with code {code}" if code else ""
