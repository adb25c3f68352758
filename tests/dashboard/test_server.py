"""Who may open the web UI: addresses, sign-in, and what the server tells a browser to forbid."""

import http.client
import socket
import time
import urllib.parse
from collections.abc import Iterator

import pytest
from tests.support.shell import Shell
from tests.support.site import Site, serving

from rexlab.dashboard.server import check_address
from rexlab.errors import InputError

TOKEN = "correct horse battery staple"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    shell = Shell(tmp_path_factory.mktemp("guarded"), {"REXLAB_UI_TOKEN": TOKEN})
    with serving(shell) as site:
        yield site


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(Shell(tmp_path_factory.mktemp("unguarded"))) as site:
        yield site


def ask(
    site: Site, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(site.url).netloc, timeout=30)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def sign_in(site: Site, token: str, after: str = "/") -> tuple[int, dict[str, str], str]:
    body = urllib.parse.urlencode({"token": token})
    where = f"/sign-in?next={urllib.parse.quote(after, safe='')}"
    return ask(site, where, "POST", body, Content_Type="application/x-www-form-urlencoded")


WEBSOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Key": "x3JJHMbDL1EzLkh9GBhXDw==",
    "Sec_WebSocket_Version": "13",
}


def test_without_signing_in_there_is_nothing_but_the_form(guarded: Site) -> None:
    status, headers, _ = ask(guarded, "/trial?id=r1-00001", Accept="text/html")
    assert (status, headers["location"]) == (303, "/sign-in?next=/trial%3Fid%3Dr1-00001")
    for path in ("/static/js/index.js", "/media/x", "/_stcore/host-config", "/_stcore/upload_file/a/b", "/x"):
        assert ask(guarded, path)[0] == 401, path
    assert ask(guarded, "/_stcore/stream", **WEBSOCKET)[0] == 403
    assert ask(guarded, "/_stcore/health")[0] == 200
    status, _, page = ask(guarded, "/sign-in")
    assert status == 200
    assert 'type="password"' in page
    assert "rexlab_session" not in page


def test_the_token_opens_everything(guarded: Site) -> None:
    status, headers, _ = sign_in(guarded, TOKEN, "/trial?id=r1-00001")
    assert (status, headers["location"]) == (303, "/trial?id=r1-00001")
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert TOKEN not in urllib.parse.unquote(cookie)
    kept = cookie.partition(";")[0]
    status, _, page = ask(guarded, "/", Accept="text/html", Cookie=kept)
    assert (status, "<!DOCTYPE html>".lower() in page.lower()) == (200, True)
    assert ask(guarded, "/_stcore/stream", Cookie=kept, **WEBSOCKET)[0] == 101


def test_a_wrong_token_is_refused_slowly(guarded: Site) -> None:
    began = time.monotonic()
    status, headers, page = sign_in(guarded, TOKEN[:-1])
    assert status == 403
    assert time.monotonic() - began >= 1.0
    assert "set-cookie" not in headers
    assert "not the token of this server" in page
    assert sign_in(guarded, "")[0] == 403


@pytest.mark.parametrize("cookie", ["", "x", "signed-in", "signed-in.aaaa.bbbb", "signed-in.AAAAAA." + "A" * 43])
def test_a_made_up_cookie_is_refused(guarded: Site, cookie: str) -> None:
    assert ask(guarded, "/x", Cookie=f"rexlab_session={cookie}")[0] == 401


def test_a_cookie_of_another_token_is_refused(guarded: Site) -> None:
    from rexlab.dashboard.sign_in import Door

    forged = Door("another token")._signer.sign(b"signed-in").decode()
    right = Door(TOKEN)._signer.sign(b"signed-in").decode()
    assert ask(guarded, "/x", Cookie=f"rexlab_session={forged}")[0] == 401
    assert ask(guarded, "/x", Cookie=f"rexlab_session={right}")[0] != 401


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_signing_in_leads_nowhere_else(guarded: Site, elsewhere: str) -> None:
    assert sign_in(guarded, TOKEN, elsewhere)[1]["location"] == "/"


def test_signing_out_takes_the_cookie_back(guarded: Site) -> None:
    status, headers, _ = ask(guarded, "/sign-out", Cookie="rexlab_session=x", Accept="text/html")
    assert status == 303
    status, headers, _ = sign_in(guarded, TOKEN)
    kept = headers["set-cookie"].partition(";")[0]
    status, headers, _ = ask(guarded, "/sign-out", Cookie=kept)
    assert (status, headers["location"]) == (303, "/sign-in")
    assert 'rexlab_session=""' in headers["set-cookie"]


def test_a_page_may_ask_no_other_server(unguarded: Site) -> None:
    _, headers, _ = ask(unguarded, "/")
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(scheme in policy for scheme in ("http:", "https:", "ws:", "wss:", "*"))
    assert headers["x-content-type-options"] == "nosniff"


def test_without_a_token_only_names_of_this_machine_are_answered(unguarded: Site) -> None:
    assert ask(unguarded, "/", Host="127.0.0.1:1")[0] == 200
    assert ask(unguarded, "/", Host="evil.example")[0] == 400
    assert ask(unguarded, "/_stcore/stream", Host="evil.example", **WEBSOCKET)[0] in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.2", "::1"])
def test_whichever_address_of_this_machine_it_listens_at_is_answered(shell: Shell, host: str) -> None:
    with serving(shell, host=host) as site:
        assert ask(site, "/")[0] == 200
        assert ask(site, "/", Host="evil.example")[0] == 400


def test_strangers_are_answered_only_with_a_token() -> None:
    with pytest.raises(InputError, match="set REXLAB_UI_TOKEN"):
        check_address("0.0.0.0", 0, has_token=False)
    check_address("0.0.0.0", 0, has_token=True)
    check_address("127.0.0.1", 0, has_token=False)


def test_an_address_that_cannot_be_used_is_told() -> None:
    with pytest.raises(InputError, match="give an address of this machine"):
        check_address("no such host", 0, has_token=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="choose another --port"):
            check_address("127.0.0.1", taken.getsockname()[1], has_token=False)


def test_the_command_refuses_in_one_sentence(shell: Shell) -> None:
    assert "set REXLAB_UI_TOKEN" in shell("ui", "--host", "0.0.0.0", code=2).stderr
    shell("ui", "--port", "0", code=2)
