"""The scripted model as an upstream of the gateway: request in, answer out, nothing remembered in between."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from typing import Any, Protocol

from rexlab.gateway.scripted.behaviours import check_behaviour, next_move
from rexlab.gateway.scripted.dialects.registry import choose_dialect
from rexlab.gateway.scripted.failures import broken_connection, fail, is_cut
from rexlab.gateway.scripted.reading import read_talk
from rexlab.gateway.scripted.rendering import chat, messages, responses
from rexlab.gateway.scripted.rendering.embeddings import render_embeddings
from rexlab.gateway.scripted.talk import Move
from rexlab.gateway.upstream import Call, Reply

SLOW_CHARACTERS = 4
"""Of a piece of a slow stream: about a token."""
SLOW_PAUSE_S = 0.02
SLOW_TOTAL_S = 5.0
"""A slow answer takes no longer: the pauses of a long one are shorter."""


class _Renderer(Protocol):
    """What the modules in ``rendering`` have in common."""

    def render_document(self, body: dict[str, Any], move: Move, key: str) -> dict[str, Any]: ...

    def render_events(self, body: dict[str, Any], move: Move, key: str, size: int) -> Iterator[bytes]: ...


_RENDERERS: dict[str, _Renderer] = {"chat": chat, "responses": responses, "messages": messages}


class ScriptedUpstream:
    """Answers by the registration's script; the same request always gets the same answer."""

    async def answer(self, call: Call) -> Reply:
        """The next move of the play that the request's own messages show.

        Raises:
            InputError: the registration's model is no scripted one.
            litellm's exceptions: the behaviour is a provider's failure.
        """
        behaviour = check_behaviour(call.registration.model.name)
        await fail(behaviour, call)
        cut = is_cut(behaviour, call)
        if cut and not (call.stream and call.protocol != "embeddings"):
            raise await broken_connection()
        if call.protocol == "embeddings":
            return Reply(document=render_embeddings(call.body))
        talk = read_talk(call.protocol, call.body)
        move = next_move(behaviour, choose_dialect(talk), talk, call.registration.script)
        renderer, key = _RENDERERS[call.protocol], _key(call.body)
        slow = behaviour == "slow"
        size = SLOW_CHARACTERS if slow else 0
        if call.stream:
            events = list(renderer.render_events(call.body, move, key, size))
            return Reply(events=_send(events, slow, cut))
        if slow:
            pieces = (len(move.text) + sum(len(use.text) for use in move.calls)) // SLOW_CHARACTERS
            await asyncio.sleep(min(SLOW_TOTAL_S, pieces * SLOW_PAUSE_S))
        return Reply(document=renderer.render_document(call.body, move, key))


async def _send(events: list[bytes], slow: bool, cut: bool) -> AsyncIterator[bytes]:
    pause = min(SLOW_PAUSE_S, SLOW_TOTAL_S / len(events)) if slow else 0
    for number, event in enumerate(events):
        if cut and number == (len(events) + 1) // 2:
            raise await broken_connection()
        yield event
        await asyncio.sleep(pause)


def _key(body: dict[str, Any]) -> str:
    """Of an answer's ids: another one for every request of a conversation, the same for a request made again."""
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
