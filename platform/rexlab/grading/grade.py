"""Grade a patch: masked base, patch, protected files back, every experiment re-run, and the masked functions alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rexlab.environment import Environment
from rexlab.errors import PatchRejectedError
from rexlab.grading.claims import Claims
from rexlab.grading.evidence import claim_problems, edits_elsewhere, hardcoded, tampering
from rexlab.grading.experiments import Measurer, metric_files
from rexlab.grading.records import Dropped, Flag, GradeResult, Measurement, Remark, with_claims
from rexlab.store.models import Outcome
from rexlab.task.load import Task
from rexlab.task.manifest import ExperimentSection
from rexlab.task.transplant import transplant
from rexlab.task.tree import copy_tree
from rexlab.workspace import Applied, ApplyPolicy, Base, apply


@dataclass(frozen=True)
class Submission:
    """Everything of an agent's that reaches the grader."""

    functions: tuple[str, ...]
    """Ids of the functions that were masked."""
    patch: bytes
    claims: Claims = field(default_factory=dict)
    bad_claims: str = ""
    """What was wrong with the agent's results file."""


@dataclass
class Grader:
    """Grades one submission; every folder it makes lies in the measurer's scratch folder."""

    task: Task
    base: Base
    measurer: Measurer
    environment: Environment
    visible_only: bool = False
    """Leave the hidden experiments out: for verifiers, which must not know them."""

    def grade(self, submission: Submission, *, attribute: bool = False) -> GradeResult:
        """Apply, re-run, compare, transplant; with ``attribute`` also judge each masked function alone.

        Raises:
            InfrastructureError: the platform failed; the patch is not judged.
        """
        began = time.monotonic()
        tree = self.measurer.scratch / "patched"
        try:
            applied = apply(self.base, submission.patch, tree, self._policy())
        except PatchRejectedError as error:
            return GradeResult(Outcome.PATCH_REJECTED, str(error), seconds=time.monotonic() - began)
        experiments = relevant_experiments(self.task, submission.functions)
        if self.visible_only:
            experiments = [e for e in experiments if not e.hidden]
        measured = self.measurer.measure(tree, experiments)
        outcome, detail = measured.verdict()
        result = GradeResult(
            outcome,
            detail,
            credit=measured.credit,
            values=with_claims(measured.values, submission.claims),
            logs={r.name: r.log for r in measured.results},
            dropped=[Dropped(d.path, d.reason) for d in applied.dropped],
        )
        self._flag(result, submission, applied, tree)
        if submission.functions:
            if result.outcome is Outcome.PASSED:
                self._require_transplant(tree, submission.functions, experiments, result)
            if attribute:
                result.functions = {
                    name: self._transplanted(tree, [name], submission.functions, experiments, [])[1]
                    for name in submission.functions
                }
        result.seconds = time.monotonic() - began
        return result

    def _policy(self) -> ApplyPolicy:
        words = [word for e in self.task.experiments for word in e.command.split() if word.endswith(".py")]
        scripts = {str(PurePosixPath(word).parent) for word in words}
        return ApplyPolicy(
            protected=tuple(self.task.manifest.protect.paths),
            metric_files=frozenset(path for e in self.task.experiments for path in metric_files(e)),
            outputs=tuple(f"/{glob}" for e in self.task.experiments for glob in e.outputs),
            shadowing=self.environment.modules,
            import_roots=("", "src", *sorted(scripts - {"."})),
        )

    def _flag(self, result: GradeResult, submission: Submission, applied: Applied, tree: Path) -> None:
        """What a reader should know of the patch and its claims, whatever the outcome."""
        if applied.dropped:
            result.flag((), Flag.DROPPED_FILES)
        result.flag(tampering(applied))
        if submission.functions:
            result.flag(edits_elsewhere(self.task, submission.functions, applied, self.base))
        result.flag(hardcoded(self.task, self.base, tree, applied, result.values))
        if submission.bad_claims:
            result.flag([Remark(Flag.BAD_CLAIMS, "", submission.bad_claims)])
        result.flag(claim_problems(self.task, submission.claims, result.values))

    def _require_transplant(
        self, tree: Path, functions: Sequence[str], experiments: Sequence[ExperimentSection], result: GradeResult
    ) -> None:
        """The masked functions alone must pass in the reference code too; else the patch does not count."""
        problems: list[str] = []
        measured, passed = self._transplanted(tree, functions, functions, experiments, problems)
        result.flag([Remark(Flag.TRANSPLANT_PROBLEM, *problem.split(": ", 1)) for problem in problems])
        if passed:
            return
        result.outcome, detail = measured.verdict()
        result.flag([Remark(Flag.TAMPERED, "", f"only the whole patch passes: {detail}")])
        why = f" ({'; '.join(problems)})" if problems else ""
        result.detail = f"the patch passes, its masked functions alone in the reference code do not{why}: {detail}"

    def _transplanted(
        self,
        tree: Path,
        functions: Sequence[str],
        masked: Sequence[str],
        experiments: Sequence[ExperimentSection],
        problems: list[str],
    ) -> tuple[Measurement, bool]:
        """Measure the reference code with only these functions' new bodies in it."""
        place = self.measurer.scratch / f"transplant-{len(list(self.measurer.scratch.iterdir()))}"
        copy_tree(self.task.code, place, {})
        wanted = [self.task.function(name) for name in functions]
        for path in sorted({f.path for f in wanted}):
            submitted = tree / path
            moved = transplant(
                (self.task.code / path).read_bytes(),
                submitted.read_bytes() if submitted.is_file() else b"",
                [f.qualname for f in wanted if f.path == path],
                path,
                masked=[f.qualname for f in self.task.functions if f.path == path and f.id in masked],
            )
            (place / path).write_bytes(moved.source)
            problems.extend(f"{path}: {problem}" for problem in moved.problems)
        measured = self.measurer.measure(place, experiments)
        return measured, measured.passed


def relevant_experiments(task: Task, functions: Sequence[str]) -> list[ExperimentSection]:
    """The experiments that depend on at least one of the masked functions; all of them when none is masked."""
    if not functions:
        return list(task.experiments)
    masked = {task.function(f).id for f in functions}
    return [e for e in task.experiments if not e.functions or masked & {task.function(name).id for name in e.functions}]
