"""The texts of an exported Harbor task: its ``task.toml``, instruction, Dockerfile and scripts."""

import json
import re
import shlex
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from rexlab.errors import InputError
from rexlab.exporters.harbor_plan import seconds_to_verify
from rexlab.harness.prompt import render_prompt
from rexlab.importers.harbor.dockerfile import read_instructions
from rexlab.task.load import Task
from rexlab.task.variant import Variant

BASE_IMAGE = "python:3.11-slim-bookworm"
"""The public image that tasks without one of their own are built on."""
PYTHON = "3.11"
AGENT_SECONDS = 1800
_CLAIMS = re.compile(r"^\* (?:(?!^\* |^#).)*?REXLAB_RESULTS(?:(?!^\* |^#).)*", re.MULTILINE | re.DOTALL)


def canary(task: Task) -> str:
    """The line that says whose benchmark this is; Harbor takes it off an instruction before an agent sees it."""
    return (
        f"rexlab canary {task.manifest.task.canary}: benchmark data of {task.id}, not to be used in any training corpus"
    )


def render(template: str, task: Task, **values: Any) -> str:
    """A template of ``exporters/templates`` filled in."""
    return _templates().get_template(f"{template}.j2").render(canary=canary(task), task=task, **values)


def instruction(task: Task, variant: Variant) -> str:
    """What the agent reads: rexlab's own prompt, with the places that Harbor has in place of rexlab's."""
    prompt = render_prompt(task, variant.functions, variant.shown)
    prompt = _CLAIMS.sub("", prompt.replace("`$REXLAB_TASK/paper.md`, beside this prompt", "`/task/paper.md`"))
    where = "The repository is the folder `/workspace`."
    return f"<!-- {canary(task)} -->\n\n{where}\n\n{prompt.strip()}\n"


def task_toml(task: Task, variant: Variant, name: str) -> str:
    """Harbor's configuration; ``[metadata.rexlab]`` lets ``rexlab import harbor`` find the task again."""
    environment = task.manifest.environment
    hosts = [] if environment.network == "none" else environment.network
    return render(
        "task.toml",
        task,
        name=name,
        variant=variant,
        hosts=hosts,
        agent_seconds=AGENT_SECONDS,
        verifier_seconds=seconds_to_verify(task, variant),
    )


def dockerfile(task: Task, *, locked: bool) -> str:
    """The image the agent works in: the task's packages, its paper, and the masked code as one commit.

    Raises:
        InputError: the task's own Dockerfile takes files of the task folder, where the reference lies.
    """
    environment = task.manifest.environment
    own = ""
    if environment.dockerfile:
        own = (task.folder / environment.dockerfile).read_text("utf-8")
        taken = [i for i in read_instructions(own) if i.name in {"COPY", "ADD"} and not i.stage]
        if taken:
            raise InputError(
                f"task {task.id}: its {environment.dockerfile} takes files of the task folder (line {taken[0].line}), "
                "which an export leaves behind because the reference lies there; use an image that has them"
            )
    return render("Dockerfile", task, own=own, base=environment.image or BASE_IMAGE, locked=locked)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("rexlab.exporters", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (the results are never HTML)
    )
    environment.filters["toml"] = _toml
    environment.filters["sh"] = shlex.quote
    return environment


def _toml(value: Any) -> str:
    """A string, number or list as TOML; JSON's escapes are TOML's too, which also wants DEL escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
