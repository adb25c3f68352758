"""What the gateway and those who use it exchange: models, budgets, registrations, scripts and usage. Plain data."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCRIPTED = "scripted"
"""Provider name of the scripted model: ``scripted`` answers right, ``scripted/NAME`` misbehaves as NAME says."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSpec(_Model):
    """A model and the parameters every request to it gets, whatever the harness asks for."""

    name: str = Field(min_length=1)
    """``provider/model`` as litellm names it (``openai/gpt-4o``, ``anthropic/claude-sonnet-4-5``), or ``scripted``."""
    params: dict[str, Any] = {}
    """``temperature``, ``reasoning_effort``, ``max_tokens`` …"""

    @property
    def simulated(self) -> bool:
        """Nobody thought: its results say nothing about any model."""
        return self.name == SCRIPTED or self.name.startswith(f"{SCRIPTED}/")


class Budget(_Model):
    """What may be spent; None is no limit. The call after the one that reached a limit is refused."""

    usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """A call whose price is unknown is refused under a limit in USD: it could not be kept."""
    tokens: int | None = Field(default=None, gt=0)
    """Input and output together, cached ones included."""
    calls: int | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Time spent on calls, summed; the agent's wall clock has a limit of its own."""


class ScriptedFile(_Model):
    """What the scripted model is to make of one file."""

    path: str
    """Relative to the workspace."""
    before: str | None
    """As the agent finds it; None: it is not there."""
    after: str


class ScriptedFunction(_Model):
    """One masked function, for harnesses that ask for one function at a time."""

    id: str
    path: str
    qualname: str
    source: str
    """The whole ``def``, decorators included, at column 0."""


class Script(_Model):
    """What the scripted model answers with: right or with mistakes, that is for the caller to decide."""

    files: tuple[ScriptedFile, ...] = ()
    functions: tuple[ScriptedFunction, ...] = ()


class Registration(_Model):
    """A trial that may ask a model from now on, until it is closed."""

    trial_id: str
    epoch: int
    """Which claim of the trial: calls of a killed worker's claim are kept beside those of the next."""
    run_id: str
    socket: str
    """Path at which the gateway opens the trial's Unix socket; its folder exists."""
    model: ModelSpec
    budget: Budget = Budget()
    run_budget: Budget = Budget()
    script: Script = Script()
    """For scripted models alone."""
    cassette: str = ""
    """File name, below the gateway's cassette folder, that is recorded to or replayed from."""


class Usage(_Model):
    """What one claim of a trial, or a run, has used."""

    calls: int = 0
    """Calls that reached the model, failed ones included, refused ones not."""
    failures: int = 0
    retries: int = 0
    input_tokens: int = 0
    """Cached ones included."""
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    """None: unknown, because the price of at least one call is."""
    unmetered_calls: int = 0
    """Calls of which the provider did not say, or not to the end, what they used; the numbers above lack them."""
    seconds: float = 0.0
    budget_exceeded: str = ""
    """A sentence when a call was refused for a budget."""
    outage: str = ""
    """A sentence when the last call failed for the provider's reasons, after all retries, and none succeeded since."""


Protocol = Literal["chat", "responses", "messages", "embeddings"]
"""Of a request: OpenAI's chat completions, responses and embeddings, Anthropic's messages."""
