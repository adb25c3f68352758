"""ATIF, Harbor's agent trajectory interchange format, as a strict model: what every harness's trajectory must fit."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ToolCall(_Model):
    tool_call_id: str = Field(min_length=1)
    function_name: str = Field(min_length=1)
    arguments: dict[str, Any]


class Result(_Model):
    source_call_id: str | None = None
    content: str | None = None


class Observation(_Model):
    results: list[Result] = Field(min_length=1)


class Metrics(_Model):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    cost_usd: float | None = None


class Step(_Model):
    step_id: int
    timestamp: datetime
    source: Literal["system", "user", "agent"]
    message: str
    model_name: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] = []
    observation: Observation | None = None
    metrics: Metrics | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> "Step":
        ids = [call.tool_call_id for call in self.tool_calls]
        assert len(ids) == len(set(ids)), "two tool calls with one id"
        seen = {r.source_call_id for r in self.observation.results} if self.observation else set()
        assert seen <= {*ids, None}, "an observation of no call"
        if self.source != "agent":
            assert not (self.tool_calls or self.metrics or self.model_name or self.reasoning_content)
        return self


class Agent(_Model):
    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    model_name: str
    extra: dict[str, Any] = {}


class FinalMetrics(_Model):
    total_prompt_tokens: int
    total_completion_tokens: int
    total_cached_tokens: int
    total_cost_usd: float | None
    total_steps: int


class Trajectory(_Model):
    """A whole trajectory; validation checks numbering, order of time and totals too."""

    schema_version: Literal["ATIF-v1.4"]
    session_id: str = Field(min_length=1)
    agent: Agent
    steps: list[Step] = Field(min_length=1)
    notes: str | None = None
    final_metrics: FinalMetrics

    @model_validator(mode="after")
    def _adds_up(self) -> "Trajectory":
        assert [step.step_id for step in self.steps] == list(range(1, len(self.steps) + 1))
        times = [step.timestamp for step in self.steps]
        assert times == sorted(times)
        metrics = [step.metrics for step in self.steps if step.metrics]
        assert self.final_metrics.total_prompt_tokens == sum(m.prompt_tokens for m in metrics)
        assert self.final_metrics.total_completion_tokens == sum(m.completion_tokens for m in metrics)
        assert self.final_metrics.total_steps == len(self.steps)
        return self


def stored_trajectories(home: Path) -> list[Trajectory]:
    """The trajectories of all trials of a store, in order."""
    return [
        Trajectory.model_validate_json(p.read_bytes()) for p in sorted(home.rglob("artifacts/*/*/*trajectory.json"))
    ]
