"""The web UI's server: Streamlit's application behind sign-in, safe headers and a check of who is being addressed."""

import ipaddress
import logging
import socket
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rexlab.dashboard.sign_in import Door, OnlySignedIn
from rexlab.errors import InputError, RexlabError
from rexlab.settings import Settings, bundled

_LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]
_HEADERS = {
    # nothing on a page may ask another server: an agent's text cannot report who read it, should markup ever slip in
    b"content-security-policy": b"default-src 'self'; "
    b"script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; "
    b"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    b"connect-src 'self' data: blob:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'; "
    b"form-action 'self'; object-src 'none'",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
_UPLOAD_MB = 50
_THEME = {
    "theme.light.primaryColor": "#0b62a5",
    "theme.dark.primaryColor": "#6fb7ee",
    "theme.baseRadius": "0.5rem",
    "theme.showWidgetBorder": True,
    "theme.headingFontSizes": ["2.1rem", "1.5rem", "1.2rem", "1.05rem", "1rem", "1rem"],
}


class SafeHeaders:
    """Adds headers that keep pages to themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message.get("headers", [])}
                added = [(name, value) for name, value in _HEADERS.items() if name not in own]
                message = {**message, "headers": [*message.get("headers", []), *added]}
            await send(message)

        await self._app(scope, receive, send_more if scope["type"] == "http" else send)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the web UI until Ctrl-C.

    Raises:
        InputError: the address cannot be used, or would answer strangers without a token.
    """
    token = settings.ui_token.get_secret_value() if settings.ui_token else None
    check_address(host, port, has_token=token is not None)
    middleware = [Middleware(SafeHeaders)]
    door = None
    if token is None:
        # a foreign page whose name is made to lead here would otherwise be taken for ours
        own = f"[{host}]" if ":" in host else host
        middleware.append(Middleware(TrustedHostMiddleware, allowed_hosts=[*_LOCAL_NAMES, own]))
    else:
        door = Door(token)
        middleware.append(Middleware(OnlySignedIn, door=door))
    app = bundled("webui")
    sys.path.insert(0, str(app.parent))
    import streamlit as st

    script = st.App(app / "app.py", middleware=middleware, routes=door.routes() if door else [])
    threading.Thread(target=_warm, args=(app,), daemon=True, name="warm").start()
    script.run(config=_config(host, port))


def check_address(host: str, port: int, *, has_token: bool) -> None:
    """Make sure that the address can be listened at, and that strangers there will be asked for a token.

    Raises:
        InputError: not so; the text says what to do.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, OverflowError, UnicodeError) as error:
        raise InputError(
            f"--host {host}: {getattr(error, 'strerror', None) or error}; give an address of this machine"
        ) from error
    if not ipaddress.ip_address(address[0]).is_loopback and not has_token:
        raise InputError(
            f"--host {host} answers other machines: set REXLAB_UI_TOKEN to a secret that they must give, "
            "or leave --host out"
        )
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise InputError(f"--host {host} --port {port}: {error.strerror}; choose another --port") from error


def _config(host: str, port: int) -> dict[str, Any]:
    return {
        "server.headless": True,
        "server.address": host,
        "server.port": port,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": _UPLOAD_MB,
        "server.showEmailPrompt": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "runner.magicEnabled": False,
        "logger.level": "warning",
        "logger.hideWelcomeMessage": True,
        **_THEME,
    }


def _warm(app: Path) -> None:
    """Import the pages and read the trials while nobody waits for them."""
    try:
        for module in sorted((app / "views").glob("[a-z]*.py")):
            import_module(f"webui.views.{module.stem}")
        import_module("webui.parts.state").view()
    except (ImportError, RexlabError):  # the page that needs it will say so
        logging.getLogger(__name__).exception("not everything could be made ready")
