"""The gateway itself: opens and closes trials, and keeps what they share."""

import asyncio
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import InputError
from rexlab.gateway.account import Account
from rexlab.gateway.app import Door
from rexlab.gateway.cassette import Recorder, ReplayUpstream
from rexlab.gateway.contract import Registration, Usage
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
_Key = tuple[str, int]


@dataclass
class _Open:
    trial: Trial
    listener: Listener


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
        self._runs: dict[str, asyncio.Task[Account]] = {}
        self._warming: asyncio.Task[None] | None = None

    async def open_trial(self, registration: Registration) -> str:
        """Listen on the trial's socket; the token it must show.

        Raises:
            InputError: this claim of the trial is open already, or its socket or cassette cannot be used.
            StoreError: what the run has spent so far cannot be read.
        """
        listener_at = Path(registration.socket)
        trial = await self._prepare(registration)
        listener = Listener(Door(trial))
        try:
            await listener.open_socket(listener_at, 0o666)
        except OSError as error:
            await trial.close()
            raise InputError(f"socket {listener_at} cannot be made: {error.strerror}") from error
        self._open[registration.trial_id, registration.epoch] = _Open(trial, listener)
        return trial.token

    async def open_port(self, registration: Registration, port: int) -> tuple[str, int]:
        """The same at a port of this machine's loopback; token and port.

        Raises:
            InputError: as for ``open_trial``, or the port is taken.
        """
        trial = await self._prepare(registration)
        listener = Listener(Door(trial))
        try:
            found = await listener.open_port(port)
        except OSError as error:
            await trial.close()
            raise InputError(f"port {port} cannot be used: {error.strerror}") from error
        self._open[registration.trial_id, registration.epoch] = _Open(trial, listener)
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
        await self._writer.flush()
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
            await self.close_trial(trial_id, epoch)
        await self._writer.flush()
        await self._session.close()

    async def _prepare(self, registration: Registration) -> Trial:
        key = registration.trial_id, registration.epoch
        if key in self._open:
            raise InputError(f"trial {registration.trial_id} is open already, in its claim {registration.epoch}")
        model = registration.model
        recorder, replay = None, None
        if not model.simulated and self._options.mode != "live":
            cassette = self._cassette(registration)
            if self._options.mode == "record":
                recorder = Recorder(cassette, self._scrubber)
            else:
                replay = ReplayUpstream(cassette)
        routes = Routes(model, self._session, replay)
        if routes.translates:
            self._warm()
        retry = self._options.retry
        shared = Shared(
            run=await self._run(registration),
            ledger=self._writer,
            scrubber=self._scrubber,
            price=await asyncio.to_thread(self._prices.find, model),
            embedding_price=await asyncio.to_thread(self._prices.find, model_for(model, "embeddings")),
            retry=RetryPolicy(attempts=retry.attempts, **SCRIPTED_DELAYS) if model.simulated else retry,
        )
        return Trial(registration, shared, routes, recorder)

    async def _run(self, registration: Registration) -> Account:
        """The run's account; the first of its trials brings what the run had spent before."""
        run_id = registration.run_id
        if run_id not in self._runs or self._failed(self._runs[run_id]):
            self._runs[run_id] = asyncio.create_task(self._read_run(registration))
        return await asyncio.shield(self._runs[run_id])

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

    def _warm(self) -> None:
        """Import litellm now, beside everything else: it takes seconds, and the agent needs some to start as well."""
        if self._warming is None:
            from rexlab.gateway.translate import load

            self._warming = asyncio.create_task(asyncio.to_thread(load))

    def _find(self, trial_id: str, epoch: int) -> _Open:
        try:
            return self._open[trial_id, epoch]
        except KeyError:
            raise InputError(f"trial {trial_id} is not open, in its claim {epoch}") from None
