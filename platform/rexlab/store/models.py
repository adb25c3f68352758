"""The tables. Rows of finished work are written once; a retry or a regrade adds rows, it changes none."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from rexlab.store.column_types import (
    enum_column,
    false_column,
    json_list_column,
    json_object_column,
    text_column,
    wide_column,
    zero_column,
)

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING


class Outcome(StrEnum):
    """How a trial, or one grading of it, ended."""

    PASSED = "passed"
    WRONG_RESULT = "wrong_result"
    MISSING_RESULT = "missing_result"
    EXPERIMENT_CRASHED = "experiment_crashed"
    EXPERIMENT_TIMEOUT = "experiment_timeout"
    PATCH_REJECTED = "patch_rejected"
    NO_PATCH = "no_patch"
    AGENT_CRASHED = "agent_crashed"
    AGENT_TIMEOUT = "agent_timeout"
    BUDGET_EXCEEDED = "budget_exceeded"
    INFRA_ERROR = "infra_error"
    CANCELLED = "cancelled"

    @property
    def ran(self) -> bool:
        """Whether the experiments ran to their end, whatever they measured: RExBench's execution success."""
        return self in (Outcome.PASSED, Outcome.WRONG_RESULT, Outcome.MISSING_RESULT)


class State(StrEnum):
    """Where a trial is on its path."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"


class RunRow(SQLModel, table=True):
    """A frozen matrix of variants x agents x attempts."""

    __tablename__ = "run"

    id: str = Field(primary_key=True)
    created_at: float
    """Seconds since the epoch, UTC; so are all times here."""
    name: str
    spec: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What was asked for: suite, harnesses, masks, attempts, sandbox, limits."""
    digest: str
    """SHA-256 over the digests of every variant and agent, the attempts and the platform's version."""
    platform_version: str
    cancel_requested: bool = False
    revision: int = Field(default=0, sa_column=zero_column())
    """Raised by every write that changes what is known of the run's trials; ``rexlab.store.changes``."""
    executor: str = Field(default="local", sa_column=text_column("local"))
    """Who was last asked to work on it: ``local``, a process of its own; ``celery``, whichever workers listen."""
    priority: str = Field(default="normal", sa_column=text_column("normal"))
    """``high``, ``normal`` or ``low``: whose trials a Celery worker takes first."""


class VariantRow(SQLModel, table=True):
    """One concrete problem: a task at a digest, the masked functions, what is shown."""

    __tablename__ = "variant"

    id: str = Field(primary_key=True)
    """The first 16 hexadecimal digits of its digest."""
    task: str = Field(index=True)
    """``suite/name``"""
    task_digest: str
    task_folder: str
    """Where the task lay when the run was planned; a hint, the digest decides."""
    kind: str
    functions: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Ids of the masked functions, sorted."""
    masks: int
    shown: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    paper: str | None = None
    """Address of the paper: tasks of one paper are not independent. None in rows older than itself."""
    gpus: int = Field(default=0, sa_column=zero_column())
    """How many GPUs the task asks for."""
    memory_mb: int = Field(default=0, sa_column=zero_column())
    """Memory the task asks for; 0 in rows older than itself."""


class AgentRow(SQLModel, table=True):
    """A harness, a model, and parameters."""

    __tablename__ = "agent"

    id: str = Field(primary_key=True)
    """The first 16 hexadecimal digits of its digest."""
    harness: str
    harness_digest: str
    model: str | None = None
    params: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reference: bool
    """It was handed the reference bodies: its results say something about tasks, nothing about agents."""
    harness_folder: str | None = None
    """Where the harness lay when the run was planned; a hint, the digest decides."""
    label: str | None = None
    """In words: harness, model, and what differs from the harness's defaults; None in rows older than itself."""
    model_params: dict[str, Any] = Field(default_factory=dict, sa_column=json_object_column())
    """What every request to the model gets: temperature, reasoning effort, most tokens."""
    strategy: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """How several attempts become one: kind, number, verifier. None: the harness is launched once."""
    simulated: bool = Field(default=False, sa_column=false_column())
    """Its model is a script: its results say something about harness and platform, nothing about a model."""


