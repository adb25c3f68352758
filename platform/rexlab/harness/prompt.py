"""The prompt: what an agent is told. Jinja2 templates in ``prompts/``, one per kind of task."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from rexlab.task.load import Task
from rexlab.task.variant import Shown

VERSION = "2"
"""Of the templates; a run records it with ``prompts_digest``. Any change of a template is a new version."""


def prompts_digest() -> str:
    """SHA-256 over every template."""
    total = sha256()
    for path in sorted((Path(__file__).parent / "prompts").glob("*.j2")):
        total.update(f"{path.name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def render_prompt(task: Task, functions: Sequence[str], shown: Shown, *, feedback: str = "") -> str:
    """The prompt of one variant. Hidden experiments and every check's numbers stay out of it.

    ``feedback`` is what a strategy says about an earlier attempt; it stands at the end.
    """
    template = _templates().get_template(f"{task.manifest.task.kind}.md.j2")
    prompt = template.render(
        task=task.manifest.task,
        paper=task.manifest.paper,
        functions=[task.function(name) for name in functions],
        experiments=[
            {
                "name": e.name,
                "description": e.description,
                "command": e.command,
                "seeds": e.seeds,
                "metrics": [m.name for m in e.metric],
            }
            for e in task.experiments
            if not e.hidden
        ],
        shown=shown,
        instructions=task.instructions(shown.hints),
    )
    return prompt + feedback


def render(name: str, **values: Any) -> str:
    """Another template of the folder: what strategies say to agents and judges."""
    return _templates().get_template(f"{name}.md.j2").render(**values)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("rexlab.harness", "prompts"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (the result is markdown for a model, never HTML)
    )
