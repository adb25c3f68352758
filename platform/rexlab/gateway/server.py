"""The gateway itself: opens and closes trials, and keeps what they share."""

import asyncio
import itertools
import logging
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from rexlab.errors import InputError, StoreError
from rexlab.gateway.account import Account
from rexlab.gateway.app import Door
from rexlab.gateway.cassette import Recorder, ReplayUpstream
from rexlab.gateway.contract import SCRIPTED, Registration, Usage
from rexlab.gateway.ledger import Ledger, LedgerWriter
from rexlab.gateway.listener import Listener
from rexlab.gateway.options import GatewayOptions, RetryPolicy
from rexlab.gateway.passthrough import make_session
from rexlab.gateway.prices import Prices
from rexlab.gateway.providers import model_for
from rexlab.gateway.routes import Routes
from rexlab.gateway.scrub import Scrubber
from rexlab.gateway.trial import Shared, Trial

SCRIPTED_DELAYS = {"first_delay_s": 0.01, "max_delay_s": 0.05, "max_retry_after_s": 0.05}
"""The scripted model recovers after so many attempts, not after so much time."""
_log = logging.getLogger(__name__)
_FAILING = tuple(f"{SCRIPTED}/{name}" for name in ("storm", "outage", "reject", "cut"))
"""Scripted models that fail as providers do."""
_Key = tuple[str, int]
_T = TypeVar("_T")


@dataclass
class _Open:
    trial: Trial
    listener: Listener


@dataclass
class _Claim:
    """What stays of a claim while its trial is closed: a strategy opens it once for each of its attempts."""

    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    recorded: set[Path] = field(default_factory=set)
    played: dict[Path, set[int]] = field(default_factory=lambda: defaultdict(set))


