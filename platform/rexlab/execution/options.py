"""What a run's spec says about how its agents are launched: budgets, time, and where models' answers come from."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from rexlab.gateway.contract import Budget
from rexlab.harness.manifest import Harness

Mode = Literal["live", "record", "replay"]


class RunOptions(BaseModel):
    """Part of a run's spec; the defaults are those of runs planned before it existed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    budget: Budget = Budget()
    """Of each trial; what it leaves open, the harness's own budget says."""
    lifted: tuple[str, ...] = ()
    """Limits of the harness's own budget that do not hold in this run."""
    run_budget: Budget = Budget()
    """Of all trials of the run together."""
    agent_timeout: float | None = None
    """Seconds an agent may take, in place of what its harness says."""
    mode: Mode = "live"
    cassettes: str | None = None
    """Folder of the recordings that are made or replayed."""
    attribute: bool = False

    def budget_of(self, harness: Harness) -> Budget:
        """The run's limits over the harness's own."""
        own = harness.manifest.budget.model_dump(exclude=set(self.lifted))
        return Budget(**{**own, **self.budget.model_dump(exclude_none=True)})

    def timeout_of(self, harness: Harness) -> float:
        """Seconds that an agent of this harness may take."""
        return self.agent_timeout or harness.manifest.run.timeout_s


def options_of(spec: Mapping[str, Any]) -> RunOptions:
    """The options in a stored run's spec."""
    return RunOptions.model_validate(dict(spec))
