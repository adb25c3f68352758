"""Addresses of databases and buckets without what nobody may read over a shoulder."""

import re

_HIDDEN = "***"
# a password may hold anything that the drivers take unquoted: slashes, question marks, even @
_URL = re.compile(
    r"(?P<scheme>[a-zA-Z][\w+.:-]*://)(?:(?P<user>[^/?:@]*)(?P<password>:[^@]*(?:@[^/?@]*)*)?@)?"
    r"(?P<rest>[^?]*)(?P<query>\?.*)?",
    re.DOTALL,
)
_SECRET_VALUE = re.compile(r"(?i)([?&#][^=&]*(?:pass|pwd|secret|token|key|credential|sig)[^=&]*)=[^&]*")


def without_secrets(url: str) -> str:
    """The URL with its password, and values of its query that are called like one, replaced by ``***``.

    A plain path is returned as it is.
    """
    parts = _URL.fullmatch(url)
    if parts is None:
        return url
    user = ""
    if parts["user"] is not None:
        user = f"{parts['user']}:{_HIDDEN}@" if parts["password"] else f"{parts['user']}@"
    query = _SECRET_VALUE.sub(rf"\1={_HIDDEN}", parts["query"] or "")
    return f"{parts['scheme']}{user}{parts['rest']}{query}"
