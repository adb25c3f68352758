"""A store in which every text that an agent, a task or a file can bring along is an attempt to be more than text."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select
from tests.support.shell import TASKS, Shell

from rexlab.execution.jobs import start_job
from rexlab.settings import Settings
from rexlab.store.artifacts import Artifacts
from rexlab.store.call_row import CallRow
from rexlab.store.database import open_engine, writing
from rexlab.store.models import (
    AgentRow,
    ArtifactRow,
    EventRow,
    GradeRow,
    MetricRow,
    RunRow,
    TrialRow,
    VariantRow,
)

MARK = "window.pwned=1"
"""What a script of one of these texts would do."""
PRINTABLE = (
    f"<script>{MARK}</script><img src=x onerror={MARK}>![x](http://evil.example/x.png)[y](javascript:{MARK})"
    ":red[r] $x^2$ `c` **b** :material/home: :smile: http://evil.example/a www.evil.example"
)
HOSTILE = f"\x1b[31mANSI\x1b[0m\x00\u202e{PRINTABLE}"
NAME = f"<img src=x onerror={MARK}> [z](javascript:{MARK})"
"""Short enough for a name, and no file name's separator in it."""
LINE = "L" * 200_000
PATCH = f"""\
diff --git a/{NAME}.py b/{NAME}.py
new file mode 100644
--- /dev/null
+++ b/{NAME}.py
@@ -0,0 +1,2 @@
+# {PRINTABLE}
+x = "{LINE}"
"""


@dataclass(frozen=True)
class Hostile:
    """What there is to be visited."""

    shell: Shell
    run: str
    trial: str
    agents: tuple[str, str]
    job: str
    task: str = "evil/moments"


def fill(shell: Shell) -> Hostile:
    """Make every text of the shell's store hostile, and add a task whose texts are."""
    _task(shell.folder / "tasks" / "evil" / "moments")
    shell.variables["REXLAB_TASKS_PATH"] = f"{shell.folder / 'tasks'}:{TASKS}"
    settings = Settings(home=shell.home)
    engine = open_engine(settings.store_url)
    artifacts = Artifacts(settings.artifact_root)
    with writing(engine) as session:
        for run in session.exec(select(RunRow)).all():
            run.name = HOSTILE
            run.spec = {**run.spec, "sandbox": HOSTILE}
            session.add(run)
        for agent in session.exec(select(AgentRow)).all():
            agent.label, agent.model, agent.simulated = f"{agent.harness} {HOSTILE}", HOSTILE, True
            agent.params = {NAME: HOSTILE}
            session.add(agent)
        for variant in session.exec(select(VariantRow)).all():
            variant.task, variant.task_folder = Hostile.task, str(shell.folder / "tasks" / "evil" / "moments")
            session.add(variant)
        trials = session.exec(select(TrialRow).order_by(col(TrialRow.position))).all()
        for trial in trials:
            _trial(session, trial, artifacts)
        found = trials[0].run_id, trials[0].id
        agents = tuple(sorted({trial.agent_id for trial in trials}))
    engine.dispose()
    job = start_job(settings, ["trials", "show", PRINTABLE], kind="check", subject=PRINTABLE)
    return Hostile(shell, *found, (agents[0], agents[1]), job.id)


def _trial(session: Session, trial: TrialRow, artifacts: Artifacts) -> None:
    trial.detail = trial.claims_problem = trial.sandbox = HOSTILE
    trial.flags, trial.mutations = [HOSTILE], {NAME: HOSTILE}
    trial.claims = {NAME: {NAME: [1.0]}}
    trial.selection = {"kind": HOSTILE, "chosen": 1, "why": HOSTILE, "attempts": []}
    session.add(trial)
    for grade in session.exec(select(GradeRow).where(GradeRow.trial_id == trial.id)).all():
        _grade(session, grade)
    session.add(EventRow(trial_id=trial.id, at=1.0, kind=NAME, message=HOSTILE))
    session.add(
        CallRow(
            trial_id=trial.id, epoch=1, run_id=trial.run_id, number=1, at=1.0, protocol=NAME, model=HOSTILE, status=500,
            failure=HOSTILE,
        )
    )  # fmt: skip
    for kept in session.exec(select(ArtifactRow).where(ArtifactRow.trial_id == trial.id)).all():
        session.delete(kept)
    for kind, name, data in _files():
        session.add(artifacts.save(trial.id, 9, kind, name, data))
    session.add(ArtifactRow(trial_id=trial.id, kind="agent_stdout", path=f"{NAME}", size=7, sha256="gone"))


