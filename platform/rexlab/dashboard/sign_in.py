"""Sign-in by a shared token, in front of everything the web UI serves: pages, files and the live connection alike.

Who gives the token once gets a signed cookie that scripts cannot read; without it there is nothing but the form.
"""

import asyncio
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from urllib.parse import quote

from itsdangerous import BadSignature, TimestampSigner
from jinja2 import Environment
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
_OPEN = frozenset({SIGN_IN, "/_stcore/health"})
"""Answered without a cookie: the form, and whether the server is alive, for whoever watches over it."""
_COOKIE = "rexlab_session"
_VALID_S = 30 * 24 * 3600
_WRONG_S = 1.0
"""A wrong token is answered so late, one after the other: guessing gets nowhere."""
_MAX_FORM = 4_096
_FORM = Environment(autoescape=True).from_string((Path(__file__).parent / "sign_in.html.j2").read_text("utf-8"))


class Door:
    """The token, and the cookies that it signs."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._signer = TimestampSigner(token, salt="rexlab-ui", digest_method=sha256)
        self._wrong = asyncio.Lock()

    def routes(self) -> list[Route]:
        """The form, and the way out."""
        return [
            Route(SIGN_IN, self._sign_in, methods=["GET", "POST"]),
            Route(SIGN_OUT, self._sign_out, methods=["GET"]),
        ]

    def opens_to(self, connection: HTTPConnection) -> bool:
        """Whether it brings a cookie that this token signed, and not too long ago."""
        try:
            self._signer.unsign(connection.cookies.get(_COOKIE, ""), max_age=_VALID_S)
        except BadSignature:
            return False
        return True

    async def _sign_in(self, request: Request) -> Response:
        wanted = _local(request.query_params.get("next", "/"))
        if request.method == "GET":
            return self._form(wanted)
        if int(request.headers.get("content-length") or 0) > _MAX_FORM:
            return self._form(wanted, "That is no token.", 413)
        async with request.form(max_fields=2) as form:
            given = str(form.get("token", ""))
        # digests have one length, so that the comparison tells nothing about the token's
        if not compare_digest(sha256(given.encode()).digest(), sha256(self._token.encode()).digest()):
            async with self._wrong:
                await asyncio.sleep(_WRONG_S)
            return self._form(wanted, "That is not the token of this server.", 403)
        answer = RedirectResponse(wanted, 303)
        answer.set_cookie(
            _COOKIE,
            self._signer.sign(b"signed-in").decode(),
            max_age=_VALID_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    async def _sign_out(self, _request: Request) -> Response:
        answer = RedirectResponse(SIGN_IN, 303)
        answer.delete_cookie(_COOKIE)
        return answer

    @staticmethod
    def _form(wanted: str, problem: str = "", status: int = 200) -> Response:
        page = _FORM.render(action=f"{SIGN_IN}?next={quote(wanted, safe='/')}", problem=problem)
        return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})


class OnlySignedIn:
    """Lets nobody past who has not signed in: people are sent to the form, everything else is refused."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in _OPEN or self._door.opens_to(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4401, "reason": "sign in first"})
        else:
            await self._refusal(Request(scope))(scope, receive, send)

    @staticmethod
    def _refusal(request: Request) -> Response:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{SIGN_IN}?next={quote(request.url.path + query, safe='/')}", 303)
        return Response("sign in first", 401)


def _local(address: str) -> str:
    """A path on this server, whatever was asked for."""
    fine = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if fine else "/"