class TrialRow(SQLModel, table=True):
    """One attempt of one agent at one variant."""

    __tablename__ = "trial"
    __table_args__ = (
        Index("ix_trial_run_state", "run_id", "state"),
        UniqueConstraint("run_id", "position"),
    )

    id: str = Field(primary_key=True)
    run_id: str = Field(foreign_key="run.id")
    position: int
    """Order inside the run, from 1."""
    variant_id: str = Field(foreign_key="variant.id")
    agent_id: str = Field(foreign_key="agent.id")
    attempt: int
    """From 1."""
    seed: int = Field(sa_column=wide_column())
    """Given to the harness; drawn from the run's seed, so that it is the same on a resume."""
    replaces_id: str | None = Field(default=None, foreign_key="trial.id")
    """The trial that this one repeats after an infrastructure error."""

    state: State = Field(default=State.QUEUED, sa_column=enum_column(State))
    lease_owner: str | None = None
    lease_expires: float | None = None
    lease_epoch: int = 0
    """How often it was claimed; a worker that lost its lease cannot record, for the number has moved on."""

    started_at: float | None = None
    solved_at: float | None = None
    """When the agent's patch was captured; a resume grades that patch and does not run the agent again."""
    finished_at: float | None = None
    agent_outcome: Outcome | None = Field(default=None, sa_column=enum_column(Outcome, nullable=True))
    """What became of the agent, when that decides the outcome (a crash, a timeout); kept with ``solved_at``."""
    outcome: Outcome | None = Field(default=None, sa_column=enum_column(Outcome, nullable=True))
    """Written once; a regrade adds a grade and leaves this as it was."""
    detail: str = ""
    """One sentence on the outcome."""
    flags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    timings: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Seconds per phase: prepare, solve, capture, grade."""
    claims: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """The results the agent claims, as parsed: by experiment and metric."""
    claims_problem: str = ""
    """What was wrong with the agent's results file; it then claims nothing."""
    mutations: dict[str, str] | None = Field(default=None, sa_column=Column(JSON))
    """Of the mutant harness: the change made to each function it changed."""
    usage: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """What it asked of its model: calls, tokens, cost; ``rexlab.gateway.contract.Usage``. None: it asked nothing."""
    calls: int | None = None
    """Of ``usage``, as the four that follow are of it and of ``timings``: sums over many trials need plain columns."""
    tokens: int | None = Field(default=None, sa_column=wide_column(nullable=True))
    """Input and output."""
    cost_usd: float | None = None
    """None where it asked nothing, or the price is unknown."""
    solve_s: float | None = None
    """Seconds the agent was at work."""
    selection: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """Of a strategy: every attempt with its score, which one was chosen, and why."""
    file_recall: float | None = None
    """Of an extension: share of the reference's files that the agent's patch edits too, 0 to 1; RExBench's metric."""
    sandbox: str = ""


class GradeRow(SQLModel, table=True):
    """What the grader measured on one fresh re-run of a trial's patch. The newest grade of a trial counts."""

    __tablename__ = "grade"

    id: int | None = Field(default=None, primary_key=True)
    trial_id: str = Field(foreign_key="trial.id", index=True)
    created_at: float
    reason: str
    """``trial``, ``regrade``, or ``review``: a person's decision on a flagged patch."""
    outcome: Outcome = Field(sa_column=enum_column(Outcome))
    detail: str = ""
    credit: float
    """Share of metric values that pass, 0 to 1."""
    flags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    functions: dict[str, bool] | None = Field(default=None, sa_column=Column(JSON))
    """Per masked function: does the agent's version of it alone, in the reference code, pass?"""
    visible_passed: bool | None = None
    """Whether a verifier that sees the visible experiments alone would accept the patch; None: none is visible."""
    claim_passed: bool | None = None
    """Whether a verifier that takes the agent's word would: it claims a passing number for every visible value."""
    claims_made: int = Field(default=0, sa_column=zero_column())
    """Values for which the agent claims a number."""
    claims_held: int = Field(default=0, sa_column=zero_column())
    """How many of these the re-run bears out."""
    dropped: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Files of the patch that were not applied, with the reason."""
    elsewhere: list[str] = Field(default_factory=list, sa_column=json_list_column())
    """Files that were applied and in which nothing is masked."""
    notes: list[str] = Field(default_factory=list, sa_column=json_list_column())
    """A sentence on each thing a flag stands for, with file and line; never shown to an agent."""
    seconds: float
    sandbox: str
    environment: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Python, packages and hardware of the re-run."""
    platform_version: str
    task_digest: str


class MetricRow(SQLModel, table=True):
    """One value of one metric of a grade."""

    __tablename__ = "metric"

    id: int | None = Field(default=None, primary_key=True)
    grade_id: int = Field(foreign_key="grade.id", index=True)
    experiment: str
    metric: str
    position: int
    """Which of the metric's values, from 0."""
    hidden: bool
    observed: float | None
    target: float
    tolerance: float
    margin: float | None
    passed: bool
    problem: str = ""
    claimed: float | None = None
    claim: bool | None = None
    """Whether the re-run bears the agent's claim out; None where nothing was claimed."""


class ArtifactRow(SQLModel, table=True):
    """A file kept of a trial."""

    __tablename__ = "artifact"

    id: int | None = Field(default=None, primary_key=True)
    trial_id: str = Field(foreign_key="trial.id", index=True)
    grade_id: int | None = Field(default=None, foreign_key="grade.id")
    kind: str
    """patch, agent_stdout, agent_stderr, trajectory, prompt, experiment_log, attempts"""
    path: str
    """Relative to the artifact root."""
    size: int = Field(sa_column=wide_column())
    sha256: str


class EventRow(SQLModel, table=True):
    """What happened to a trial, in order: claimed, lease lost, interrupted, solved, recorded."""

    __tablename__ = "event"

    id: int | None = Field(default=None, primary_key=True)
    trial_id: str = Field(foreign_key="trial.id", index=True)
    at: float
    kind: str
    message: str = ""
