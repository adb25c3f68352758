"""What the gateway costs: the time it adds to a call and to its first token, and its memory.

    python benchmarks/gateway.py [--streams 32] [--rounds 6] [--tokens 60] [--pace-ms 20]

A provider of our own, in a process of its own, streams tokens at a steady pace. As many clients as --streams ask it at
the same time, in turn directly and through the gateway, round after round, so that what else this machine does hits
both alike. Every figure is of a run made now; compare figures of one invocation only.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import uvloop

from rexlab.gateway.client import GatewayClient
from rexlab.gateway.contract import ModelSpec, Registration
from rexlab.gateway.process import start_gateway
from rexlab.settings import Settings

MODEL = "openai/gpt-4o"
SPREAD_S = 0.5
"""Agents do not all ask in the same millisecond."""
SENT = re.compile(rb'"sent": ?([0-9.]+)')


@dataclass
class Door:
    """Where a client asks: a port or a trial's socket."""

    port: int = 0
    socket: str = ""
    token: str = "none"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection."""
        if self.socket:
            return await asyncio.open_unix_connection(self.socket)
        return await asyncio.open_connection("127.0.0.1", self.port)


@dataclass
class Timing:
    """One streamed call."""

    total_s: float
    first_s: float
    """From the moment the provider sent its first token until the client had it."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--pace-ms", type=float, default=20)
    parser.add_argument("--provider", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.provider is not None:
        serve_provider(arguments.provider)
        return
    print(f"{'figure':58} {'measured':>12}   wanted")
    measure_calls(arguments.streams, arguments.rounds, arguments.tokens, arguments.pace_ms)
    measure_litellm(arguments.streams, arguments.tokens, arguments.pace_ms)


def measure_litellm(streams: int, tokens: int, pace_ms: float) -> None:
    """The same where requests go through litellm, as they do to all providers but OpenAI and Anthropic."""
    with tempfile.TemporaryDirectory(prefix="rexlab-bench-") as folder:
        provider, port = start_provider()
        address = {"DEEPSEEK_API_BASE": f"http://127.0.0.1:{port}/v1", "DEEPSEEK_API_KEY": "sk-benchmark"}
        try:
            with start_gateway(Settings(home=Path(folder)), keep=False, environment=os.environ | address) as gateway:
                sockets = [open_trial(gateway, Path(folder), n, "deepseek/deepseek-chat") for n in range(streams)]
                uvloop.run(one_round(sockets[:1], 1, 0))  # which imports litellm
                bare = uvloop.run(one_round([Door(port)] * streams, tokens, pace_ms))
                gated = uvloop.run(one_round(sockets, tokens, pace_ms))
                memory = gateway_memory()
        finally:
            provider.kill()
            provider.wait()
    added = median(t.total_s for t in gated) - median(t.total_s for t in bare)
    show("through litellm: added to a call", f"{added * 1000:.1f} ms", "(shown)")
    show("through litellm: memory of the gateway (RSS)", f"{memory / 2**20:.0f} MB", "<= 300 MB")


def measure_calls(streams: int, rounds: int, tokens: int, pace_ms: float) -> None:
    """Time added per call and per first token, and the gateway's memory, under concurrent streams."""
    with tempfile.TemporaryDirectory(prefix="rexlab-bench-") as folder:
        provider, port = start_provider()
        environment = {**os.environ, "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "sk-benchmark"}
        try:
            with start_gateway(Settings(home=Path(folder)), keep=False, environment=environment) as gateway:
                sockets = [open_trial(gateway, Path(folder), number) for number in range(streams)]
                direct: list[Timing] = []
                through: list[Timing] = []
                peak = 0
                for number in range(rounds + 1):
                    bare = uvloop.run(one_round([Door(port)] * streams, tokens, pace_ms))
                    gated = uvloop.run(one_round(sockets, tokens, pace_ms))
                    peak = max(peak, gateway_memory())
                    if number:  # the first round opens connections and imports what is imported late
                        direct += bare
                        through += gated
        finally:
            provider.kill()
            provider.wait()
    added = median(t.total_s for t in through) - median(t.total_s for t in direct)
    first = median(t.first_s for t in through) - median(t.first_s for t in direct)
    worst = sorted(t.first_s for t in through)[int(0.95 * len(through))]
    show(f"direct: median call, {streams} streams", f"{median(t.total_s for t in direct) * 1000:.1f} ms", "(beside)")
    show(
        f"through the gateway: median call, {streams} streams",
        f"{median(t.total_s for t in through) * 1000:.1f} ms",
        "",
    )
    show("added to a call, difference of medians", f"{added * 1000:.1f} ms", "<= 8 ms")
    show(
        "direct: first token seen after it was sent, median",
        f"{median(t.first_s for t in direct) * 1000:.1f} ms",
        "(beside)",
    )
    show("added to the first token, difference of medians", f"{first * 1000:.1f} ms", "<= 10 ms")
    show("through the gateway: first token, 95th percentile", f"{worst * 1000:.1f} ms", "")
    show("memory of the gateway (RSS)", f"{peak / 2**20:.0f} MB", "<= 300 MB")


async def one_round(doors: list[Door], tokens: int, pace_ms: float) -> list[Timing]:
    """Every door asked once; the calls begin spread over half a second and then go on side by side."""
    connections = [await door.connect() for door in doors]
    return list(
        await asyncio.gather(
            *(
                one_call(*connection, door.token, tokens, pace_ms, SPREAD_S * number / len(doors))
                for number, (door, connection) in enumerate(zip(doors, connections, strict=True))
            )
        )
    )


async def one_call(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    token: str,
    tokens: int,
    pace_ms: float,
    wait_s: float,
) -> Timing:
    """A streamed chat, with as little of a client as can be: it must not be what is measured."""
    content = f"{tokens} {pace_ms} " + "word " * 2000
    body = json.dumps({"model": "any", "stream": True, "messages": [{"role": "user", "content": content}]}).encode()
    await asyncio.sleep(wait_s)
    began = time.perf_counter()
    writer.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n"
        + f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        + body
    )
    seen, first = b"", 0.0
    while piece := await reader.read(65536):
        seen += piece
        if not first and (found := SENT.search(seen)):
            first = time.time() - float(found[1])
    writer.close()
    if b"[DONE]" not in seen:
        sys.exit(f"a stream ended early: {seen[-500:]!r}")
    return Timing(time.perf_counter() - began, first)


def open_trial(gateway: GatewayClient, folder: Path, number: int, model: str = MODEL) -> Door:
    """A trial's door."""
    place = folder / f"t{number}"
    place.mkdir()
    registration = Registration(
        trial_id=f"t{number}",
        epoch=1,
        run_id="bench",
        socket=str(place / "gateway.sock"),
        model=ModelSpec(name=model),
    )
    return Door(socket=registration.socket, token=gateway.open_trial(registration))


def gateway_memory() -> int:
    """Resident bytes of the gateway, the child of this process that is one."""
    children = psutil.Process().children()
    return sum(c.memory_info().rss for c in children if "rexlab.gateway" in c.cmdline())


def start_provider() -> tuple["subprocess.Popen[str]", int]:
    """The paced provider; its port."""
    process = subprocess.Popen([sys.executable, __file__, "--provider", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def serve_provider(port: int) -> None:
    """Answer every chat with tokens at the pace the message asks for; the first one tells when it was sent."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    from rexlab.gateway.listener import Listener

    def chunk(**fields: Any) -> bytes:
        choices = [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}]
        document = {"id": "c", "object": "chat.completion.chunk", "choices": choices, **fields}
        return b"data: " + json.dumps(document).encode() + b"\n\n"

    async def chat(request: Request) -> Response:
        body = await request.json()
        tokens, pace_ms, _ = body["messages"][-1]["content"].split(" ", 2)

        async def events() -> Any:
            loop = asyncio.get_running_loop()
            due = loop.time()
            for number in range(int(tokens)):
                due += float(pace_ms) / 1000
                await asyncio.sleep(max(0.0, due - loop.time()))
                yield chunk(sent=time.time()) if number == 0 else chunk()
            yield chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
            if (body.get("stream_options") or {}).get("include_usage"):
                yield chunk(choices=[], usage={"prompt_tokens": 2000, "completion_tokens": int(tokens)})
            yield b"data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    async def serve() -> None:
        routes = [Route("/v1/chat/completions", chat, methods=["POST"])]
        found = await Listener(Starlette(routes=routes)).open_port(port)
        print(found, flush=True)
        await asyncio.Event().wait()

    uvloop.run(serve())


def show(figure: str, measured: str, wanted: str) -> None:
    """One line of the table."""
    print(f"{figure:58} {measured:>12}   {wanted}", flush=True)


if __name__ == "__main__":
    main()
