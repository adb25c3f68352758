"""Where a sampler evaluates the model: decreasing grids of times."""

import numpy as np

from deis.schedule import LinearVPSchedule


def time_grid(
    schedule: LinearVPSchedule, steps: int, t_min: float, t_max: float, kind: str, kappa: float
) -> np.ndarray:
    """``steps + 1`` times from ``t_max`` down to ``t_min``; ``kind`` is "power", "rho" or "log_rho"."""
    share = np.linspace(0, 1, steps + 1)
    if kind == "power":
        return (t_max ** (1 / kappa) * (1 - share) + t_min ** (1 / kappa) * share) ** kappa
    high, low = schedule.rho(t_max), schedule.rho(t_min)
    if kind == "rho":
        ratios = (high ** (1 / kappa) * (1 - share) + low ** (1 / kappa) * share) ** kappa
    else:
        ratios = high ** (1 - share) * low**share
    return schedule.time_of_rho(ratios)
