"""What a call costs: litellm's price list as it was installed, and a ``prices.toml`` that goes before it."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rexlab.errors import InputError
from rexlab.gateway.contract import ModelSpec
from rexlab.gateway.tokens import Tokens

_LIST = "model_prices_and_context_window_backup.json"
_TIERS = (100, 128, 200, 256, 272, 512)
"""Thousands of input tokens above which some models cost more."""


@dataclass(frozen=True)
class Price:
    """USD per token."""

    input: float
    output: float
    cached: float
    written: float
    written_1h: float
    reasoning: float
    tiers: tuple[tuple[int, "Price"], ...] = ()
    """Dearer prices for calls with more input tokens than the number before them; ascending."""

    def cost(self, tokens: Tokens) -> float:
        """USD for one call."""
        price = self
        for above, dearer in self.tiers:
            if tokens.input > above:
                price = dearer
        fresh = tokens.input - tokens.cached - tokens.written
        return (
            fresh * price.input
            + tokens.cached * price.cached
            + (tokens.written - tokens.written_1h) * price.written
            + tokens.written_1h * price.written_1h
            + (tokens.output - tokens.reasoning) * price.output
            + tokens.reasoning * price.reasoning
        )


FREE = Price(0, 0, 0, 0, 0, 0)
"""Of the scripted model."""


class _Override(BaseModel):
    """A model's section in ``prices.toml``: USD per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)

    def price(self) -> Price:
        read = self.input if self.cached is None else self.cached
        fresh, read, output = self.input / 1e6, read / 1e6, self.output / 1e6
        return Price(fresh, output, cached=read, written=fresh, written_1h=fresh, reasoning=output)


class Prices:
    """Finds the price of a model."""

    def __init__(self, file: Path | None) -> None:
        """Read the override file, if there is one.

        Raises:
            InputError: it is not what ``prices.toml`` should be.
        """
        self._overrides = _read_overrides(file) if file is not None and file.exists() else {}
        self._known: dict[str, Price | None] = {}

    @property
    def overridden(self) -> list[str]:
        """Names in the override file, in its order."""
        return list(self._overrides)

    def find(self, model: ModelSpec) -> Price | None:
        """The model's price; None when it is in no list."""
        if model.simulated:
            return FREE
        provider, _, bare = model.name.partition("/")
        for name in (model.name, bare):
            if name in self._overrides:
                return self._overrides[name].price()
        if model.name not in self._known:
            self._known[model.name] = _listed(model.name, provider, bare)
        return self._known[model.name]


def _read_overrides(file: Path) -> dict[str, _Override]:
    example = '["openai/gpt-4o"] with input, output and, if need be, cached, in USD per million tokens'
    try:
        return TypeAdapter(dict[str, _Override]).validate_python(tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is not valid TOML: {error}; write sections such as {example}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{file}, {place}: {first['msg']}; write sections such as {example}") from error


def price_list() -> Path | None:
    """litellm's price list; None when it is not installed."""
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / _LIST


def _listed(name: str, provider: str, bare: str) -> Price | None:
    """A model's entry in litellm's list, which is read and let go: it is large, and runs have few models."""
    file = price_list()
    if file is None:
        return None
    prices: Mapping[str, Any] = json.loads(file.read_bytes())
    entry = _entry(prices, name)
    if entry is None:
        entry = _entry(prices, bare)
        if entry is None or not str(entry.get("litellm_provider", "")).startswith(provider):
            return None
    return _price(entry, "", None)


def _entry(prices: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    entry: Mapping[str, Any] | None = prices.get(name)
    return entry if entry is None or "alias_of" not in entry else prices.get(entry["alias_of"])


def _price(entry: Mapping[str, Any], suffix: str, base: Price | None) -> Price | None:
    """The price under keys with the given suffix; what a tier does not name costs what it costs below."""

    def number(key: str, otherwise: float | None) -> float | None:
        value = entry.get(key + suffix)
        return float(value) if isinstance(value, int | float) else otherwise

    given = number("input_cost_per_token", base.input if base else None)
    output = number("output_cost_per_token", base.output if base else None)
    if output is None and entry.get("mode") == "embedding":
        output = 0.0
    if given is None or output is None:
        return None
    # where the cache has no price of its own, what is read from or written to it is input like any other
    cached = number("cache_read_input_token_cost", base.cached if base and base.cached != base.input else given)
    written = number("cache_creation_input_token_cost", base.written if base and base.written != base.input else given)
    hour = number("cache_creation_input_token_cost_above_1hr", base.written_1h if base else written)
    thought = number("output_cost_per_reasoning_token", output)
    assert cached is not None and written is not None and hour is not None and thought is not None
    price = Price(given, output, cached, written, hour, thought)
    if base is not None:
        return price
    tiers = []
    for thousands in _TIERS:
        key = f"_above_{thousands}k_tokens"
        if any(k.endswith(key) for k in entry) and (dearer := _price(entry, key, price)):
            tiers.append((thousands * 1000, dearer))
    return Price(given, output, cached, written, hour, thought, tuple(tiers))
