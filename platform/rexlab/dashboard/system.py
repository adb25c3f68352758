"""Who works and what waits, and the versions of everything: what the page System says of the executor and the store."""

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Engine
from sqlmodel import col, select

from rexlab import __version__
from rexlab.harness.bundle import find_bundle
from rexlab.harness.manifest import iterate_harnesses, load_harness
from rexlab.settings import Settings
from rexlab.store.database import reading
from rexlab.store.leases import is_dead
from rexlab.store.models import RunRow
from rexlab.store.progress import waiting_trials
from rexlab.store.schema import describe_database
from rexlab.store.urls import without_secrets
from rexlab.store.workers import RunningTrial, running_claims


@dataclass(frozen=True)
class Worker:
    """A process that has claimed trials."""

    host: str
    process: str
    trials: tuple[str, ...]
    """Ids of those it has now."""
    runs: tuple[str, ...]
    since: float
    """When it claimed the oldest of them, in seconds since the epoch."""
    lease_left_s: float
    """Until the first of its leases ends; negative: it has not been renewed for so long."""
    state: str
    """``at work``; ``dead``: its process is gone; ``silent``: its lease has run out."""


@dataclass(frozen=True)
class Waiting:
    """The unfinished trials of a run."""

    run_id: str
    name: str
    queued: int
    running: int


def workers_of(engine: Engine, now: float | None = None) -> list[Worker]:
    """Everybody who has a trial now, whoever has had one for longest first.

    Raises:
        StoreError: the store cannot be read.
    """
    moment = time.time() if now is None else now
    claims: dict[str, list[RunningTrial]] = {}
    for claim in running_claims(engine):
        claims.setdefault(claim.owner, []).append(claim)
    return [_worker(owner, held, moment) for owner, held in claims.items()]


def queue_of(engine: Engine) -> list[Waiting]:
    """Runs with unfinished trials, the newest first.

    Raises:
        StoreError: the store cannot be read.
    """
    waiting = waiting_trials(engine)
    query = select(RunRow.id, RunRow.name).where(col(RunRow.id).in_(waiting))
    with reading(engine) as session:
        rows = session.exec(query.order_by(col(RunRow.created_at).desc(), col(RunRow.id).desc())).all()
    return [Waiting(run_id, name, waiting[run_id].queued, waiting[run_id].running) for run_id, name in rows]


def versions_of(settings: Settings, engine: Engine) -> list[tuple[str, str]]:
    """Names and versions of what runs here.

    Raises:
        StoreError: the store cannot be read.
    """
    database = describe_database(engine)
    return [
        ("rexlab", __version__),
        ("Python", platform.python_version()),
        ("Streamlit", _installed("streamlit")),
        ("Database", f"{database.kind} {database.version}".strip()),
        ("Schema", database.schema),
        ("Store", without_secrets(settings.store_url)),
        ("Artifacts", without_secrets(settings.artifact_root)),
        *((f"Bundle {name}", state) for name, state in _bundles(settings)),
    ]


def _worker(owner: str, held: Sequence[RunningTrial], now: float) -> Worker:
    host, process = (*owner.split("|"), "", "")[:2]
    left = min(claim.lease_expires for claim in held) - now
    known = owner.count("|") == 2
    state = "dead" if known and is_dead(owner) else "at work" if left >= 0 else "silent"
    return Worker(
        host=host,
        process=process,
        trials=tuple(claim.trial_id for claim in held),
        runs=tuple(dict.fromkeys(claim.run_id for claim in held)),
        since=min(claim.started_at for claim in held),
        lease_left_s=left,
        state=state,
    )


def _bundles(settings: Settings) -> list[tuple[str, str]]:
    """Harnesses that need a bundle, and the beginning of its digest where it is built."""
    found = []
    for folder in iterate_harnesses(settings.harness_folders).values():
        harness = load_harness(folder)
        if harness.manifest.bundle:
            bundle = find_bundle(harness, settings.bundle_root)
            found.append((harness.name, f"built, {bundle.digest[:12]}" if bundle else "not built"))
    return found


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
