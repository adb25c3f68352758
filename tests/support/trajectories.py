"""Trajectories as the harnesses write them, by the harnesses' own module."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_KIT = Path(__file__).parents[2] / "harnesses" / "kit" / "rexlab_kit" / "atif.py"


def atif() -> Any:
    """The harnesses' module, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("rexlab_kit_atif", _KIT)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def small(folder: Path) -> bytes:
    """Five steps: prompts, a look, a command and an edit of which one failed, and a word at the end."""
    kit = atif()
    made = kit.Trajectory("react", "1.0", "openai/gpt-4o")
    made.notes = "ended by itself"
    made.system("You write code.")
    made.user("Make the experiment run.")
    made.agent(
        "I look around.\nAll of it.",
        tool_calls=[kit.ToolCall("c1", "bash", {"command": "ls -la\npwd", "timeout": 30})],
        observations=[kit.Observation("c1", "model.py\nrun.py")],
        metrics=kit.Metrics(1_000, 100, 0, 0.01),
    )
    made.agent(
        "",
        reasoning="  ",
        tool_calls=[
            kit.ToolCall("c2", "bash", {"command": "cat > model.py"}),
            kit.ToolCall("c3", "edit", {"path": "src/model.py", "new_str": 'def f():\n    return "é"'}),
        ],
        observations=[kit.Observation("c2", "Traceback (most recent call last):\nValueError: needle 漢字")],
        metrics=kit.Metrics(1_200, 130, 1_000, 0.02),
    )
    made.agent("Done.")
    made.write(folder / "small.json")
    return (folder / "small.json").read_bytes()


def large(place: Path, size: int) -> None:
    """As the harnesses write it, of about ``size`` bytes, 10 kB a step; the last one says ``the last step``."""
    code = "\n".join(f'    value_{n} = compute("{n}", {{"é": {n}}})' for n in range(140))
    with place.open("w") as file:
        file.write('{\n "schema_version": "ATIF-v1.4",\n "steps": [\n')
        number = 0
        while file.tell() < size:
            number += 1
            json.dump(_step(number, code), file, indent=1)
            file.write(",\n")
        json.dump({"step_id": number + 1, "source": "agent", "message": "the last step"}, file)
        file.write("\n ]\n}\n")


def _step(number: int, code: str) -> dict[str, Any]:
    return {
        "step_id": number,
        "source": "agent",
        "message": f"Step {number} of many",
        "tool_calls": [{"tool_call_id": "c", "function_name": "bash", "arguments": {"command": code}}],
        "observation": {"results": [{"source_call_id": "c", "content": code}]},
        "metrics": {"prompt_tokens": 100, "completion_tokens": 10, "cost_usd": 0.001},
    }
