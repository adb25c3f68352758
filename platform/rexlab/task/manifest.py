"""The task manifest, ``task.toml`` schema 1: its models and what each key means."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from uuid import UUID

import regex
from jsonpointer import JsonPointer, JsonPointerException
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from rexlab.task.checks import Check

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"


def _inside(value: str) -> str:
    """A relative path or glob that cannot leave the folder it is relative to."""
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or "\\" in value or "\0" in value or value.startswith("~"):
        raise ValueError(f"{value!r} must be a relative path inside the task folder, without '..'")
    return str(path)


def _pattern(value: str) -> str:
    """A gitignore-style pattern that means something and cannot leave ``code/``."""
    if not value.strip("!/ "):
        raise ValueError(f"the pattern {value!r} matches nothing; remove it")
    if ".." in value.split("/"):
        raise ValueError(f"the pattern {value!r} leaves the folder code/; write it relative to code/, without '..'")
    return value


def _pointer(value: str) -> str:
    try:
        JsonPointer(value)
    except JsonPointerException as error:
        raise ValueError(
            f"{value!r} is not a JSON pointer: {error}; write '/key/0', with ~0 for ~ and ~1 for /"
        ) from error
    return value


RelativePath = Annotated[str, AfterValidator(_inside)]


class _Model(BaseModel):
    # strict: a quoted number, or a true where a number belongs, is a mistake and not a number
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TaskSection(_Model):
    """``[task]``: what the task is."""

    name: str = Field(pattern=NAME)
    """Unique inside its suite; the folder's name."""
    kind: Literal["masking", "extension"]
    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    tags: list[str] = []
    canary: UUID = Field(strict=False)
    """A GUID that no other text contains, so that a task found in training data can be recognised."""


class PaperSection(_Model):
    """``[paper]``: the publication, and our own text of it."""

    title: str = Field(min_length=1)
    authors: list[str] = Field(min_length=1)
    year: int = Field(ge=1900, le=2100)
    url: str = Field(pattern=r"^https?://\S+$")
    file: RelativePath = "paper.md"


class EnvironmentSection(_Model):
    """``[environment]``: what the code runs in; one of requirements, image, dockerfile."""

    requirements: list[str] = []
    """PEP 508 requirements, pinned; locked and installed once per digest."""
    image: str | None = None
    dockerfile: RelativePath | None = None
    gpus: int = Field(default=0, ge=0)
    gpu_memory_mb: int = Field(default=0, ge=0)
    """That each of the GPUs must have at least."""
    cpus: int = Field(default=1, ge=1, le=256)
    memory_mb: int = Field(default=2048, ge=64)
    network: Literal["none"] | list[str] = "none"
    setup: str | None = None
    """A shell command run in a fresh copy of the code before each experiment (a build step, say)."""

    @model_validator(mode="after")
    def _one_source(self) -> "EnvironmentSection":
        if self.image and self.dockerfile:
            raise ValueError("name an image or a dockerfile, not both")
        if self.requirements and (self.image or self.dockerfile):
            raise ValueError("an image brings its own packages; leave requirements empty, or the image out")
        return self


class FunctionSection(_Model):
    """``[[function]]``: one function that can be masked, found by name through the syntax tree."""

    path: RelativePath
    """The module's file, relative to ``code/``."""
    qualname: str = Field(pattern=r"^[^\s:#]+(#[1-9][0-9]*)?$")
    """Python's qualified name (``Class.method``, ``outer.<locals>.inner``); ``#2`` picks its second definition."""
    description: str = Field(min_length=20)
    """What the function does; becomes the docstring of the masked body."""
    relevant_paper: str = ""
    """The passages of the paper that say how; for harnesses that are given the right ones in place of finding them."""

    @property
    def id(self) -> str:
        """``path:qualname``, unique in the task."""
        return f"{self.path}:{self.qualname}"


class JsonSource(_Model):
    """A number, or a list of numbers, in a JSON file the experiment writes."""

    file: RelativePath
    pointer: Annotated[str, AfterValidator(_pointer)]
    """JSON pointer (RFC 6901)."""


class StdoutSource(_Model):
    """Numbers in what the experiment prints: group 1 of every match, in order."""

    stdout: str

    @model_validator(mode="after")
    def _compiles_with_one_group(self) -> "StdoutSource":
        try:
            pattern = regex.compile(self.stdout)
        except (regex.error, RecursionError, OverflowError) as error:
            raise ValueError(f"the regular expression {self.stdout[:80]!r} does not compile: {error}") from error
        if pattern.groups != 1:
            raise ValueError(f"the regular expression {self.stdout!r} needs exactly one group, it has {pattern.groups}")
        return self


class CsvSource(_Model):
    """One cell of a CSV file with a header line."""

    csv: RelativePath
    row: int | str
    """A row number from 0 (negative from the end), or the text in the first column of the row meant."""
    column: str


