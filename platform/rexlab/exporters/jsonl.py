"""Export variants of masking tasks as lines of JSON, in the way of AutoExperiment's ``mlrc_n=K.jsonl``.

Its rule knows one gold a value. Checks that name a target give it, ``sigma`` its mean; ``interval``, ``greater`` and
``less`` have none, so their metrics are left out, and said to be. Hidden experiments are left out without a word: the
lines are what an agent of that benchmark is handed.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from rexlab.errors import InputError
from rexlab.grading.grade import relevant_experiments
from rexlab.task.checks import Greater, Interval, Less
from rexlab.task.functions import scan
from rexlab.task.load import Task
from rexlab.task.manifest import ExperimentSection
from rexlab.task.variant import Variant


def export_jsonl(variants: Sequence[tuple[Task, Variant]], out: Path) -> list[str]:
    """Write one line per variant to the new file ``out``.

    Returns:
        One remark for every metric and experiment that a line cannot hold.

    Raises:
        InputError: ``out`` exists or cannot be written, or a task is an extension.
    """
    if out.exists() or out.is_symlink():
        raise InputError(f"{out} exists already: name a file that does not, or remove it first")
    remarks: dict[str, None] = {}
    lines = []
    for task, variant in variants:
        if task.manifest.task.kind == "extension":
            raise InputError(f"task {task.id} is an extension: AutoExperiment's lines can only hold masked functions")
        lines.append(json.dumps(variant_line(task, variant, remarks), ensure_ascii=False))
    _publish(out, "".join(f"{line}\n" for line in lines))
    return list(remarks)


def variant_line(task: Task, variant: Variant, remarks: dict[str, None]) -> dict[str, Any]:
    """One variant as AutoExperiment has it; what it cannot hold goes into ``remarks``."""
    ids = [function.id for function in task.functions]
    chosen = sorted(ids.index(name) for name in variant.functions)
    texts: list[str] = []
    script: list[str] = []
    results: dict[str, Any] = {}
    for experiment in relevant_experiments(task, variant.functions):
        golds = {} if experiment.hidden else _golds(task, experiment, remarks)
        if not golds:
            continue
        name = f"Experiment {len(results) + 1}"
        commands = "\n".join(experiment.command.replace("{seed}", str(seed)) for seed in experiment.seeds)
        setup = f"{task.manifest.environment.setup}\n" if task.manifest.environment.setup else ""
        measured = ", ".join(metric.name for metric in experiment.metric if metric.name in golds)
        texts.append(f"{name}: {experiment.description or experiment.name}. Report {measured}.")
        script.append(f"echo {name}\n{setup}{commands}\n")
        results[name] = golds
    return {
        "paper_id": task.name,
        "func_ids": ",".join(map(str, chosen)),
        "func_details": [_function(task, number) for number in chosen],
        "experiments": "\n".join(texts),
        "solution": "".join(script),
        "results": results,
        "canary": str(task.manifest.task.canary),
    }


def _function(task: Task, number: int) -> dict[str, Any]:
    section = task.functions[number]
    function = scan((task.code / section.path).read_bytes(), section.path).find(section.qualname)
    return {
        "paper_id": task.name,
        "func_id": str(number),
        "file": section.path,
        # a name cannot say which function it is nested in; the lines do
        "name": function.qualname.rpartition("<locals>.")[2],
        "header_line": function.def_line,
        "line_start": function.def_line + function.signature.count("\n") + (not function.inline),
        "line_end": function.last_line,
        "relevant_paper": section.relevant_paper,
        "description": section.description.strip(),
    }


def _golds(task: Task, experiment: ExperimentSection, remarks: dict[str, None]) -> dict[str, Any]:
    """The targets of an experiment's metrics: a number, or a list where the metric has several values."""
    golds: dict[str, Any] = {}
    for metric in experiment.metric:
        where = f"{task.id}, {experiment.name}, {metric.name}"
        if isinstance(metric.check, Interval | Greater | Less):
            remarks[f"{where}: left out, for a check of kind {metric.check.kind} has no single target"] = None
            continue
        values = metric.check.targets(metric.count * len(experiment.seeds))
        if 0.0 in values:
            remarks[f"{where}: has the target 0, which AutoExperiment's relative rule never passes"] = None
        golds[metric.name] = values[0] if len(values) == 1 else values
    if not golds:
        remarks[f"{task.id}, {experiment.name}: left out, for none of its metrics has a single target"] = None
    return golds


def _publish(out: Path, text: str) -> None:
    """Write beside, then link: the file is there whole or not at all, and nothing is overwritten."""
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=out.parent, prefix=f".{out.name[:80]}.") as beside:
            beside.write(text)
            beside.flush()
            Path(beside.name).chmod(0o644)
            os.link(beside.name, out)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}; name a file in a folder that can") from error
