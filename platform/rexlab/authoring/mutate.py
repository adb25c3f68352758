"""Mutation testing of a task's checks: make subtle mistakes in its functions, and see which ones no metric notices."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from rexlab import __version__
from rexlab.authoring.mutation_record import (
    Equivalent,
    FunctionMutation,
    MutationRecord,
    Survivor,
    argued,
    load_equivalents,
)
from rexlab.environment import Environment
from rexlab.errors import InputError
from rexlab.execution.gpus import leased
from rexlab.execution.prepare import environment_for, reference_tree
from rexlab.grading.experiments import Measurer
from rexlab.grading.grade import relevant_experiments
from rexlab.grading.records import Measurement, MetricValue, RunEnd
from rexlab.sandbox import SandboxBackend
from rexlab.settings import Settings
from rexlab.task.draws import Draws
from rexlab.task.functions import scan
from rexlab.task.load import Task
from rexlab.task.manifest import ExperimentSection
from rexlab.task.mutants import Mutant, mutants
from rexlab.task.tree import copy_tree

Key = tuple[str, str, int]
"""Experiment, metric and position of a value."""


@dataclass(frozen=True)
class Place:
    """A function that mistakes are made in."""

    path: str
    qualname: str

    @property
    def id(self) -> str:
        return f"{self.path}:{self.qualname}"


@dataclass(frozen=True)
class _Expected:
    """What the reference measured, and how long an experiment with a mistake in it may take."""

    values: dict[Key, MetricValue]
    limits: dict[str, float]


@dataclass
class MutationTester:
    """Tests the checks of one task below an empty scratch folder."""

    task: Task
    backend: SandboxBackend
    settings: Settings
    scratch: Path
    per_function: int = 10
    seed: int = 0
    workers: int = 1
    stop: Event = field(default_factory=Event)

    def run(self, on_mutant: Callable[[int, int], None] = lambda done, total: None) -> MutationRecord:
        """Try ``per_function`` mistakes in each function, all where there are fewer; drawn with the seed.

        Raises:
            InputError: the reference does not pass, so nothing can be told from it; or the task needs GPUs that are
                not here.
            InfrastructureError: the platform failed.
        """
        equivalents = load_equivalents(self.task)
        reference = self.scratch / "reference"
        reference_tree(self.task, self.settings, reference)
        environment = environment_for(self.task, self.backend, self.settings)
        places = mutable_functions(self.task, reference)
        _reject_stale(self.task, equivalents, places, reference)
        expected = self._reference(reference, environment)
        jobs, tested = self._jobs(reference, places)
        results = self._run_all(reference, environment, jobs, expected.limits, on_mutant)
        kills: Counter[str] = Counter()
        for (place, mutant), result in zip(jobs, results, strict=True):
            outcome = tested[place]
            outcome.tried += 1
            kills.update({f"{v.experiment}/{v.metric}" for v in result.values if not v.passed})
            if not result.passed:
                outcome.killed += 1
                continue
            outcome.survivors.append(_survivor(place, mutant, reference, result, expected.values))
        record = MutationRecord(
            schema=1,
            task_digest=self.task.digest,
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            rexlab=__version__,
            sandbox=self.backend.name,
            seed=self.seed,
            functions=list(tested.values()),
            kills={f"{e.name}/{m.name}": kills[f"{e.name}/{m.name}"] for e in self.task.experiments for m in e.metric},
        )
        return argued(record, equivalents)

    def _reference(self, reference: Path, environment: Environment) -> "_Expected":
        measured = self._measure(reference, environment, "reference", list(self.task.experiments))
        if not measured.passed:
            raise InputError(
                f"task {self.task.id}: the reference does not pass its own checks ({measured.verdict()[1]}); "
                "correct them first: rexlab task calibrate shows what it measures"
            )
        # A mistake may well loop for ever; a machine under load is not a mistake.
        limits = {r.name: 20 * r.seconds + 10 for r in measured.results}
        return _Expected({_key(v): v for v in measured.values}, limits)

    def _jobs(
        self, reference: Path, places: list[Place]
    ) -> tuple[list[tuple[Place, Mutant]], dict[Place, FunctionMutation]]:
        """The mistakes to try, in the order of the code, and an empty tally for each function."""
        jobs: list[tuple[Place, Mutant]] = []
        tested = {}
        for place in places:
            choices = mutants((reference / place.path).read_bytes(), place.qualname, place.path)
            count = min(self.per_function, len(choices))
            drawn = Draws("mutation", self.seed, place.id).distinct(count, len(choices))
            jobs += [(place, choices[i]) for i in drawn]
            tested[place] = FunctionMutation(function=place.id, possible=len(choices), tried=0, killed=0)
        return jobs, tested

    def _run_all(
        self,
        reference: Path,
        environment: Environment,
        jobs: list[tuple[Place, Mutant]],
        limits: dict[str, float],
        on_mutant: Callable[[int, int], None],
    ) -> list[Measurement]:
        with ThreadPoolExecutor(self.workers) as pool:
            futures = [
                pool.submit(self._try, reference, environment, place, mutant, limits, number)
                for number, (place, mutant) in enumerate(jobs)
            ]
            try:
                for done, future in enumerate(as_completed(futures), 1):
                    future.result()
                    on_mutant(done, len(jobs))
            except BaseException:
                self.stop.set()
                pool.shutdown(cancel_futures=True)
                raise
            return [future.result() for future in futures]

    def _try(
        self,
        reference: Path,
        environment: Environment,
        place: Place,
        mutant: Mutant,
        limits: dict[str, float],
        number: int,
    ) -> Measurement:
        """Measure the reference with one mistake in it; after a crash nothing more is asked."""
        if self.stop.is_set():
            return Measurement([])
        tree = self.scratch / f"mutant-{number}"
        copy_tree(reference, tree, {place.path: mutant.source})
        masked = [place.id] if self.task.functions else []
        results = []
        for experiment in relevant_experiments(self.task, masked):
            shorter = experiment.model_copy(update={"timeout_s": min(experiment.timeout_s, limits[experiment.name])})
            results += self._measure(tree, environment, f"{number}-{experiment.name}", [shorter]).results
            if results[-1].end is not RunEnd.OK:
                break
        return Measurement(results)

    def _measure(
        self, tree: Path, environment: Environment, label: str, experiments: list[ExperimentSection]
    ) -> Measurement:
        scratch = self.scratch / f"measure-{label}"
        scratch.mkdir()
        name = f"mutate-{self.task.name}-{label}"
        with leased(self.task, self.settings, name, self.stop.is_set) as gpus:
            measurer = Measurer(self.task, self.backend, environment, scratch, name, self.stop.is_set, gpus=gpus)
            return measurer.measure(tree, experiments)


def mutable_functions(task: Task, reference: Path) -> list[Place]:
    """A masking task's maskable functions; of an extension task those that its reference patch adds or changes."""
    if task.functions:
        return [Place(f.path, f.qualname) for f in task.functions]
    places = []
    for path in sorted(p.relative_to(reference) for p in reference.rglob("*.py")):
        after = (reference / path).read_bytes()
        original = task.code / path
        before = original.read_bytes() if original.is_file() else b""
        if before == after:
            continue
        known = {body for _, body in _bodies(before, str(path))}
        places += [Place(path.as_posix(), name) for name, body in _bodies(after, str(path)) if body not in known]
    return places


