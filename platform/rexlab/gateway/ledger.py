"""Keeps every call for good: in the store, written by a thread of its own so that no stream waits for a disk."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from rexlab.errors import StoreError
from rexlab.gateway.contract import Usage

_log = logging.getLogger(__name__)
_PAUSE_S = 0.2
"""Calls that end within this time of each other are written in one transaction."""


@dataclass(frozen=True)
class Entry:
    """A call that has ended; the fields are those of ``CallRow``, which only the writing thread needs."""

    trial_id: str
    epoch: int
    run_id: str
    number: int
    at: float
    protocol: str
    model: str
    status: int
    failure: str = ""
    retries: int = 0
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    seconds: float = 0.0
    first_token_s: float | None = None


class Ledger(Protocol):
    """Where calls are kept. Its methods block; they are called from a thread."""

    def save(self, rows: Sequence[Entry]) -> None:
        """Keep the rows.

        Raises:
            StoreError: they could not be kept.
        """
        ...

    def spent(self, run_id: str) -> Usage:
        """What all trials of a run have used so far."""
        ...


class MemoryLedger:
    """For use by hand: nothing outlives the process."""

    def __init__(self) -> None:
        self.rows: list[Entry] = []

    def save(self, rows: Sequence[Entry]) -> None:
        self.rows.extend(rows)

    def spent(self, run_id: str) -> Usage:
        return Usage()


class StoreLedger:
    """The platform's store."""

    def __init__(self, database_url: str) -> None:
        from rexlab.store.database import open_engine

        self._engine = open_engine(database_url)

    def save(self, rows: Sequence[Entry]) -> None:
        from rexlab.store.call_row import CallRow
        from rexlab.store.calls import save_calls

        save_calls(self._engine, [CallRow(**asdict(row)) for row in rows])

    def spent(self, run_id: str) -> Usage:
        from rexlab.store.calls import spent_by_run

        spent = spent_by_run(self._engine, run_id)
        return Usage(
            calls=spent.calls,
            failures=spent.failures,
            retries=spent.retries,
            input_tokens=spent.input_tokens,
            cached_tokens=spent.cached_tokens,
            output_tokens=spent.output_tokens,
            cost_usd=spent.cost_usd,
            seconds=spent.seconds,
        )


class LedgerWriter:
    """Hands rows to the ledger in the order in which calls ended."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._waiting: dict[str, list[Entry]] = {}
        self._writing = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def add(self, row: Entry) -> None:
        """Keep this row soon."""
        self._waiting.setdefault(row.trial_id, []).append(row)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_S, self._start)

    async def flush(self, trial_id: str) -> None:
        """Return when every row of this trial is kept.

        Raises:
            StoreError: they could not be kept; the next flush of any trial tries again.
        """
        problems = await self._flush()
        if trial_id in problems:
            raise problems[trial_id]

    async def _flush(self) -> dict[str, StoreError]:
        """Keep everything: all at once, or, where the store refuses that, for each trial on its own."""
        async with self._writing:
            waiting, self._waiting = self._waiting, {}
            if not waiting:
                return {}
            try:
                await asyncio.to_thread(self.ledger.save, [row for rows in waiting.values() for row in rows])
            except StoreError:
                return {trial: error for trial, rows in waiting.items() if (error := await self._save(trial, rows))}
            return {}

    async def _save(self, trial_id: str, rows: list[Entry]) -> StoreError | None:
        try:
            await asyncio.to_thread(self.ledger.save, rows)
        except StoreError as error:
            _log.warning("calls of trial %s could not be kept: %s", trial_id, error)
            self._waiting[trial_id] = rows + self._waiting.get(trial_id, [])
            return error
        return None

    def _start(self) -> None:
        """A store that cannot be reached now is no reason to end a stream; closing a trial says it loudly."""
        self._timer = None
        self._task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        await self._flush()
