"""A small client for a model behind an OpenAI-style address: chat completions and embeddings, one request at a time."""

import http.client
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

ATTEMPTS = 4
MAX_BYTES = 64_000_000
RETRIED = {408, 409, 429}
FINAL_CODES = {"insufficient_quota", "budget_exceeded"}
"""Error codes that no repetition helps against, whatever the status."""


class ModelError(Exception):
    """The model could not be used; the text is one sentence."""


class Refused(ModelError):
    """The request was turned down: a budget is used up, the context is too long, the token is wrong."""


class Unavailable(ModelError):
    """No answer came, after all attempts."""


@dataclass(frozen=True)
class Answer:
    """A completion and the tokens it took."""

    text: str
    reasoning: str | None
    prompt_tokens: int
    """Cached ones included."""
    completion_tokens: int
    cached_tokens: int
    finish_reason: str | None
    """``stop``, ``length`` …, as the provider says it."""


class Chat:
    """A model that answers messages."""

    def __init__(self, base_url: str, api_key: str, model: str, timeout_s: float = 600, pause_s: float = 0.5) -> None:
        """``base_url`` includes ``/v1``; ``pause_s`` is the wait before the second attempt, doubled each time."""
        url = urlsplit(base_url)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise Unavailable(f"{base_url!r} is no http address of a model")
        self._url = url
        self._key = api_key
        self._model = model
        self._timeout_s = timeout_s
        self._pause_s = pause_s

    @classmethod
    def from_environment(cls, timeout_s: float = 600) -> "Chat":
        """The model of the harness contract: ``OPENAI_BASE_URL``, ``OPENAI_API_KEY``, ``REXLAB_MODEL``.

        Raises:
            Unavailable: the harness was given no model.
        """
        try:
            address, key, model = (os.environ[n] for n in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "REXLAB_MODEL"))
        except KeyError as error:
            raise Unavailable(f"no model was given to this harness: {error} is not set") from error
        return cls(address, key, model, timeout_s)

    def complete(self, messages: Sequence[dict[str, Any]], **params: Any) -> Answer:
        """One answer to the messages.

        Raises:
            Refused, Unavailable: there is none.
        """
        document = self._post("/chat/completions", {"model": self._model, "messages": list(messages), **params})
        try:
            choice = document["choices"][0]
            message = choice["message"]
            usage = document.get("usage") or {}
            return Answer(
                text=message.get("content") or "",
                reasoning=message.get("reasoning_content"),
                prompt_tokens=int(usage.get("prompt_tokens") or 0),
                completion_tokens=int(usage.get("completion_tokens") or 0),
                cached_tokens=int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
                finish_reason=choice.get("finish_reason"),
            )
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise Unavailable(f"the model's answer is no chat completion: {error!r}") from error

    def embeddings(self, texts: Sequence[str], batch: int = 64) -> list[list[float]]:
        """One vector per text.

        Raises:
            Refused, Unavailable: there are none.
        """
        vectors: list[list[float]] = []
        for start in range(0, len(texts), batch):
            part = list(texts[start : start + batch])
            document = self._post("/embeddings", {"model": self._model, "input": part, "encoding_format": "float"})
            try:
                rows = sorted(document["data"], key=lambda row: int(row["index"]))
                found = [[float(x) for x in row["embedding"]] for row in rows]
            except (KeyError, TypeError, ValueError) as error:
                raise Unavailable(f"the model's answer holds no embeddings: {error!r}") from error
            if len(found) != len(part):
                raise Unavailable(f"the model gave {len(found)} embeddings for {len(part)} texts")
            vectors += found
        return vectors

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask until there is an answer or a refusal, ``ATTEMPTS`` times at most."""
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause_s * 2 ** (attempt - 1))
            try:
                status, text = self._exchange(path, json.dumps(body).encode())
            except (OSError, http.client.HTTPException) as error:
                problem = f"the connection broke: {error!r}"
                continue
            if status == 200:
                try:
                    document = json.loads(text)
                except ValueError:
                    problem = "its answer is not JSON"
                    continue
                if isinstance(document, dict):
                    return document
                problem = "its answer is no JSON object"
                continue
            message, code = _complaint(text)
            if status < 500 and (status not in RETRIED or code in FINAL_CODES):
                raise Refused(f"the model refused the request ({status}): {message}")
            problem = f"it answered {status}: {message}"
        raise Unavailable(f"the model gave no answer in {ATTEMPTS} attempts; {problem}")

    def _exchange(self, path: str, body: bytes) -> tuple[int, bytes]:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(self._url.hostname), self._url.port, timeout=self._timeout_s)
        try:
            connection.request(
                "POST",
                self._url.path.rstrip("/") + path,
                body,
                {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"},
            )
            response = connection.getresponse()
            text = response.read(MAX_BYTES + 1)
            if len(text) > MAX_BYTES:
                raise http.client.HTTPException(f"the answer is longer than {MAX_BYTES} bytes")
            if response.length:
                raise http.client.IncompleteRead(text, response.length)
            return response.status, text
        finally:
            connection.close()


def _complaint(text: bytes) -> tuple[str, str]:
    """Message and code of an error answer, in OpenAI's shape or any other."""
    try:
        error = json.loads(text)["error"]
        return str(error["message"])[:500], str(error.get("code") or error.get("type") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return text[:500].decode("utf-8", "replace").strip() or "no reason given", ""
