"""The prompt: what an agent is told. Jinja2 templates in ``prompts/``, one per kind of task."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from rexlab.task.load import Task
from rexlab.task.variant import Shown


def render_prompt(task: Task, functions: Sequence[str], shown: Shown) -> str:
    """The prompt of one variant. Hidden experiments and every check's numbers stay out of it."""
    template = _templates().get_template(f"{task.manifest.task.kind}.md.j2")
    return template.render(
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
