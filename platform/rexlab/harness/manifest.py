"""The harness manifest, ``harness.toml`` schema 1: what a harness needs and how it starts. A harness is data."""

import tomllib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rexlab.errors import InputError, ManifestError, NotFoundError
from rexlab.gateway.contract import Budget
from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.task.load import describe_validation_error
from rexlab.task.manifest import NAME

ParamValue = str | int | float | bool
INSIDE = "/opt/rexlab/harness"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HarnessSection(_Model):
    """``[harness]``: what it is."""

    name: str = Field(pattern=NAME)
    title: str
    summary: str
    version: str
    reference: Literal["exact", "mutated"] | None = None
    """Hand it the reference bodies, as they are or with seeded mistakes. Its results are marked as reference results
    everywhere, for they say nothing about an agent."""
    runs_model: bool
    """It runs a model's commands, or a program nobody has reviewed: not in the process sandbox, unless --unsafe."""


class RunSection(_Model):
    """``[run]``: how it starts."""

    command: list[str] = Field(min_length=1)
    """Program and arguments; ``{harness}`` stands for the harness's folder inside the sandbox, ``{python}`` for the
    interpreter of its bundle."""
    timeout_s: float = Field(default=1800, gt=0)
    memory_mb: int = Field(default=0, ge=0)
    """What the harness itself needs, added to what the task allows."""
    pids: int = Field(default=0, ge=0)
    """Processes and threads of the harness itself, added likewise."""
    disk_mb: int = Field(default=0, ge=0)


class ModelSection(_Model):
    """``[model]``: it asks a model. The gateway's door is opened for it, and nothing else of the network."""

    protocols: list[WireProtocol] = Field(min_length=1)
    """Kinds of requests it makes."""


class BundleSection(_Model):
    """``[bundle]``: what is installed for it, once, with an interpreter of its own."""

    python: str = Field(pattern=r"^3\.\d+$")
    """Version of the interpreter, ``3.13``."""
    requirements: str = "requirements.lock"
    """Lock file in the harness's folder: every package with version and hashes."""
    npm: str | None = None
    """A ``package-lock.json`` in the harness's folder; the packages land in ``{bundle}/node_modules``."""
    debian: list[str] = []
    """Debian packages whose programs it starts (``tmux``); they land in ``{bundle}/bin``."""


