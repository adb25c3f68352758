"""A model server on a real socket whose answers a test decides, request by request."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Raw:
    """An answer as bytes for the wire. ``length`` other than the body's own is a lie: the connection ends early."""

    status: int = 200
    body: bytes = b"{}"
    length: int | None = None
    drop: bool = False
    """Close the connection without a word."""


Responder = Callable[[str, dict[str, Any]], "str | dict[str, Any] | Raw"]
"""Takes path and body of a request; a text is a chat completion, a dict a whole document."""


@dataclass
class StubModel:
    """What was asked, and where to ask."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        return {"OPENAI_BASE_URL": self.url, "OPENAI_API_KEY": "token-of-the-trial", "REXLAB_MODEL": "stub"}


def completion(text: str) -> dict[str, Any]:
    """A chat completion of a model that counts 100 tokens in, 40 of them cached, and 10 out."""
    return {
        "id": "c",
        "object": "chat.completion",
        "model": "stub",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}},
    }


def refusal(status: int, message: str, code: str = "") -> Raw:
    """An error in OpenAI's form."""
    return Raw(status, json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode())


@contextmanager
def serve(respond: Responder) -> Iterator[StubModel]:
    """Answer requests with ``respond`` until the context ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model.requests.append(body)
            model.headers.append(dict(self.headers))
            said = respond(self.path, body)
            if isinstance(said, str):
                said = completion(said)
            raw = said if isinstance(said, Raw) else Raw(body=json.dumps(said).encode())
            self.close_connection = True
            if raw.drop:
                return
            self.send_response(raw.status)
            self.send_header("Content-Length", str(len(raw.body) if raw.length is None else raw.length))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # the client may have gone
                self.wfile.write(raw.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    model = StubModel(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