def _bodies(source: bytes, path: str) -> list[tuple[str, bytes]]:
    """Name and text of every function that is not inside another one."""
    found = scan(source, path)
    outer = [f for f in found.functions if not any(g is not f and g.contains(f) for g in found.functions)]
    return [(f.name, source[f.start : f.body_end]) for f in outer]


def _reject_stale(task: Task, equivalents: list[Equivalent], places: list[Place], reference: Path) -> None:
    by_id = {place.id: place for place in places}
    for entry in equivalents:
        place = by_id.get(entry.function)
        lines = (reference / place.path).read_text("utf-8", "replace").splitlines() if place else []
        if entry.at not in (line.strip() for line in lines):
            what = f"has no line {entry.at!r}" if place else "is not a function of the task"
            raise InputError(f"{task.folder / 'equivalent.toml'}: {entry.function} {what}; correct or remove the entry")


def _survivor(
    place: Place,
    mutant: Mutant,
    reference: Path,
    result: Measurement,
    expected: dict[Key, MetricValue],
) -> Survivor:
    at = (reference / place.path).read_text("utf-8", "replace").splitlines()[mutant.line - 1].strip()
    return Survivor(
        operator=mutant.operator,
        at=at,
        change=mutant.description,
        loose=sorted({f"{v.experiment}/{v.metric}" for v in result.values if _moved(v, expected[_key(v)])}),
    )


def _key(value: MetricValue) -> Key:
    return value.experiment, value.metric, value.position


def _moved(value: MetricValue, reference: MetricValue) -> bool:
    """Whether a value differs from the reference's by more than rounding."""
    assert value.observed is not None and reference.observed is not None, "a survivor has every value"
    return abs(value.observed - reference.observed) > 1e-9 * max(abs(reference.observed), 1e-3)