def _grade(session: Session, grade: GradeRow) -> None:
    grade.detail = grade.sandbox = grade.platform_version = HOSTILE
    grade.flags, grade.notes, grade.elsewhere = [HOSTILE], [HOSTILE], [HOSTILE, f"{NAME}.py"]
    grade.dropped = [{"path": HOSTILE, "reason": HOSTILE}]
    grade.functions = {**(grade.functions or {}), f"{NAME}.py:f": False}
    grade.environment = {"python": HOSTILE, "packages": [HOSTILE], NAME: {NAME: HOSTILE}}
    session.add(grade)
    for metric in session.exec(select(MetricRow).where(MetricRow.grade_id == grade.id)).all():
        metric.experiment, metric.metric, metric.problem = NAME, f"{metric.metric} {HOSTILE}", HOSTILE
        session.add(metric)


def _files() -> list[tuple[str, str, bytes]]:
    text = f"{HOSTILE}\n".encode() + b"\xff\xfe\xc3 no text\n" + LINE.encode() + b"\nlast line\n"
    return [
        ("prompt", "prompt.md", text),
        ("patch", "patch.diff", PATCH.encode() + b"+\xff\xfe\x00\n"),
        ("agent_stdout", "agent-stdout.txt", text),
        ("agent_stderr", "agent-stderr.txt", text),
        ("experiment_log", "experiments.log", text),
        ("trajectory", "trajectory.json", _trajectory()),
        ("attempt_trajectory", f"attempt-1-{NAME}.json", text),
        (NAME, f"{NAME}.bin", text),
    ]


def _trajectory() -> bytes:
    step: dict[str, Any] = {
        "source": NAME,
        "message": HOSTILE,
        "reasoning_content": f"{HOSTILE}\n{LINE}",
        "tool_calls": [{"function_name": NAME, "arguments": {NAME: HOSTILE, "command": HOSTILE, "path": "a.html"}}],
        "observation": {"results": [{"content": f"Traceback (most recent call last)\n{HOSTILE}"}]},
        "metrics": {NAME: HOSTILE},
        HOSTILE: HOSTILE,
    }
    agent = {"name": HOSTILE, "version": HOSTILE, "model_name": HOSTILE}
    document = {"schema_version": HOSTILE, "agent": agent, "notes": HOSTILE, "steps": [step] * 30}
    return json.dumps(document).encode()


def _task(folder: Path) -> None:
    shutil.copytree(TASKS / "tiny" / "moments", folder)
    manifest = folder / "task.toml"
    text = manifest.read_text()
    quoted = PRINTABLE.replace("\\", "\\\\").replace('"', '\\"')
    for known in (
        "Moments of a sample",
        "A small task for the tests: standard library only, every source of metrics, milliseconds to run.",
        "On the moments of a sample",
        "The rexlab authors",
        "Moments of a pseudo-random sample",
        "The same by a running update",
        "Arithmetic mean of a list of numbers: their sum divided by how many there are.",
    ):
        assert f'"{known}"' in text
        text = text.replace(f'"{known}"', f'"{quoted}"')
    manifest.write_text(text)
    with (folder / "paper.md").open("a") as paper:
        paper.write(f"\n\n## {PRINTABLE}\n\n{PRINTABLE}\n\n<iframe src=http://evil.example></iframe>\n")
        paper.write(f"\n$$\\href{{javascript:{MARK}}}{{x}}$$\n")
    (folder / "code" / f"{NAME}.txt").write_text(f"{PRINTABLE}\n")
