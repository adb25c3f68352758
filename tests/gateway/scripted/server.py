"""The scripted model behind a bare HTTP server, without the gateway: for its tests, and to try a harness by hand.

python -m tests.gateway.scripted.server PORT SCRIPT.json [MODEL]
"""

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from rexlab.gateway.contract import ModelSpec, Protocol, Registration, Script
from rexlab.gateway.scripted.rendering.pieces import count_tokens
from rexlab.gateway.scripted.upstream import ScriptedUpstream
from rexlab.gateway.upstream import Call

PROTOCOLS: dict[str, Protocol] = {
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
    "/v1/embeddings": "embeddings",
}


def registration(script: Script, model: str = "scripted") -> Registration:
    return Registration(trial_id="t", epoch=1, run_id="r", socket="", model=ModelSpec(name=model), script=script)


def application(script: Script, model: str = "scripted") -> Starlette:
    """Every request is a new call, at its first attempt: nobody retries here but the client."""
    upstream, calls = ScriptedUpstream(), iter(range(1, 1_000_000))

    async def answer(request: Request) -> Response:
        body = await request.json()
        call = Call(registration(script, model), PROTOCOLS[request.url.path], body, number=next(calls))
        try:
            reply = await upstream.answer(call)
        except Exception as error:
            status = int(getattr(error, "status_code", 500))
            return JSONResponse({"error": {"message": str(error), "type": type(error).__name__}}, status)
        if reply.events is not None:
            return StreamingResponse(reply.events, media_type="text/event-stream")
        return JSONResponse(reply.document)

    async def count(request: Request) -> Response:
        return JSONResponse({"input_tokens": count_tokens(await request.json())})

    async def models(_request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    return Starlette(
        routes=[
            *(Route(path, answer, methods=["POST"]) for path in PROTOCOLS),
            Route("/v1/messages/count_tokens", count, methods=["POST"]),
            Route("/v1/models", models),
        ]
    )


@contextmanager
def serve(script: Script, model: str = "scripted") -> Iterator[str]:
    """The server in a thread; yields its base URL, without ``/v1``."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(script, model), log_level="critical", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


if __name__ == "__main__":
    play = Script.model_validate_json(Path(sys.argv[2]).read_bytes())
    uvicorn.run(application(play, *sys.argv[3:4]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
