"""How many trials a comparison of two agents needs, before anything is run."""

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist


@dataclass(frozen=True)
class PowerPlan:
    """Trials per agent to see a difference."""

    unpaired: int
    """Each agent on variants of its own."""
    paired: int
    """Both agents on the same variants."""
    design_effect: float
    """By how much clustering multiplies the number of trials."""


def plan_power(
    baseline: float,
    delta: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    correlation: float = 0.5,
    per_paper: int = 1,
    intraclass: float = 0.0,
) -> PowerPlan:
    """Trials per agent that show ``delta`` with this power in a two-sided test.

    Unpaired: n = (z_a sqrt(2 p q) + z_b sqrt(p1 q1 + p2 q2))² / delta², with p the mean of p1 and p2 (Fleiss, Levin and
    Paik, Statistical Methods for Rates and Proportions, 2003, equation 4.14). Paired, McNemar's test: with discordant
    share psi = p1 q2 + p2 q1 - 2 r sqrt(p1 q1 p2 q2), n = (z_a sqrt(psi) + z_b sqrt(psi - delta²))² / delta² (Connor,
    Biometrics 43, 1987). Both are multiplied by the design effect 1 + (m - 1) rho of m trials a paper (Kish 1965).

    Args:
        baseline: Success rate of the one agent.
        delta: How much the other's differs, of either sign.
        power: Probability of seeing it.
        alpha: Two-sided significance level.
        correlation: Of the two agents' success on one variant.
        per_paper: m, trials per agent on one paper.
        intraclass: rho, correlation of trials of one paper.

    Raises:
        ValueError: a rate leaves 0 to 1, there is no difference, or the correlation is impossible for these rates.
    """
    other = baseline + delta
    if not 0 < baseline < 1 or not 0 < other < 1:
        raise ValueError(f"success rates lie between 0 and 1; these are {baseline:g} and {other:g}")
    if delta == 0:
        raise ValueError("a difference of 0 cannot be seen with any number of trials")
    if not 0 < alpha < 1 or not 0 < power < 1 or not 0 <= intraclass <= 1 or per_paper < 1:
        raise ValueError("alpha, power and the intraclass correlation lie between 0 and 1, trials per paper from 1 up")
    z_a, z_b = NormalDist().inv_cdf(1 - alpha / 2), NormalDist().inv_cdf(power)
    mean = (baseline + other) / 2
    variance = baseline * (1 - baseline) + other * (1 - other)
    unpaired = (z_a * sqrt(2 * mean * (1 - mean)) + z_b * sqrt(variance)) ** 2 / delta**2
    common = correlation * sqrt(baseline * (1 - baseline) * other * (1 - other))
    discordant = baseline * (1 - other) + other * (1 - baseline) - 2 * common
    if not -1 <= correlation <= 1 or discordant < abs(delta):
        raise ValueError(
            f"two agents with success rates {baseline:g} and {other:g} cannot correlate by {correlation:g}"
        )
    paired = (z_a * sqrt(discordant) + z_b * sqrt(discordant - delta**2)) ** 2 / delta**2
    effect = 1 + (per_paper - 1) * intraclass
    return PowerPlan(ceil(unpaired * effect), ceil(paired * effect), effect)
