"""Names of models that can be suggested to a user; any other can be named as well."""

import json
import re
from functools import cache
from pathlib import Path

from rexlab.gateway.contract import SCRIPTED
from rexlab.gateway.prices import Prices, price_list
from rexlab.gateway.scripted.behaviours import BEHAVIOURS

_PROVIDERS = ("anthropic", "openai")
_SPECIAL = re.compile(r"^ft:|/|\d{4}-\d\d|\d{8}|-\d{4}|audio|search|preview|latest|research|cyber")
"""Fine-tuned and dated versions of others, and what is no agent's model."""


def known_models(prices_file: Path) -> list[str]:
    """The scripted models, those with a price in ``prices.toml``, and well-known ones that can call tools.

    Raises:
        InputError: the file is not what ``prices.toml`` should be.
    """
    scripted = [SCRIPTED, *(f"{SCRIPTED}/{name}" for name in BEHAVIOURS)]
    own = [name for name in Prices(prices_file).overridden if "/" in name]
    return list(dict.fromkeys([*scripted, *own, *_listed()]))


@cache
def _listed() -> tuple[str, ...]:
    file = price_list()
    listed = json.loads(file.read_bytes()) if file else {}
    return tuple(
        sorted(
            f"{entry['litellm_provider']}/{name}"
            for name, entry in listed.items()
            if entry.get("litellm_provider") in _PROVIDERS
            and entry.get("mode") in ("chat", "responses")
            and entry.get("supports_function_calling")
            and not _SPECIAL.search(name)
        )
    )
