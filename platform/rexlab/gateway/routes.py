"""A trial's way to its model: scripted, replayed, straight to the provider, or through litellm."""

import os
from typing import Any

import aiohttp

from rexlab.gateway.contract import ModelSpec
from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.passthrough import NativeUpstream
from rexlab.gateway.providers import model_for, native_endpoint
from rexlab.gateway.upstream import Upstream


class Routes:
    """Chooses what answers a request; one for each trial, for a replay has a place in its cassette."""

    def __init__(self, model: ModelSpec, session: aiohttp.ClientSession, replay: Upstream | None) -> None:
        """Find the way.

        Raises:
            InputError: no scripted model has this name.
        """
        self._model, self._session = model, session
        self._fixed = replay
        if model.simulated:
            from rexlab.gateway.scripted.behaviours import check_behaviour
            from rexlab.gateway.scripted.upstream import ScriptedUpstream

            check_behaviour(model.name)
            self._fixed = ScriptedUpstream()

    @property
    def translates(self) -> bool:
        """Whether a request may need litellm."""
        provider = self._model.name.partition("/")[0]
        return self._fixed is None and provider not in ("openai", "anthropic")

    def own(self, protocol: WireProtocol) -> bool:
        """Whether a request goes to the vendor's own service, unchanged."""
        endpoint = native_endpoint(model_for(self._model, protocol), protocol, os.environ)
        return endpoint is not None and endpoint.own

    def upstream(self, protocol: WireProtocol) -> Upstream:
        """What answers requests of this protocol."""
        if self._fixed is not None:
            return self._fixed
        if endpoint := native_endpoint(model_for(self._model, protocol), protocol, os.environ):
            return NativeUpstream(endpoint, self._session)
        from rexlab.gateway.translate import LitellmUpstream

        return LitellmUpstream()

    async def count_tokens(self, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any] | None:
        """What the provider counts; None where nobody does it for free, or the answer could not be replayed."""
        endpoint = native_endpoint(self._model, "messages", os.environ)
        if self._fixed is not None or endpoint is None:
            return None
        return await NativeUpstream(endpoint, self._session).count_tokens(body, headers)
