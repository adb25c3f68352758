"""Keeps every call for good: in the store, written by a thread of its own so that no stream waits for a disk."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from rexlab.gateway.contract import Usage

if TYPE_CHECKING:
    from rexlab.store.models import CallRow

_PAUSE_S = 0.2
"""Calls that end within this time of each other are written in one transaction."""


class Ledger(Protocol):
    """Where calls are kept. Its methods block; they are called from a thread."""

    def save(self, rows: Sequence["CallRow"]) -> None:
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
        self.rows: list[CallRow] = []

    def save(self, rows: Sequence["CallRow"]) -> None:
        self.rows.extend(rows)

    def spent(self, run_id: str) -> Usage:
        return Usage()


class StoreLedger:
    """The platform's store."""

    def __init__(self, database_url: str) -> None:
        from rexlab.store.database import open_engine

        self._engine = open_engine(database_url)

    def save(self, rows: Sequence["CallRow"]) -> None:
        from rexlab.store.calls import save_calls

        save_calls(self._engine, rows)

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
        self._waiting: list[CallRow] = []
        self._writing = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._problem: Exception | None = None

    def add(self, row: "CallRow") -> None:
        """Keep this row soon."""
        self._waiting.append(row)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_S, self._start)

    async def flush(self) -> None:
        """Return when everything added so far is kept.

        Raises:
            StoreError: it could not be kept.
        """
        async with self._writing:
            rows, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self.ledger.save, rows)
            except BaseException:
                self._waiting = rows + self._waiting  # the next flush tries again
                raise

    def _start(self) -> None:
        self._timer = None
        self._task = asyncio.create_task(self._flush_quietly())

    async def _flush_quietly(self) -> None:
        """A store that cannot be reached now is no reason to end a stream; closing a trial says it loudly."""
        import logging

        try:
            await self.flush()
        except Exception as error:
            logging.getLogger(__name__).warning("calls could not be kept yet: %s", error)
