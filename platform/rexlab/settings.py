"""Settings: one class, read from the environment (``REXLAB_*``) and overridden by command-line options."""

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from rexlab.errors import InputError

_PACKAGE = Path(__file__).resolve().parent


class Settings(BaseSettings):
    """Where rexlab keeps its things and what it uses by default."""

    model_config = SettingsConfigDict(env_prefix="REXLAB_", extra="ignore", env_ignore_empty=True)

    home: Path = Path(".rexlab")
    """Folder of the embedded store, artifacts and environments; relative to the current folder."""
    database_url: str | None = None
    """SQLAlchemy URL; the default is a SQLite file in ``home``."""
    artifacts_url: str | None = None
    """fsspec URL; the default is a folder in ``home``."""
    tasks_path: str = ""
    """More folders with suites, separated by colons; searched before the bundled ones."""
    harnesses_path: str = ""
    """More folders with harnesses, separated by colons; searched before the bundled ones."""
    sandbox: str = "auto"
    """``auto``, ``bubblewrap``, ``docker`` or ``process``."""
    workers: int = Field(default_factory=lambda: min(os.cpu_count() or 1, 8), ge=1, le=256)
    """Trials run at the same time by the local dispatcher."""
    lease_s: float = Field(default=15.0, gt=1, allow_inf_nan=False)
    """A worker that has not renewed a trial's lease for so long is taken for dead."""
    bundles: Path | None = None
    """Folder of the harnesses' bundles; the default is ``bundles`` in ``home``. Several stores may share one."""
    gateway_socket: Path | None = None
    """Control socket of a gateway that runs already (``rexlab gateway serve``); the default starts one for each run."""
    broker_url: SecretStr | None = None
    """Redis through which Celery passes trials to workers (``redis://…``); needed by ``--executor celery`` alone."""
    trial_limit_s: float = Field(default=21600.0, ge=1, allow_inf_nan=False)
    """Longest that a Celery worker lets a trial take, in seconds; a longer one ends as an infrastructure error."""
    gpu_locks: Path | None = None
    """Folder of the locks by which processes of one machine share its GPUs; the default is ``gpus`` in ``home``."""
    gpu_slots: int = Field(default=1, ge=1, le=64)
    """Trials that may share one GPU."""
    ui_token: SecretStr | None = None
    """Who opens the web UI must know it; without it the UI answers this machine alone."""
    ui_read_only: bool = False
    """The web UI shows, and starts, changes and ends nothing."""
    keep_workspaces: bool = False
    """Keep the folders of finished trials, for debugging."""

    @field_validator("home", "bundles", "gateway_socket", "gpu_locks")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        try:
            return None if value is None else value.expanduser().absolute()
        except RuntimeError as error:  # ~name, and no user is called so
            raise ValueError(str(error)) from error

    @property
    def store_url(self) -> str:
        # quoted, for a URL reads %41 as A and ? as the beginning of something else
        return self.database_url or f"sqlite:///{quote(str(self.home / 'rexlab.db'))}"

    @property
    def artifact_root(self) -> str:
        return self.artifacts_url or str(self.home / "artifacts")

    @property
    def bundle_root(self) -> Path:
        return self.bundles or self.home / "bundles"

    @property
    def gpu_lock_folder(self) -> Path:
        return self.gpu_locks or self.home / "gpus"

    @property
    def task_folders(self) -> list[Path]:
        """Folders that hold suites, the user's first."""
        return [*_split(self.tasks_path), Path("tasks").absolute(), bundled("tasks")]

    @property
    def harness_folders(self) -> list[Path]:
        """Folders that hold harnesses, the user's first."""
        return [*_split(self.harnesses_path), bundled("harnesses")]


def _split(paths: str) -> list[Path]:
    try:
        return [Path(p).expanduser().absolute() for p in paths.split(":") if p]
    except RuntimeError as error:  # ~name, and no user is called so
        raise InputError(f"the search path {paths!r} cannot be used: {error}") from error


@cache
def bundled(name: str) -> Path:
    """A folder that ships with rexlab: in the wheel's ``bundled/``, or at the root of a checkout."""
    inside = _PACKAGE / "bundled" / name
    return inside if inside.is_dir() else _PACKAGE.parents[1] / name


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with the given ones (None: not given) on top.

    Raises:
        InputError: a value cannot be used; the text names the variable.
    """
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(f"setting REXLAB_{key.upper()} = {first['input']!r}: {first['msg']}") from error


def require_writable(folder: Path) -> None:
    """Make rexlab's folder, and prove that it can be written.

    Raises:
        InputError: it cannot; the text says what to do.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror}; set REXLAB_HOME to a folder of yours with room"
        ) from error
