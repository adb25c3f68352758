"""Prove a task: that its reference passes, that nothing else does, and that nothing gives the answer away."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from rexlab.authoring.check_files import check_files
from rexlab.authoring.finding import Finding
from rexlab.environment import Environment
from rexlab.errors import MaskingError
from rexlab.execution.gpus import leased
from rexlab.execution.prepare import environment_for, masked_base, reference_tree
from rexlab.grading.experiments import WORKSPACE, Measurer, limits_of
from rexlab.grading.grade import relevant_experiments
from rexlab.grading.records import Measurement
from rexlab.sandbox import Mount, SandboxBackend, SandboxSpec
from rexlab.settings import Settings
from rexlab.task.leaks import RemovedBody, scan_leaks
from rexlab.task.load import Task
from rexlab.task.manifest import ExperimentSection, FunctionSection
from rexlab.task.masking import body_of
from rexlab.workspace import plain_copy


@dataclass
class Checker:
    """Checks one task below an empty scratch folder."""

    task: Task
    backend: SandboxBackend
    settings: Settings
    scratch: Path
    workers: int = 1
    stop: Event = field(default_factory=Event)
    """Set when the checks are given up: what runs in a sandbox is ended."""

    def run(self, on_finding: Callable[[Finding], None] = lambda finding: None) -> list[Finding]:
        """All proofs, in an order in which the cheap ones come first.

        Raises:
            InputError: the task needs GPUs that are not here.
            InfrastructureError: the platform failed; nothing is concluded about the task.
        """
        findings = []
        for finding in self._all():
            on_finding(finding)
            findings.append(finding)
        return findings

    def _all(self) -> Iterator[Finding]:
        task = self.task
        yield from check_files(task)
        reference = self.scratch / "reference"
        reference_tree(task, self.settings, reference)
        environment = environment_for(task, self.backend, self.settings)
        if not task.functions:
            yield self._reference(reference, environment)
            yield from self._masks_fail([], environment)
            return
        ids = [f.id for f in task.functions]
        try:
            whole = self.scratch / "all-masked"
            plain_copy(masked_base(task, ids, self.settings), whole)
        except MaskingError as error:
            yield Finding("the masked code parses", False, str(error), "report this with the file it names")
            return
        yield Finding("the masked code parses", True, f"all {len(ids)} functions masked at once")
        yield self._leaks(whole)
        yield self._imports(whole, environment)
        yield self._reference(reference, environment)
        yield from self._masks_fail(ids, environment)

    def _measure(
        self, tree: Path, label: str, environment: Environment, experiments: Sequence[ExperimentSection]
    ) -> Measurement:
        scratch = self.scratch / f"measure-{label}"
        scratch.mkdir()
        name = f"check-{self.task.name}-{label}"
        with leased(self.task, self.settings, name, self.stop.is_set) as gpus:
            measurer = Measurer(self.task, self.backend, environment, scratch, name, self.stop.is_set, gpus=gpus)
            return measurer.measure(tree, experiments)

    def _reference(self, tree: Path, environment: Environment) -> Finding:
        measured = self._measure(tree, "reference", environment, self.task.experiments)
        seconds = ", ".join(f"{r.name} {r.seconds:.1f} s" for r in measured.results)
        _, detail = measured.verdict()
        return Finding(
            "the reference passes",
            measured.passed,
            f"{detail}; {seconds}",
            "" if measured.passed else "correct the code or the checks: rexlab task calibrate shows what it measures",
        )

    def _masks_fail(self, ids: Sequence[str], environment: Environment) -> Iterator[Finding]:
        def fails(names: Sequence[str], label: str) -> Measurement:
            tree = self.scratch / f"masked-{label}"
            plain_copy(masked_base(self.task, names, self.settings), tree)
            return self._measure(tree, label, environment, relevant_experiments(self.task, names))

        with ThreadPoolExecutor(self.workers) as pool, self._stopping(pool):
            nothing = pool.submit(fails, ids, "all")
            single = [pool.submit(fails, [name], str(i)) for i, name in enumerate(ids)]
            measured = nothing.result()
            yield Finding(
                "nothing done fails",
                not measured.passed,
                measured.verdict()[1],
                "" if not measured.passed else "no experiment needs the masked functions: add one that does",
            )
            for name, future in zip(ids, single, strict=True):
                measured = future.result()
                visible = [r for r in measured.results if not r.hidden]
                noticed = [r.name for r in measured.results if not r.passed]
                seen = any(not r.passed for r in visible)
                yield Finding(
                    f"masking {name.rpartition(':')[2]} alone fails",
                    not measured.passed and seen,
                    f"noticed by {', '.join(noticed) or 'nothing'}",
                    "" if seen else "no visible experiment notices: let one call the function, or do not offer it",
                )

    @contextmanager
    def _stopping(self, pool: ThreadPoolExecutor) -> Iterator[None]:
        """Whatever ends the block early (Ctrl-C, an error) ends the pool's work too, at once."""
        try:
            yield
        except BaseException:
            self.stop.set()
            pool.shutdown(cancel_futures=True)
            raise

    def _leaks(self, tree: Path) -> Finding:
        leaks = scan_leaks(tree, removed_bodies(self.task, self.task.functions))
        return Finding(
            "no masked body stands elsewhere in the tree",
            not leaks,
            "; ".join(
                [f"{leak.function}: {leak.kind} in {leak.file}:{leak.line}" for leak in leaks[:5]]
                + [f"not searched: {remark}" for remark in leaks.notes[:5]]
            ),
            "remove or rename the copies, or mask them too" if leaks else "",
        )

    def _imports(self, tree: Path, environment: Environment) -> Finding:
        """Every masked module imports, or stops at a masked function that it calls while being imported."""
        code = (
            "import importlib, sys\n"
            "for name in sys.argv[1:]:\n"
            "    try:\n"
            "        importlib.import_module(name)\n"
            "    except NotImplementedError as error:\n"
            "        if not str(error).startswith('masked:'):\n"
            "            raise\n"
        )
        modules = sorted(
            {f.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for f in self.task.functions}
        )
        modules = [m.removeprefix("src.") for m in modules]
        spec = SandboxSpec(
            name=f"check-{self.task.name}-imports",
            mounts=(Mount(tree, WORKSPACE, writable=True), *environment.mounts),
            limits=limits_of(self.task),
            image=environment.image,
        )
        with self.backend.create(spec) as sandbox:
            variables = {"PATH": environment.search_path(sandbox), "PYTHONPATH": "src"}
            done = sandbox.exec(["python", "-c", code, *modules], timeout_s=60, env=variables)
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.exit_code}"]
        return Finding(
            "masked modules import",
            done.ok,
            ", ".join(modules) if done.ok else last[0],
            "" if done.ok else "masking must not break the import of a module: look at its decorators and defaults",
        )


def removed_bodies(task: Task, functions: Sequence[FunctionSection]) -> list[RemovedBody]:
    """What masking these functions takes out of the code."""
    removed = []
    for function in functions:
        source = (task.code / function.path).read_bytes()
        removed.append(RemovedBody(function.path, function.qualname, body_of(source, function.qualname)))
    return removed
