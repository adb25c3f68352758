"""The control socket: the platform's own processes open and close trials here. Nobody else can reach it."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rexlab.errors import InputError, RexlabError
from rexlab.gateway.contract import Registration
from rexlab.gateway.server import Gateway


class Claim(BaseModel):
    """Names one claim of a trial."""

    model_config = ConfigDict(extra="forbid")

    trial_id: str
    epoch: int


class RunName(BaseModel):
    """Names a run."""

    model_config = ConfigDict(extra="forbid")

    run_id: str


def control_app(gateway: Gateway) -> Starlette:
    """The application of the control socket."""

    async def open_trial(request: Request) -> Response:
        registration = Registration.model_validate_json(await request.body())
        return JSONResponse({"token": await gateway.open_trial(registration)})

    async def close_trial(request: Request) -> Response:
        claim = Claim.model_validate_json(await request.body())
        return JSONResponse((await gateway.close_trial(claim.trial_id, claim.epoch)).model_dump())

    async def usage(request: Request) -> Response:
        claim = Claim.model_validate_json(await request.body())
        return JSONResponse(gateway.usage(claim.trial_id, claim.epoch).model_dump())

    async def run_usage(request: Request) -> Response:
        run = RunName.model_validate_json(await request.body())
        return JSONResponse((await gateway.run_usage(run.run_id)).model_dump())

    async def health(request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, ValidationError):
            first: Any = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            return _error("input", f"{request.url.path}: {place}: {first['msg']}")
        return _error("input" if isinstance(error, InputError) else "gateway", str(error))

    return Starlette(
        routes=[
            Route("/open", open_trial, methods=["POST"]),
            Route("/close", close_trial, methods=["POST"]),
            Route("/usage", usage, methods=["POST"]),
            Route("/run_usage", run_usage, methods=["POST"]),
            Route("/health", health, methods=["GET"]),
        ],
        exception_handlers={RexlabError: refused, ValidationError: refused},
    )


def _error(kind: str, message: str) -> Response:
    text = json.dumps({"kind": kind, "error": message})
    return Response(text, 400 if kind == "input" else 500, media_type="application/json")
