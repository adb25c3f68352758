"""Takes secrets out of whatever leaves the gateway: provider keys and trial tokens, whoever repeats them."""

import base64
import re
from collections.abc import Mapping
from urllib.parse import quote

SECRET_NAME = re.compile(r"(KEY|KEYS|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS)$")
"""Environment variables whose values are secrets."""
_SHORTEST = 6
"""A shorter value is a word: taking it out everywhere would garble answers, and hide nothing."""
MARK = "[secret]"


class Scrubber:
    """Knows the secrets of this process; new ones are added as trials are opened."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._forms: set[str] = set()
        for name, value in environment.items():
            if SECRET_NAME.search(name.upper()):
                self.add(value)

    def add(self, secret: str) -> None:
        """Take this one out as well, also where it was quoted for a URL or encoded for a header."""
        if len(secret) >= _SHORTEST:
            encoded = base64.b64encode(secret.encode()).decode()
            self._forms |= {secret, quote(secret, safe=""), encoded.rstrip("=")}

    def text(self, text: str) -> str:
        """The text without secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MARK)
        return text

    def data(self, data: bytes) -> bytes:
        """Bytes without secrets, as far as each stands in one piece."""
        for form in self._forms:
            encoded = form.encode()
            if encoded in data:
                data = data.replace(encoded, MARK.encode())
        return data
