"""A registered trial: its token, its budgets, its way to the model, and the book of its calls."""

import asyncio
import hmac
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from rexlab.gateway.account import Account
from rexlab.gateway.cassette import Recorder
from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.contract import Registration, Usage
from rexlab.gateway.exchange import Exchange, Request
from rexlab.gateway.failures import Failure, Refused
from rexlab.gateway.ledger import Entry, LedgerWriter
from rexlab.gateway.options import RetryPolicy
from rexlab.gateway.prices import Price
from rexlab.gateway.providers import model_for
from rexlab.gateway.request import hides_usage, parse, prepare
from rexlab.gateway.routes import Routes
from rexlab.gateway.scrub import Scrubber
from rexlab.gateway.tokens import Tokens

MAX_CONCURRENT = 32
"""Calls of one trial under way at the same time; more wait for their turn."""
REFUSED_BUDGET = "budget_exceeded"
_HEADERS = ("anthropic-version", "anthropic-beta", "openai-beta")


@dataclass(frozen=True)
class Shared:
    """What a trial shares with the others."""

    run: Account
    ledger: LedgerWriter
    scrubber: Scrubber
    price: Price | None
    embedding_price: Price | None
    retry: RetryPolicy


class Trial:
    """One claim of a trial, from its registration to its end."""

    def __init__(
        self,
        registration: Registration,
        shared: Shared,
        routes: Routes,
        recorder: Recorder | None,
        numbers: Iterator[int],
    ) -> None:
        """``numbers`` are those of the claim's calls: it may be opened and closed several times."""
        self.registration = registration
        self.token = f"rexlab-{secrets.token_urlsafe(32)}"
        self.account = Account("trial", registration.budget)
        self.slots = asyncio.Semaphore(MAX_CONCURRENT)
        self.closed = False
        self.tasks: set[asyncio.Task[None]] = set()
        self._shared, self._routes, self._recorder = shared, routes, recorder
        self._numbers = numbers
        self._refusals: set[str] = set()
        shared.scrubber.add(self.token)

    @property
    def id(self) -> str:
        return self.registration.trial_id

    @property
    def retry(self) -> RetryPolicy:
        return self._shared.retry

    @property
    def records(self) -> bool:
        return self._recorder is not None

    @property
    def model_name(self) -> str:
        """As clients see it."""
        model = self.registration.model
        return model.name if model.simulated else model.name.partition("/")[2]

    def knows(self, token: str) -> bool:
        """Whether this is the trial's token and still worth something."""
        same = hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())
        return same and not self.closed

    async def call(self, protocol: WireProtocol, raw: bytes, headers: dict[str, str]) -> Exchange:
        """Make one call; the exchange holds the answer, or has its first event at hand.

        Raises:
            Refused: the gateway does not make it.
            Failed: the provider did not answer.
        """
        body = parse(raw)
        model = model_for(self.registration.model, protocol)
        prepared = prepare(body, protocol, model, own=self._routes.own(protocol))
        self._keep_budgets(protocol)
        self.account.begin()
        self._shared.run.begin()
        kept = {name: headers[name] for name in _HEADERS if name in headers}
        request = Request(protocol, prepared, kept, len(raw), hides_usage(body, protocol))
        exchange = Exchange(self, request, self._routes.upstream(protocol), next(self._numbers))
        await exchange.begin()
        return exchange

    async def count_tokens(self, raw: bytes, headers: dict[str, str]) -> dict[str, Any]:
        """How many tokens a request in Anthropic's format has; an estimate where the provider has no such service.

        Raises:
            Refused: the body is no request.
            NoAnswerError, ProviderError: the provider failed or refused.
        """
        body = parse(raw)
        model = model_for(self.registration.model, "messages")
        prepared = prepare(body, "messages", model, own=self._routes.own("messages"))
        kept = {name: headers[name] for name in _HEADERS if name in headers}
        # a replay asks nobody, so a recording must not either: the agent would go another way
        if not self.records and (counted := await self._routes.count_tokens(prepared, kept)):
            return counted
        return {"input_tokens": max(1, len(raw) // 4)}

    def usage(self) -> Usage:
        """What was used so far."""
        return self.account.usage

    def scrub(self, data: bytes) -> bytes:
        return self._shared.scrubber.data(data)

    def explain(self, failure: Failure) -> Failure:
        """The failure without secrets in its text."""
        return replace(failure, message=self._shared.scrubber.text(failure.message))

    def record(self, request: Request, status: int, document: dict[str, Any] | None, events: bytes) -> None:
        """Put a call on the cassette that was answered, or refused by the provider for what it asks."""
        assert self._recorder is not None
        self._recorder.add(request.protocol, request.body, status, document, events)

    async def close(self) -> None:
        """Refuse every further call, and end those under way."""
        self.closed = True
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)
        if self._recorder is not None:
            self._recorder.close()

    def book(
        self,
        request: Request,
        *,
        number: int,
        at: float,
        status: int,
        failed: str,
        outage: str,
        retries: int,
        tokens: Tokens | None,
        estimate: Tokens,
        seconds: float,
        first_token_s: float | None,
    ) -> None:
        """Enter a call that has ended, in the accounts and in the ledger."""
        price = self._price(request.protocol)
        if tokens is None and self.registration.model.simulated:
            tokens = estimate
        for account in (self.account, self._shared.run):
            account.end(tokens, price, estimate, seconds=seconds, retries=retries, failed=bool(failed), outage=outage)
        self._enter(
            number=number,
            at=at,
            protocol=request.protocol,
            status=status,
            failure=failed,
            retries=retries,
            input_tokens=tokens and tokens.input,
            cached_tokens=tokens and tokens.cached,
            output_tokens=tokens and tokens.output,
            cost_usd=price.cost(tokens) if price and tokens else None,
            seconds=seconds,
            first_token_s=first_token_s,
        )

    def _price(self, protocol: WireProtocol) -> Price | None:
        return self._shared.embedding_price if protocol == "embeddings" else self._shared.price

    def _keep_budgets(self, protocol: WireProtocol) -> None:
        for account in (self.account, self._shared.run):
            sentence = account.refusal(self.registration.model.name, self._price(protocol))
            if not sentence:
                continue
            self.account.refused(sentence)
            self._shared.run.refused(sentence)
            if account.owner not in self._refusals:
                # once: an agent that does not take no for an answer must not fill the store
                self._refusals.add(account.owner)
                self._enter(
                    number=next(self._numbers), at=time.time(), protocol=protocol, status=400, failure=REFUSED_BUDGET
                )
            raise Refused(400, REFUSED_BUDGET, f"budget exceeded: {sentence}")

    def _enter(self, **fields: Any) -> None:
        registration = self.registration
        self._shared.ledger.add(
            Entry(
                trial_id=registration.trial_id,
                epoch=registration.epoch,
                run_id=registration.run_id,
                model=registration.model.name,
                **fields,
            )
        )
