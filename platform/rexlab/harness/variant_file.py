"""``variant.json``: what the prompt says of a variant, for entry scripts to read."""

from collections.abc import Sequence
from typing import Any

from rexlab.task.load import Task
from rexlab.task.variant import Shown


def describe_variant(task: Task, functions: Sequence[str], shown: Shown) -> dict[str, Any]:
    """The variant as data. Hidden experiments and every check's numbers stay out of it."""
    return {
        "task": task.id,
        "kind": task.manifest.task.kind,
        "functions": [
            {
                "id": f.id,
                "path": f.path,
                "qualname": f.qualname,
                "description": f.description,
                **({"relevant_paper": f.relevant_paper} if shown.paper and f.relevant_paper else {}),
            }
            for f in map(task.function, functions)
        ],
        "experiments": [
            {
                "name": e.name,
                "description": e.description,
                "command": e.command if shown.commands else None,
                "seeds": e.seeds,
                "metrics": [m.name for m in e.metric],
            }
            for e in task.experiments
            if not e.hidden
        ],
        "paper": shown.paper,
        "hints": shown.hints,
    }
