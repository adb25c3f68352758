"""Calibration: reference runs of a task, kept as the evidence for its checks in ``calibration.json``."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rexlab import __version__
from rexlab.authoring.open_checks import OPEN
from rexlab.errors import InputError, ManifestError
from rexlab.execution.gpus import leased
from rexlab.execution.hardware import describe_hardware
from rexlab.execution.prepare import environment_for, reference_tree
from rexlab.grading.experiments import Measurer, package_versions
from rexlab.grading.records import RunEnd
from rexlab.sandbox import SandboxBackend
from rexlab.settings import Settings
from rexlab.task.load import Task
from rexlab.task.manifest import ExperimentSection

FILE = "calibration.json"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CalibrationRun(_Model):
    """One run of the reference through every experiment."""

    seeds: dict[str, list[int]]
    """By experiment."""
    values: dict[str, dict[str, list[float]]]
    """By experiment and metric, in the order in which a grade lists them."""
    seconds: dict[str, float]
    """By experiment."""


class Calibration(_Model):
    """``calibration.json``, schema 1."""

    schema_: Literal[1] = Field(alias="schema")
    task_digest: str
    """Of the task as it was run."""
    created: str
    rexlab: str
    sandbox: str
    packages: dict[str, str]
    """Python and installed packages, as the sandbox reported them."""
    hardware: dict[str, str]
    runs: list[CalibrationRun]
    """With the seeds that the task states."""
    seed_runs: list[CalibrationRun] = []
    """One per other seed: what the method's own chance does to the numbers."""


def calibrate(
    task: Task, backend: SandboxBackend, settings: Settings, scratch: Path, runs: int, seeds: Sequence[int] = ()
) -> Calibration:
    """Run the reference through every experiment, each time in fresh sandboxes.

    Args:
        task: The task; its checks are not looked at.
        backend: Where to run.
        settings: Where environments lie.
        scratch: An empty folder.
        runs: How often with the seeds that the task states.
        seeds: One more run for each of these, of the experiments whose command takes a seed.

    Raises:
        InputError: the reference does not run, a metric cannot be read, or GPUs are needed that are not here.
        InfrastructureError: the platform failed.
    """
    tree = scratch / "reference"
    reference_tree(task, settings, tree)
    environment = environment_for(task, backend, settings)
    open_checks = [_with_open_checks(e, e.seeds) for e in task.experiments]
    seeded = [[_with_open_checks(e, [s]) for e in task.experiments if "{seed}" in e.command] for s in seeds]
    if seeds and not seeded[0]:
        raise InputError(f"task {task.id}: no experiment's command contains {{seed}}, so --seeds changes nothing")
    measured = []
    packages: dict[str, str] = {}
    with leased(task, settings, f"calibrate {task.id}") as gpus:
        for number, experiments in enumerate([*[open_checks] * runs, *seeded], 1):
            place = scratch / f"run-{number}"
            place.mkdir()
            measurer = Measurer(task, backend, environment, place, f"calibrate-{task.name}-{number}", gpus=gpus)
            packages = packages or package_versions(measurer)
            measured.append(_run(task, measurer, tree, experiments))
    return Calibration(
        schema=1,
        task_digest=task.digest,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        rexlab=__version__,
        sandbox=backend.name,
        packages=packages,
        hardware=describe_hardware(gpus),
        runs=measured[:runs],
        seed_runs=measured[runs:],
    )


def _with_open_checks(experiment: ExperimentSection, seeds: list[int]) -> ExperimentSection:
    """The experiment with other seeds, and with checks that any number passes."""
    metrics = [m.model_copy(update={"check": OPEN}) for m in experiment.metric]
    return experiment.model_copy(update={"seeds": seeds, "metric": metrics})


def _run(task: Task, measurer: Measurer, tree: Path, experiments: list[ExperimentSection]) -> CalibrationRun:
    results = measurer.measure(tree, experiments).results
    for result in results:
        if result.end is not RunEnd.OK:
            raise InputError(f"task {task.id}: the reference fails in {result.name}: {result.detail}")
    values: dict[str, dict[str, list[float]]] = {e.name: {m.name: [] for m in e.metric} for e in experiments}
    for value in (v for result in results for v in result.values):
        if value.observed is None:
            raise InputError(f"task {task.id}: {value.experiment}, {value.metric} cannot be read: {value.problem}")
        values[value.experiment][value.metric].append(value.observed)
    return CalibrationRun(
        seeds={e.name: e.seeds for e in experiments},
        values=values,
        seconds={r.name: round(r.seconds, 3) for r in results},
    )


def save_calibration(task: Task, calibration: Calibration) -> Path:
    """Write ``calibration.json`` beside the manifest, whole or not at all."""
    place = task.folder / FILE
    beside = place.with_suffix(".json.part")
    beside.write_text(json.dumps(calibration.model_dump(by_alias=True), indent=1) + "\n", "utf-8")
    beside.replace(place)
    return place


def load_calibration(task: Task) -> Calibration | None:
    """The task's calibration; None when there is none.

    Raises:
        ManifestError: the file is not a calibration.
    """
    place = task.folder / FILE
    try:
        return Calibration.model_validate_json(place.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ManifestError(
            f"{place}: {error.errors()[0]['msg']}; write it anew with: rexlab task calibrate"
        ) from error
