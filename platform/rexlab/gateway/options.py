"""What a gateway process is started with. It holds no keys: those come from the process's environment alone."""

import random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PRICES = "prices.toml"
"""Name of the price file in the home."""
Mode = Literal["live", "record", "replay"]


class RetryPolicy(BaseModel):
    """How often and how patiently a call is repeated that failed for the provider's reasons."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(default=8, ge=1)
    """The first one included."""
    first_delay_s: float = Field(default=1.0, ge=0)
    """Doubled with every further attempt."""
    max_delay_s: float = Field(default=30.0, ge=0)
    max_retry_after_s: float = Field(default=60.0, ge=0)
    """Longest wait that a provider's ``Retry-After`` may ask for."""

    def delay(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after the given attempt, from 1, has failed.

        Exponential backoff with jitter between half and the whole of it, so that trials that failed together do not
        come back together; never sooner than the provider asked for.
        """
        backoff = min(self.first_delay_s * 2.0 ** (attempt - 1), self.max_delay_s)
        jittered = backoff * random.uniform(0.5, 1.0)  # noqa: S311  (nothing here is secret)
        return max(jittered, min(retry_after or 0.0, self.max_retry_after_s))


class GatewayOptions(BaseModel):
    """Where a gateway listens, what it does with calls, where it keeps what it metered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    control: str
    """Path of the control socket."""
    mode: Mode = "live"
    """``record`` writes every exchange to the trial's cassette, ``replay`` answers from it and asks no provider."""
    cassettes: str = ""
    """Folder of the cassettes; needed to record and to replay."""
    prices: str = ""
    """A ``prices.toml`` that goes before litellm's price list; one that does not exist says nothing."""
    database_url: str = ""
    """Store that takes every call; empty: calls are kept in memory, for use by hand."""
    retry: RetryPolicy = RetryPolicy()