def _source_kind(value: Any) -> str | None:
    for key in ("file", "stdout", "csv"):
        if key in value if isinstance(value, dict) else hasattr(value, key):
            return key
    return None


Source = Annotated[
    Annotated[JsonSource, Tag("file")] | Annotated[StdoutSource, Tag("stdout")] | Annotated[CsvSource, Tag("csv")],
    Discriminator(
        _source_kind,
        custom_error_type="source_kind",
        custom_error_message="a source is {file, pointer}, {stdout} or {csv, row, column}",
    ),
]


class MetricSection(_Model):
    """``[[experiment.metric]]``: one measured quantity and what it must satisfy."""

    name: str = Field(pattern=NAME)
    source: Source
    count: int = Field(default=1, ge=1)
    """How many values one run of the command must give; fewer or more is a failure."""
    check: Check


class ExperimentSection(_Model):
    """``[[experiment]]``: a command that produces metrics."""

    name: str = Field(pattern=NAME)
    description: str = ""
    """One line for the reader of the prompt: what the experiment measures."""
    command: str = Field(min_length=1)
    """Shell command run in the code's root; ``{seed}`` stands for the seed."""
    timeout_s: float = Field(default=60, gt=0, le=86400)
    seeds: list[int] = Field(default=[0], min_length=1)
    """The command runs once for each; values are concatenated in this order."""
    functions: list[str] = []
    """Qualnames of the maskable functions the experiment depends on; empty means all."""
    hidden: bool = False
    """Never shown to the agent, graded all the same."""
    outputs: list[RelativePath] = []
    """Globs of the files the command writes; removed before it runs."""
    metric: list[MetricSection] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "ExperimentSection":
        _reject_duplicates("metric", [m.name for m in self.metric])
        if len(self.seeds) > 1 and "{seed}" not in self.command:
            raise ValueError("seeds has several entries, but the command does not contain {seed}")
        for field in re.findall(r"\{(\w*)\}", self.command):
            if field != "seed":
                raise ValueError(f"the command contains {{{field}}}; only {{seed}} is replaced")
        for metric in self.metric:
            wanted = metric.count * len(self.seeds)
            target = getattr(metric.check, "target", None)
            if isinstance(target, list) and len(target) != wanted:
                raise ValueError(
                    f"metric {metric.name}: the target has {len(target)} values, "
                    f"but count x seeds = {metric.count} x {len(self.seeds)} = {wanted}"
                )
        return self


class ProtectSection(_Model):
    """``[protect]``: what the grader puts back from the reference before it runs anything."""

    paths: list[Annotated[str, AfterValidator(_pattern)]] = []
    """gitignore-style patterns relative to ``code/``."""


class InstructionsSection(_Model):
    """``[instructions]``: an extension task's instructions."""

    file: RelativePath
    reference: RelativePath = "reference.patch"
    """The patch that implements the extension, a git diff relative to ``code/``."""


class Manifest(_Model):
    """``task.toml``, schema 1."""

    schema_: Literal[1] = Field(alias="schema")
    task: TaskSection
    paper: PaperSection
    environment: EnvironmentSection = EnvironmentSection()
    function: list[FunctionSection] = []
    experiment: list[ExperimentSection] = Field(min_length=1)
    protect: ProtectSection = ProtectSection()
    instructions: InstructionsSection | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Manifest":
        _reject_duplicates("experiment", [e.name for e in self.experiment])
        _reject_duplicates("function", [f.id for f in self.function])
        if self.task.kind == "masking" and not self.function:
            raise ValueError("a masking task needs at least one [[function]]")
        if self.task.kind == "extension" and self.instructions is None:
            raise ValueError("an extension task needs [instructions]")
        if all(e.hidden for e in self.experiment):
            raise ValueError("every experiment is hidden; at least one must be visible to the agent")
        used = [f for e in self.experiment for f in self._functions_of(e)]
        if idle := [f.id for f in self.function if f not in used]:
            raise ValueError(
                f"no experiment depends on {', '.join(idle)}: masking it could not change a number; "
                "name it under an experiment's functions, or remove its [[function]]"
            )
        return self

    def _functions_of(self, experiment: ExperimentSection) -> list[FunctionSection]:
        found = []
        for name in experiment.functions:
            meant = [f for f in self.function if name in (f.qualname, f.id)]
            if not meant:
                raise ValueError(
                    f"experiment {experiment.name}: functions names {name!r}, which no [[function]] declares"
                )
            if len(meant) > 1:
                raise ValueError(
                    f"experiment {experiment.name}: functions names {name!r}, which several [[function]] declare; "
                    f"name one of: {', '.join(f.id for f in meant)}"
                )
            found += meant
        return found if experiment.functions else self.function


def _reject_duplicates(what: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two {what}s are named {name!r}; names must be unique")
        seen.add(name)