class ParamSection(_Model):
    """``[[param]]``: something the user may set; all reach the harness as JSON in ``REXLAB_PARAMS``."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal["str", "int", "float", "bool", "command"]
    """``command`` is a shell command; each word of it that is a file or folder here is shown to the sandbox."""
    default: ParamValue | None = None
    """None: the user must give it."""
    minimum: float | None = None
    maximum: float | None = None
    choices: list[str] | None = None
    """Of a ``str``: the values it may have."""
    description: str


class HarnessManifest(_Model):
    """``harness.toml``, schema 1."""

    schema_: Literal[1] = Field(alias="schema")
    harness: HarnessSection
    run: RunSection
    model: ModelSection | None = None
    bundle: BundleSection | None = None
    budget: Budget = Budget()
    """``[budget]``: what a trial may spend where the user sets nothing else."""
    param: list[ParamSection] = []

    @model_validator(mode="after")
    def _unique_params(self) -> "HarnessManifest":
        names = [p.name for p in self.param]
        if len(names) != len(set(names)):
            raise ValueError("two params have the same name")
        if self.model and not self.harness.runs_model:
            raise ValueError("a harness with a [model] has [harness] runs_model = true")
        if not self.bundle and any("{python}" in word for word in self.run.command):
            raise ValueError("{python} in [run] command is the interpreter of a bundle: add [bundle]")
        return self


@dataclass(frozen=True)
class Harness:
    """A harness folder that loaded without a complaint."""

    folder: Path
    manifest: HarnessManifest

    @property
    def name(self) -> str:
        return self.manifest.harness.name

    @property
    def is_reference(self) -> bool:
        return self.manifest.harness.reference is not None

    @property
    def inside(self) -> str:
        """Where sandboxes find its folder."""
        return f"{INSIDE}/{self.name}"

    def digest(self) -> str:
        """SHA-256 over every file of the folder but its README, which no trial depends on."""
        return folder_digest(self.folder, leave_out="README.md")

    def resolve_params(self, given: dict[str, str]) -> dict[str, ParamValue]:
        """The given parameters, typed, over the defaults.

        Raises:
            InputError: unknown, missing, of another type, or out of range.
        """
        known = {p.name: p for p in self.manifest.param}
        for name in given:
            if name not in known:
                names = ", ".join(known) or "none"
                raise InputError(f"harness {self.name} has no parameter {name!r}; it has: {names}")
        resolved: dict[str, ParamValue] = {}
        for name, param in known.items():
            if name in given:
                resolved[name] = _convert(self.name, param, given[name])
            elif param.default is not None:
                resolved[name] = param.default
            else:
                raise InputError(
                    f"harness {self.name} needs its parameter {name!r} ({param.description}); "
                    f"give it as --param {self.name}.{name}=VALUE"
                )
        return resolved


def folder_digest(folder: Path, leave_out: str = "") -> str:
    """SHA-256 over every file below the folder but caches, and but the one ``leave_out`` names."""
    total = sha256()
    files = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    for path in sorted(p for p in files if p != folder / leave_out):
        name = path.relative_to(folder).as_posix()
        total.update(f"{name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _convert(harness: str, param: ParamSection, text: str) -> ParamValue:
    where = f"--param {harness}.{param.name}={text}"
    try:
        value: ParamValue
        match param.type:
            case "int":
                value = int(text)
            case "float":
                value = float(text)
            case "bool":
                value = {"true": True, "false": False}[text.lower()]
            case "str" | "command":
                if param.choices and text not in param.choices:
                    raise InputError(f"{where}: the value must be one of {', '.join(param.choices)}")
                return text
    except (ValueError, KeyError) as error:
        raise InputError(f"{where}: the value must be of type {param.type}") from error
    low, high = param.minimum, param.maximum
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise InputError(f"{where}: the value must lie between {low} and {high}")
    return value


def load_harness(folder: Path) -> Harness:
    """Load ``folder/harness.toml``.

    Raises:
        ManifestError: it is missing or wrong; the text names file, key and remedy.
    """
    file = folder / "harness.toml"
    try:
        data = tomllib.loads(file.read_text("utf-8"))
        manifest = HarnessManifest.model_validate(data)
    except FileNotFoundError as error:
        raise ManifestError(f"{folder} has no harness.toml; a harness is a folder with one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{file} is not valid TOML: {error}") from error
    except ValidationError as error:
        raise ManifestError(describe_validation_error(file, data, error)) from error
    if manifest.harness.name != folder.name:
        raise ManifestError(f"{file}: [harness] name is {manifest.harness.name!r}, the folder {folder.name!r}")
    return Harness(folder.absolute(), manifest)


def iterate_harnesses(folders: list[Path]) -> dict[str, Path]:
    """Harness folders by name; of two with one name, the first folder's wins."""
    found: dict[str, Path] = {}
    for root in folders:
        for file in sorted(root.glob("*/harness.toml")):
            found.setdefault(file.parent.name, file.parent)
    return found


def planned_harness(name: str, folder: str | None, digest: str, folders: list[Path]) -> Harness:
    """The harness that an agent was planned with, from where it lay then, or by its name.

    Raises:
        NotFoundError: it is gone.
        InputError: it has changed since.
    """
    there = folder is not None and (Path(folder) / "harness.toml").is_file()
    harness = load_harness(Path(folder)) if folder and there else find_harness(name, folders)
    if harness.digest() != digest:
        raise InputError(f"harness {name} has changed since the run was planned ({harness.folder}); plan a new run")
    return harness


def find_harness(name: str, folders: list[Path]) -> Harness:
    """The harness called ``name``, or in the folder ``name``.

    Raises:
        NotFoundError: there is none; the text lists what there is.
    """
    if (Path(name) / "harness.toml").is_file():
        return load_harness(Path(name).absolute())
    known = iterate_harnesses(folders)
    if name not in known:
        raise NotFoundError(f"no harness is called {name!r}; there are: {', '.join(known) or 'none'}")
    return load_harness(known[name])