class Gateway:
    """All trials that may ask a model now."""

    def __init__(self, options: GatewayOptions, ledger: Ledger, scrubber: Scrubber) -> None:
        """Prepare to open trials.

        Raises:
            InputError: the price file cannot be used, or a mode lacks its folder of cassettes.
        """
        if options.mode != "live" and not options.cassettes:
            raise InputError(f"mode {options.mode} needs a folder of cassettes")
        self._options, self._scrubber = options, scrubber
        self._prices = Prices(Path(options.prices) if options.prices else None)
        self._writer = LedgerWriter(ledger)
        self._session = make_session()
        self._open: dict[_Key, _Open] = {}
        self._opening: set[_Key] = set()
        self._claims: dict[_Key, _Claim] = defaultdict(_Claim)
        self._runs: dict[str, asyncio.Task[Account]] = {}
        self._warming: asyncio.Task[None] | None = None

    async def open_trial(self, registration: Registration) -> str:
        """Listen on the trial's socket; the token it must show.

        Raises:
            InputError: this claim of the trial is open already, or its socket or cassette cannot be used.
            StoreError: what the run has spent so far cannot be read.
        """
        trial, _ = await self._open_at(registration, lambda door: door.open_socket(Path(registration.socket), 0o666))
        return trial.token

    async def open_port(self, registration: Registration, port: int) -> tuple[str, int]:
        """The same at a port of this machine's loopback, 0: any free one; token and port.

        Raises:
            InputError: as for ``open_trial``, or the port is taken.
        """
        trial, found = await self._open_at(registration, lambda door: door.open_port(port))
        return trial.token, found

    async def close_trial(self, trial_id: str, epoch: int) -> Usage:
        """End the trial's calls, remove its socket, keep its calls for good; what it used.

        Raises:
            InputError: no such claim is open.
            StoreError: its calls could not be kept.
        """
        opened = self._find(trial_id, epoch)
        del self._open[trial_id, epoch]
        await opened.trial.close()
        await opened.listener.close()
        await self._writer.flush(trial_id)
        return opened.trial.usage()

    def usage(self, trial_id: str, epoch: int) -> Usage:
        """What an open trial has used so far.

        Raises:
            InputError: no such claim is open.
        """
        return self._find(trial_id, epoch).trial.usage()

    async def run_usage(self, run_id: str) -> Usage:
        """What all trials of a run have used, resumed ones' earlier calls included.

        Raises:
            InputError: no trial of this run was opened here.
        """
        if run_id not in self._runs:
            raise InputError(f"no trial of run {run_id} was opened in this gateway")
        return (await self._runs[run_id]).usage

    async def close(self) -> None:
        """End everything."""
        for trial_id, epoch in list(self._open):
            try:
                await self.close_trial(trial_id, epoch)
            except StoreError as error:
                _log.error("trial %s: calls are lost: %s", trial_id, error)
        await self._session.close()

    async def _open_at(
        self, registration: Registration, listen: Callable[[Listener], Awaitable[_T]]
    ) -> tuple[Trial, _T]:
        key = registration.trial_id, registration.epoch
        if key in self._open or key in self._opening:
            raise InputError(f"trial {registration.trial_id} is open already, in its claim {registration.epoch}")
        self._opening.add(key)
        try:
            trial = await self._prepare(registration)
            listener = Listener(Door(trial))
            try:
                address = await listen(listener)
            except OSError as error:
                await trial.close()
                raise InputError(f"trial {registration.trial_id} cannot be listened for: {error}") from error
            self._open[key] = _Open(trial, listener)
            return trial, address
        finally:
            self._opening.discard(key)

    async def _prepare(self, registration: Registration) -> Trial:
        model = registration.model
        claim = self._claims[registration.trial_id, registration.epoch]
        recorder, replay = None, None
        if not model.simulated and self._options.mode == "record":
            recorder = self._recorder(registration, claim)
        elif not model.simulated and self._options.mode == "replay":
            path = self._cassette(registration)
            replay = await asyncio.to_thread(ReplayUpstream, path, claim.played[path])
        routes = Routes(model, self._session, replay)
        if routes.translates:
            self._warm()
        elif model.name in _FAILING:
            # their failures are litellm's exceptions; importing them at the first failure would stop all other trials
            await self._warm()
        retry = self._options.retry
        shared = Shared(
            run=await self._run(registration),
            ledger=self._writer,
            scrubber=self._scrubber,
            price=await asyncio.to_thread(self._prices.find, model),
            embedding_price=await asyncio.to_thread(self._prices.find, model_for(model, "embeddings")),
            retry=RetryPolicy(attempts=retry.attempts, **SCRIPTED_DELAYS) if model.simulated else retry,
        )
        return Trial(registration, shared, routes, recorder, claim.numbers)

    def _recorder(self, registration: Registration, claim: _Claim) -> Recorder:
        path = self._cassette(registration)
        try:
            recorder = Recorder(path, self._scrubber, anew=path not in claim.recorded)
        except OSError as error:
            raise InputError(f"cassette {path} cannot be written: {error.strerror}") from error
        claim.recorded.add(path)
        return recorder

    async def _run(self, registration: Registration) -> Account:
        """The run's account; each of its trials brings what the run has spent through other gateways."""
        run_id = registration.run_id
        if run_id not in self._runs or self._failed(self._runs[run_id]):
            self._runs[run_id] = asyncio.create_task(self._read_run(registration))
            return await asyncio.shield(self._runs[run_id])
        account = await asyncio.shield(self._runs[run_id])
        if registration.run_budget.model_dump(exclude_none=True):
            account.catch_up(await asyncio.to_thread(self._writer.ledger.spent, run_id))
        return account

    async def _read_run(self, registration: Registration) -> Account:
        spent = await asyncio.to_thread(self._writer.ledger.spent, registration.run_id)
        return Account("run", registration.run_budget, spent)

    @staticmethod
    def _failed(task: "asyncio.Task[Account]") -> bool:
        return task.done() and (task.cancelled() or task.exception() is not None)

    def _cassette(self, registration: Registration) -> Path:
        name = registration.cassette
        if not name or "/" in name or name in (".", "..") or os.sep in name:
            raise InputError(f"trial {registration.trial_id}: {name!r} is no file name for a cassette")
        return Path(self._options.cassettes) / name

    def _warm(self) -> "asyncio.Task[None]":
        """Import litellm now, beside everything else: it takes seconds, and the agent needs some to start as well."""
        if self._warming is None:
            from rexlab.gateway.translate import load

            self._warming = asyncio.create_task(asyncio.to_thread(load))
        return self._warming

    def _find(self, trial_id: str, epoch: int) -> _Open:
        try:
            return self._open[trial_id, epoch]
        except KeyError:
            raise InputError(f"trial {trial_id} is not open, in its claim {epoch}") from None
