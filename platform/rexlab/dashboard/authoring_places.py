"""Where tasks can be edited, and how new ones begin: as a copy of a task, or from a paper's repository."""

import os
import re
import secrets
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

import tomlkit
from tomlkit.exceptions import TOMLKitError

from rexlab.authoring.calibration import FILE as CALIBRATION
from rexlab.authoring.mutation_record import FILE as MUTATION
from rexlab.authoring.paper import read_paper
from rexlab.errors import InputError
from rexlab.settings import Settings, bundled, require_writable
from rexlab.task.load import Task, load_task
from rexlab.task.manifest import NAME
from rexlab.task.suites import iterate_suites
from rexlab.task.tree import copy_tree, is_ignored

PAPER_ENDINGS = ("pdf", "tex", "html", "htm", "md", "txt")
MAX_UPLOAD_MB = 50
_URL = re.compile(r"(https?|ssh|git|file)://.|[\w.-]+@[\w.-]+:.")


@dataclass(frozen=True)
class Place:
    """A task folder that was found, whether or not it loads."""

    id: str
    """``suite/name``."""
    folder: Path
    obstacle: str
    """Why it cannot be edited here, as a sentence; empty when it can."""


def list_places(settings: Settings) -> list[Place]:
    """All task folders, those that can be edited first."""
    suites = iterate_suites(settings.task_folders)
    places = [Place(f"{s}/{p.name}", p, _obstacle(p)) for s, folders in suites.items() for p in folders]
    return sorted(places, key=lambda place: (bool(place.obstacle), place.id))


def own_folder(settings: Settings) -> Path:
    """Where new tasks go: the first folder of REXLAB_TASKS_PATH, else ``tasks`` in the current folder."""
    return settings.task_folders[0]


def new_folder(settings: Settings, suite: str, name: str) -> Path:
    """The folder of a new task in a suite of the user's; it does not exist yet.

    Raises:
        InputError: a name cannot be used, is taken, or the suite would hide another one.
    """
    for what, word in (("suite", suite), ("task", name)):
        if not re.fullmatch(NAME, word):
            raise InputError(
                f"{word!r} cannot name a {what}: lower-case letters, digits, - and _, at most 64 of them, "
                "a letter or digit first"
            )
    root = own_folder(settings)
    elsewhere = iterate_suites([folder for folder in settings.task_folders if folder != root])
    if suite in elsewhere and suite not in iterate_suites([root]):
        raise InputError(
            f"a suite {suite} in {root} would hide the one in {elsewhere[suite][0].parent}; take another name"
        )
    folder = root / suite / name
    if folder.exists():
        raise InputError(f"{suite}/{name} exists already; take another name")
    return folder


def copy_task(settings: Settings, task: Task, suite: str, name: str) -> Task:
    """Copy a task to a suite of the user's, under a name and with a canary of its own; appears whole or not at all.

    The evidence (calibration, mistakes tried) stays behind: it speaks of the original.

    Raises:
        InputError: the name cannot be used, or the folder cannot be written.
    """
    folder = new_folder(settings, suite, name)
    try:
        document = tomlkit.parse((task.folder / "task.toml").read_text("utf-8"))
    except TOMLKitError as error:
        raise InputError(f"{task.folder / 'task.toml'} cannot be copied: {error}") from error
    document["task"].update({"name": name, "canary": str(uuid.uuid4())})
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(mkdtemp(prefix=f".{name}.", dir=folder.parent))
    except OSError as error:
        raise InputError(f"{folder.parent} cannot be written: {error.strerror}; set REXLAB_TASKS_PATH") from error
    try:
        building = beside / name
        copy_tree(task.folder, building, {"task.toml": tomlkit.dumps(document).encode()})
        for file in (CALIBRATION, MUTATION):
            (building / file).unlink(missing_ok=True)
        for path in (building, *building.rglob("*")):
            if not path.is_symlink():  # a task that ships with rexlab may be read-only, its copy is to be edited
                path.chmod(path.stat().st_mode | (0o700 if path.is_dir() else 0o600))
        load_task(building)
        building.rename(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}; nothing was copied") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return load_task(folder)


def new_task_command(folder: Path, source: str, paper: str) -> list[str]:
    """The arguments of ``rexlab`` that make a task from a repository and a paper.

    Raises:
        InputError: there is no such repository or paper, as far as that can be told before it is fetched.
    """
    source, paper = source.strip(), paper.strip()
    if not source:
        raise InputError("say where the paper's repository is: a folder on this server, or a git URL")
    if not paper:
        raise InputError(f"give the paper: upload it, or name a file on this server ({', '.join(PAPER_ENDINGS)})")
    place = Path(os.path.expanduser(source))  # noqa: PTH111  (leaves a ~name that nobody has as it is)
    if not _URL.match(source) and not place.is_dir():
        raise InputError(f"{source} is no folder on this server, and no git URL (https://…, git@host:…)")
    file = Path(os.path.expanduser(paper)).absolute()  # noqa: PTH111
    read_paper(file)
    found = source if _URL.match(source) else str(place.absolute())
    return ["task", "new", str(folder), f"--from={found}", f"--paper={file}"]


def keep_upload(settings: Settings, name: str, data: bytes) -> Path:
    """Keep an uploaded paper below ``home/uploads``, under a name made of its own letters and its digest.

    Raises:
        InputError: it is too large, of another kind, or the folder cannot be written.
    """
    stem, ending = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).stem)[:60], Path(name).suffix.lower()
    if ending.removeprefix(".") not in PAPER_ENDINGS:
        raise InputError(f"a paper is a file that ends in {', '.join(PAPER_ENDINGS)}; convert it to one of these")
    if len(data) > MAX_UPLOAD_MB * 1_000_000:
        raise InputError(f"the paper has more than {MAX_UPLOAD_MB} MB; give a smaller file, or its path on this server")
    folder = settings.home / "uploads"
    require_writable(folder)
    place = folder / f"{stem or 'paper'}-{sha256(data).hexdigest()[:12]}{ending}"
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        beside.write_bytes(data)
        beside.replace(place)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(f"{place} cannot be written: {error.strerror}") from error
    return place


def stamp(folder: Path) -> str:
    """Another text whenever a file of the folder changed, by names, sizes and times: a key for caches."""
    seen = sha256()
    for path, status in sorted(_files(folder)):
        seen.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return seen.hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_ignored(Path(entry.path)):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            else:
                yield entry.path, entry.stat(follow_symlinks=False)


def _obstacle(folder: Path) -> str:
    shipped, own = bundled("tasks"), Path("tasks").absolute()
    if folder.is_relative_to(shipped) and shipped != own:
        return "It ships with rexlab."
    if not (os.access(folder, os.W_OK) and os.access(folder / "task.toml", os.W_OK)):
        return "This server may not write its folder."
    return ""
