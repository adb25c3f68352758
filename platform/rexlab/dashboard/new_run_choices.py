"""What a new run can be put together from: tasks, harnesses, models, sandboxes, as this machine has them."""

import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from rexlab.errors import InputError
from rexlab.gateway.known_models import known_models
from rexlab.gateway.options import PRICES
from rexlab.harness.bundle import find_bundle
from rexlab.harness.manifest import Harness, iterate_harnesses, load_harness
from rexlab.sandbox import BACKENDS, Availability, backend
from rexlab.settings import Settings
from rexlab.store.estimates import models_seen
from rexlab.task.load import Task
from rexlab.task.named_variants import VARIANTS_FILE
from rexlab.task.suites import find_tasks, iterate_suites


@dataclass(frozen=True)
class TaskChoice:
    """A task, as far as its manifest can be read at a glance; whether it is sound, loading it tells."""

    id: str
    """``suite/name``."""
    title: str
    extension: bool
    functions: int
    """That can be masked."""
    named: bool
    """Whether it has named variants."""
    folder: Path


def task_choices(settings: Settings) -> list[TaskChoice]:
    """Every task of every suite, in order."""
    return [_task_choice(folder) for tasks in iterate_suites(settings.task_folders).values() for folder in tasks]


def _task_choice(folder: Path) -> TaskChoice:
    try:
        data = tomllib.loads((folder / "task.toml").read_text("utf-8"))
        section = data["task"]
        title, kind, functions = str(section["title"]), section.get("kind"), len(data.get("function", []))
    except (OSError, ValueError, KeyError, TypeError):
        title, kind, functions = "its manifest cannot be read", None, 0
    return TaskChoice(
        id=f"{folder.parent.name}/{folder.name}",
        title=title,
        extension=kind == "extension",
        functions=functions,
        named=(folder / VARIANTS_FILE).is_file(),
        folder=folder,
    )


class KnownTasks:
    """Looks tasks up, and loads none again whose files are as they were. Threads share one."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, list[Task]]] = {}

    def find(self, name: str, folders: list[Path]) -> list[Task]:
        """As ``rexlab.task.suites.find_tasks``."""
        suites = iterate_suites(folders)
        kept = self._kept.get(name)
        if kept and kept[0] == (suites, [_stamp(task.folder) for task in kept[1]]):
            return kept[1]
        found = find_tasks(name, folders)
        self._kept[name] = ((suites, [_stamp(task.folder) for task in found]), found)
        return found

    def read_ahead(self, folders: list[Path]) -> None:
        """Load every suite: a task takes a tenth of a second the first time, which nobody then waits for."""
        for suite in iterate_suites(folders):
            with suppress(InputError):  # told to whoever chooses it
                self.find(suite, folders)


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when a file of the folder does."""
    stats = ((str(path), path.lstat()) for path in sorted(folder.rglob("*")))
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)


@dataclass(frozen=True)
class HarnessChoices:
    """Harnesses that load, and a sentence on each that does not."""

    found: dict[str, Harness]
    problems: list[str]


def harness_choices(settings: Settings) -> HarnessChoices:
    """Every harness, by name."""
    found, problems = {}, []
    for name, folder in iterate_harnesses(settings.harness_folders).items():
        try:
            found[name] = load_harness(folder)
        except InputError as error:
            problems.append(str(error))
    return HarnessChoices(found, problems)


def bundle_in_words(harness: Harness, settings: Settings) -> str:
    """Whether what the harness needs is installed; empty for one that needs nothing."""
    if harness.manifest.bundle is None:
        return ""
    if find_bundle(harness, settings.bundle_root):
        return "its bundle is installed here"
    return "its bundle is not installed yet: the run's start installs it, which takes a minute or more"


def model_choices(settings: Settings, engine: Engine) -> list[str]:
    """Models to suggest: those that runs of this store have asked first, then those that the gateway knows.

    Raises:
        InputError: ``prices.toml`` cannot be read.
    """
    return list(dict.fromkeys([*models_seen(engine), *known_models(settings.home / PRICES)]))


def sandbox_choices() -> dict[str, Availability]:
    """Each backend, and whether it works here."""
    return {name: backend(name).check() for name in BACKENDS}
