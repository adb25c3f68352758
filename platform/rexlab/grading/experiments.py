"""Re-run a task's experiments on a tree of code, each run in a sandbox and a copy of its own.

A copy per run means that nothing one experiment leaves behind, a daemon, a changed script, an old output, can reach the
next one.
"""

import json
import shlex
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rexlab.environment import Environment
from rexlab.errors import SandboxError
from rexlab.gpu.devices import Gpu
from rexlab.grading.collect import MAX_OUTPUT_BYTES, CollectError, collect
from rexlab.grading.records import ExperimentResult, Measurement, MetricValue, RunEnd
from rexlab.sandbox import Ended, ExecResult, Limits, Mount, SandboxBackend, SandboxSpec
from rexlab.sandbox.live import SILENT, Listener
from rexlab.task.load import Task
from rexlab.task.manifest import CsvSource, ExperimentSection, JsonSource, MetricSection
from rexlab.workspace import OutputError, as_glob, clean_tree, digest_tree, read_output, remove_matching

WORKSPACE = "/workspace"


def never() -> bool:
    """Nobody asked for the end."""
    return False


def limits_of(task: Task) -> Limits:
    """What a sandbox of this task may use."""
    environment = task.manifest.environment
    return Limits(cpus=environment.cpus, memory_mb=environment.memory_mb)


@dataclass
class Measurer:
    """Runs experiments on trees; trees with equal contents are measured once."""

    task: Task
    backend: SandboxBackend
    environment: Environment
    scratch: Path
    """An empty folder of this grading's own."""
    label: str
    cancelled: Callable[[], bool] = never
    live: Listener = SILENT
    """Is told what the experiments print, while they run."""
    gpus: tuple[Gpu, ...] = ()
    """Leased for these runs."""
    _known: dict[tuple[str, tuple[str, ...]], Measurement] = field(default_factory=dict)
    _copies: int = 0

    def measure(self, tree: Path, experiments: Sequence[ExperimentSection]) -> Measurement:
        """Run the experiments on ``tree``, which itself stays as it is.

        Raises:
            SandboxError: the platform failed; nothing is concluded about the tree.
        """
        key = (digest_tree(tree), tuple(e.name for e in experiments))
        if key not in self._known:
            results = [self._experiment(tree, e) for e in experiments]
            if self.cancelled():
                return Measurement(results)
            self._known[key] = Measurement(results)
        return self._known[key]

    def _experiment(self, tree: Path, experiment: ExperimentSection) -> ExperimentResult:
        began = time.monotonic()
        values: dict[str, list[float] | str] = {m.name: [] for m in experiment.metric}
        end, detail, log = RunEnd.OK, "", ""
        for seed in experiment.seeds:
            ended, outputs = self._run(tree, experiment, seed)
            log += _render_log(experiment, seed, ended)
            end, detail = _judge(ended, experiment)
            if end is not RunEnd.OK:
                break
            for metric in experiment.metric:
                so_far, new = values[metric.name], outputs[metric.name]
                both = isinstance(so_far, list) and isinstance(new, list)
                values[metric.name] = [*so_far, *new] if both else (new if isinstance(new, str) else so_far)
        failed = "" if end is RunEnd.OK else detail
        return ExperimentResult(
            name=experiment.name,
            hidden=experiment.hidden,
            end=end,
            detail=detail,
            values=[v for m in experiment.metric for v in _values(experiment, m, failed or values[m.name])],
            seconds=time.monotonic() - began,
            log=log,
        )

    def _run(
        self, tree: Path, experiment: ExperimentSection, seed: int
    ) -> tuple[ExecResult, dict[str, list[float] | str]]:
        """One run of the command: how it ended and, per metric, its values or what is wrong with them."""
        self._copies += 1
        copy = self.scratch / f"run-{self._copies}"
        shutil.copytree(tree, copy, symlinks=True)
        try:
            remove_matching(copy, (*experiment.outputs, *(as_glob(path) for path in metric_files(experiment))))
            spec = SandboxSpec(
                name=f"{self.label}-grade-{experiment.name}",
                mounts=(Mount(copy, WORKSPACE, writable=True), *self.environment.mounts),
                limits=limits_of(self.task),
                image=self.environment.image,
                gpus=self.gpus,
            )
            with self.backend.create(spec) as sandbox:
                setup = self.task.manifest.environment.setup
                command = experiment.command.replace("{seed}", str(seed))
                self.live.phase(f"experiment {experiment.name}, seed {seed}")
                ended = sandbox.exec(
                    ["/bin/sh", "-c", f"{setup}\n{command}" if setup else command],
                    timeout_s=experiment.timeout_s,
                    env={"PATH": self.environment.search_path(sandbox)},
                    cancelled=self.cancelled,
                    on_output=self.live.hear,
                )
            if ended.ok:
                return ended, {m.name: _collect(m, ended.stdout, copy) for m in experiment.metric}
            return ended, {}
        finally:
            clean_tree(copy)


