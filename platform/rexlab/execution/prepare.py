"""Prepare what trials share, once per digest: the masked base of a variant, and the task's environment."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock

from rexlab.environment import Environment, build_environment
from rexlab.errors import InputError, PatchFormatError, PatchRejectedError
from rexlab.execution.scratch import scratch_folder
from rexlab.sandbox import SandboxBackend
from rexlab.sandbox.images import build_image, image_id
from rexlab.settings import Settings
from rexlab.store.queries import TrialRecord
from rexlab.task.load import Task
from rexlab.task.masking import mask_tree
from rexlab.task.suites import find_tasks
from rexlab.workspace import ApplyPolicy, Base, apply, load_base, make_base

_bases: dict[Path, Base] = {}
_lock = Lock()


def planned_task(record: TrialRecord, settings: Settings) -> Task:
    """The trial's task, unchanged since the run was planned.

    Raises:
        InputError: it is gone, has changed since, or cannot be read any more.
    """
    variant = record.variant
    folder = Path(variant.task_folder)
    name = str(folder) if (folder / "task.toml").is_file() else variant.task
    task = find_tasks(name, settings.task_folders)[0]
    if task.digest != variant.task_digest:
        raise InputError(
            f"task {variant.task} has changed since run {record.trial.run_id} was planned "
            f"(digest {task.digest[:12]}, planned {variant.task_digest[:12]}); plan a new run"
        )
    return task


def masked_base(task: Task, functions: Sequence[str], settings: Settings) -> Base:
    """The task's code with these functions masked, as a repository of one commit; cached below ``home``.

    Raises:
        MaskingError: the masked code would not parse.
    """
    identity = "\n".join([task.digest, *sorted(functions)])
    place = settings.home / "bases" / sha256(identity.encode()).hexdigest()[:20]
    with _lock:
        if place not in _bases:
            if not place.is_dir():
                _build(task, functions, place, settings)
            _bases[place] = load_base(place)
        return _bases[place]


def _build(task: Task, functions: Sequence[str], place: Path, settings: Settings) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(settings, "base") as beside:
        mask_tree(task.code, beside / "tree", [task.function(f) for f in functions])
        make_base(beside / "tree", beside / "base")
        try:
            (beside / "base").rename(place)
        except OSError:
            if not place.is_dir():  # another process built the same one first
                raise


def reference_tree(task: Task, settings: Settings, folder: Path) -> None:
    """Lay out the code that must pass: a masking task's own, an extension task's with its reference patch applied.

    Raises:
        InputError: the reference patch does not apply.
    """
    try:
        apply(masked_base(task, (), settings), task.reference_patch, folder, ApplyPolicy())
    except (PatchRejectedError, PatchFormatError) as error:
        raise InputError(f"task {task.id}: reference.patch: {error}") from error


def environment_for(task: Task, backend: SandboxBackend, settings: Settings) -> Environment:
    """The task's installed requirements, for the Python of this backend.

    Raises:
        InputError: the task needs an image, and this backend has none.
        EnvironmentBuildError: the requirements cannot be installed.
    """
    section = task.manifest.environment
    if section.image or section.dockerfile:
        if backend.name != "docker":
            raise InputError(
                f"task {task.id} names an image or a Dockerfile, which only the docker sandbox can use; "
                "run it with --sandbox docker"
            )
        image = section.image or build_image(task.folder / str(section.dockerfile))
        digest = sha256(f"{image} {image_id(image)}".encode()).hexdigest()
        return Environment(digest, python="", packages={}, modules=frozenset(), folder=None, image=image)
    return build_environment(section.requirements, backend.interpreter(), settings.home / "envs")
