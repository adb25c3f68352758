"""Checks: what a measured value must satisfy, and by how much it does.

A check looks at each value on its own, never at a mean over metrics: a mean lets one metric be far off as long as the
others agree.
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Values = float | list[float]


class _Check(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def targets(self, count: int) -> list[float]:
        """The target of each of ``count`` values, in order."""
        target: Values = getattr(self, "target", 0.0)
        return list(target) if isinstance(target, list) else [target] * count

    def tolerance_at(self, target: float) -> float:
        """Largest distance from ``target``, in the metric's unit, that still passes."""
        raise NotImplementedError

    def margin(self, observed: float, target: float) -> float:
        """Distance to the edge of what passes, in the metric's unit: positive or zero inside, negative outside."""
        return self.tolerance_at(target) - abs(observed - target)

    def passes(self, observed: float, target: float) -> bool:
        """Whether ``observed`` is inside; NaN and infinities never are."""
        return math.isfinite(observed) and self.margin(observed, target) >= 0


class Exact(_Check):
    """The value equals the target: for counts and other integers."""

    kind: Literal["exact"]
    target: Values

    def tolerance_at(self, target: float) -> float:
        return 0.0


class Absolute(_Check):
    """|observed - target| <= tolerance."""

    kind: Literal["absolute"]
    target: Values
    tolerance: float = Field(gt=0)

    def tolerance_at(self, target: float) -> float:
        return self.tolerance


class Relative(_Check):
    """|observed - target| <= tolerance * |target|; a target of zero is an error, for it would allow nothing."""

    kind: Literal["relative"]
    target: Values
    tolerance: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _no_zero_target(self) -> "Relative":
        if 0.0 in (self.target if isinstance(self.target, list) else [self.target]):
            raise ValueError("a relative check cannot have the target 0; use kind = 'absolute' with a tolerance")
        return self

    def tolerance_at(self, target: float) -> float:
        return self.tolerance * abs(target)


class Sigma(_Check):
    """|observed - mean| <= k * sd, with mean and sd from the calibration's reference runs."""

    kind: Literal["sigma"]
    mean: float
    sd: float = Field(gt=0)
    k: float = Field(gt=0)

    def targets(self, count: int) -> list[float]:
        return [self.mean] * count

    def tolerance_at(self, target: float) -> float:
        return self.k * self.sd


class Interval(_Check):
    """low <= observed <= high; the target shown is the middle."""

    kind: Literal["interval"]
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> "Interval":
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self

    def targets(self, count: int) -> list[float]:
        return [(self.low + self.high) / 2] * count

    def tolerance_at(self, target: float) -> float:
        return (self.high - self.low) / 2

    def margin(self, observed: float, target: float) -> float:
        return min(observed - self.low, self.high - observed)


class Greater(_Check):
    """observed > bound."""

    kind: Literal["greater"]
    bound: float

    def targets(self, count: int) -> list[float]:
        return [self.bound] * count

    def tolerance_at(self, target: float) -> float:
        return 0.0

    def margin(self, observed: float, target: float) -> float:
        return observed - self.bound

    def passes(self, observed: float, target: float) -> bool:
        return math.isfinite(observed) and observed > self.bound


class Less(_Check):
    """observed < bound."""

    kind: Literal["less"]
    bound: float

    def targets(self, count: int) -> list[float]:
        return [self.bound] * count

    def tolerance_at(self, target: float) -> float:
        return 0.0

    def margin(self, observed: float, target: float) -> float:
        return self.bound - observed

    def passes(self, observed: float, target: float) -> bool:
        return math.isfinite(observed) and observed < self.bound


Check = Annotated[Exact | Absolute | Relative | Sigma | Interval | Greater | Less, Field(discriminator="kind")]