def metric_files(experiment: ExperimentSection) -> list[str]:
    """The files that the experiment's metrics are read from, relative to the code."""
    sources = [metric.source for metric in experiment.metric]
    files = [s.file if isinstance(s, JsonSource) else s.csv for s in sources if isinstance(s, JsonSource | CsvSource)]
    return list(dict.fromkeys(files))


def _collect(metric: MetricSection, stdout: str, copy: Path) -> list[float] | str:
    def read(relative: str) -> bytes:
        try:
            return read_output(copy, relative, MAX_OUTPUT_BYTES)
        except OutputError as error:
            raise CollectError(str(error)) from error

    try:
        return collect(metric, stdout, read)
    except CollectError as error:
        return str(error)


def _judge(ended: ExecResult, experiment: ExperimentSection) -> tuple[RunEnd, str]:
    match ended.ended:
        case Ended.TIMEOUT:
            return RunEnd.TIMEOUT, f"it did not end within {experiment.timeout_s:g} s"
        case Ended.CANCELLED:
            return RunEnd.CANCELLED, "cancelled"
        case Ended.MEMORY:
            return RunEnd.CRASHED, "it used more memory than the task allows"
        case Ended.DISK:
            return RunEnd.CRASHED, "it wrote more than the task allows"
    if ended.exit_code != 0:
        lines = [line for line in ended.stderr.strip().splitlines() if line.strip()]
        return RunEnd.CRASHED, f"exit code {ended.exit_code}" + (f": {lines[-1][:200]}" if lines else "")
    return RunEnd.OK, ""


def _values(experiment: ExperimentSection, metric: MetricSection, found: list[float] | str) -> list[MetricValue]:
    """Every value the metric must have: measured, or missing with the reason."""
    check = metric.check
    wanted = metric.count * len(experiment.seeds)
    values = []
    for position, target in enumerate(check.targets(wanted)):
        tolerance = check.tolerance_at(target)
        common = (experiment.name, metric.name, position, experiment.hidden, target, tolerance)
        if isinstance(found, str):
            values.append(MetricValue(*common, problem=found))
            continue
        observed = found[position]
        margin, passed = check.margin(observed, target), check.passes(observed, target)
        values.append(MetricValue(*common, observed, margin, passed, "" if passed else "outside the tolerance"))
    return values


def _render_log(experiment: ExperimentSection, seed: int, ended: ExecResult) -> str:
    command = experiment.command.replace("{seed}", str(seed))
    head = f"$ {command}\n[{ended.ended}, exit code {ended.exit_code}, {ended.seconds:.2f} s]\n"
    return head + ended.stdout + (f"\n--- stderr ---\n{ended.stderr}" if ended.stderr else "") + "\n"


def package_versions(measurer: Measurer) -> dict[str, str]:
    """Versions of Python and the installed packages, as the sandbox reports them."""
    code = "import json,platform,importlib.metadata as m;print(json.dumps({'python':platform.python_version()," + (
        "**{d.name:d.version for d in m.distributions()}}))"
    )
    empty = measurer.scratch / "versions"
    empty.mkdir()
    environment = measurer.environment
    mounts = (Mount(empty, WORKSPACE, writable=True), *environment.mounts)
    spec = SandboxSpec(name=f"{measurer.label}-versions", mounts=mounts, image=environment.image)
    with measurer.backend.create(spec) as sandbox:
        command = ["/bin/sh", "-c", f"python -c {shlex.quote(code)}"]
        done = sandbox.exec(command, timeout_s=60, env={"PATH": environment.search_path(sandbox)})
    if not done.ok:
        raise SandboxError(f"the task's Python does not start: {done.stderr.strip()[-300:]}")
    versions: dict[str, str] = json.loads(done.stdout)
    return versions
