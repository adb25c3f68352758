"""Cassettes: a trial's exchanges with its model as JSON lines, and exact answers from them."""

import json
import os
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from rexlab.errors import InputError
from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.failures import ProviderError, Refused
from rexlab.gateway.scrub import Scrubber
from rexlab.gateway.upstream import Call, Reply

VOLATILE = ("metadata", "client_metadata", "user", "prompt_cache_key", "safety_identifier", "stream_options")
"""Fields of a request that differ from one time to the next and change no answer."""
DIVERGED = "replay_divergence"
_SHOWN = 160


class Diverged(Refused):
    """A request is not among those that were recorded and not yet played."""

    def __init__(self, message: str) -> None:
        super().__init__(400, DIVERGED, message)


@dataclass(frozen=True)
class Recording:
    """One exchange."""

    protocol: WireProtocol
    request: dict[str, Any]
    """Without the volatile fields."""
    status: int
    """200, or the HTTP status with which the provider refused the request."""
    document: dict[str, Any] | None
    events: str | None
    """The whole stream, as text."""


class Recorder:
    """Writes a trial's cassette. A line is written at once: killed at any moment, whole lines remain."""

    def __init__(self, path: Path, scrubber: Scrubber, *, anew: bool) -> None:
        """``anew``: what an earlier claim of the trial recorded goes.

        Raises:
            OSError: it cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | (os.O_TRUNC if anew else 0)
        self._descriptor = os.open(path, flags, 0o600)
        self._scrubber = scrubber

    def add(
        self,
        protocol: WireProtocol,
        body: Mapping[str, Any],
        status: int,
        document: dict[str, Any] | None,
        events: bytes,
    ) -> None:
        """Append an exchange."""
        line = json.dumps(
            {
                "protocol": protocol,
                "request": _canonical(body),
                "status": status,
                "document": document,
                "events": None if document is not None else events.decode("utf-8", "replace"),
            },
            ensure_ascii=False,
        )
        data = memoryview(self._scrubber.text(line).encode("utf-8", "backslashreplace") + b"\n")
        while data:
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        os.close(self._descriptor)


class ReplayUpstream:
    """Answers a request with the recording of the very same request, the oldest one not yet played."""

    def __init__(self, path: Path, played: set[int]) -> None:
        """Read the cassette; ``played`` are the positions that this claim of the trial has had, and will hold more.

        Raises:
            InputError: there is none, or it is not one.
        """
        self._recordings = _load(path)
        self._name = path.name
        self._played = played
        self._waiting: dict[str, deque[int]] = defaultdict(deque)
        for position, recording in enumerate(self._recordings):
            if position not in played:
                self._waiting[_key(recording.protocol, recording.request)].append(position)

    async def answer(self, call: Call) -> Reply:
        request = _canonical(call.body)
        waiting = self._waiting.get(_key(call.protocol, request))
        if not waiting:
            raise Diverged(self._explain(call, request))
        position = waiting.popleft()
        self._played.add(position)
        recording = self._recordings[position]
        if recording.status != 200:
            raise _refusal(recording)
        if recording.events is not None:
            return Reply(events=_once(recording.events.encode()))
        return Reply(document=recording.document)

    def _explain(self, call: Call, request: Mapping[str, Any]) -> str:
        expected = next((r for i, r in enumerate(self._recordings) if i not in self._played), None)
        where = f"call {call.number} is not what was recorded in {self._name}"
        if expected is None:
            return f"{where}: all {len(self._recordings)} recorded calls have been played"
        if expected.protocol != call.protocol:
            return f"{where}: it is a {call.protocol} request, the next recorded one a {expected.protocol} request"
        place, recorded, asked = _difference(expected.request, request, "") or ("", "the same, already played", "")
        return f"{where}: {place or 'the request'} was {recorded}, and is now {asked}"


async def _once(text: bytes) -> AsyncIterator[bytes]:
    yield text


def _refusal(recording: Recording) -> Exception:
    error = (recording.document or {}).get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return ProviderError(recording.status, str(message), recording.document, {})


def _canonical(body: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in body.items() if k not in VOLATILE}


def _key(protocol: WireProtocol, request: Mapping[str, Any]) -> str:
    return sha256(f"{protocol}\0{json.dumps(request, sort_keys=True)}".encode()).hexdigest()


def _load(path: Path) -> list[Recording]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"cassette {path} cannot be read: {error.strerror}; record it first") from error
    recordings = []
    for number, line in enumerate(text.split(b"\n")[:-1], 1):  # what follows the last line end was not written whole
        try:
            recordings.append(Recording(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise InputError(f"cassette {path}, line {number} is not a recorded call: {error}") from error
    return recordings


def _difference(recorded: Any, asked: Any, place: str) -> tuple[str, str, str] | None:
    """The first place at which two JSON values differ, and what stands there in either."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in [*recorded, *(k for k in asked if k not in recorded)]:
            inner = f"{place}.{key}" if place else str(key)
            if key not in recorded or key not in asked:
                return inner, _show(recorded.get(key)), _show(asked.get(key))
            if found := _difference(recorded[key], asked[key], inner):
                return found
        return None
    if isinstance(recorded, list) and isinstance(asked, list):
        for index, (one, other) in enumerate(zip(recorded, asked, strict=False)):
            if found := _difference(one, other, f"{place}[{index}]"):
                return found
        if len(recorded) != len(asked):
            index = min(len(recorded), len(asked))
            return f"{place}[{index}]", _show(_at(recorded, index)), _show(_at(asked, index))
        return None
    if recorded == asked and type(recorded) is type(asked):
        return None
    if isinstance(recorded, str) and isinstance(asked, str):
        pairs = enumerate(zip(recorded, asked, strict=False))
        same = next((i for i, (one, other) in pairs if one != other), min(len(recorded), len(asked)))
        start = max(0, same - 20)
        return f"{place} (character {same})", _show(recorded[start:]), _show(asked[start:])
    return place, _show(recorded), _show(asked)


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None


def _show(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
