"""Statistics of agents: pure functions on small records; nothing here knows the store."""

from rexlab.stats.rates import Cell, Interval, Rate, TrialFact, tabulate, wilson

__all__ = ["Cell", "Interval", "Rate", "TrialFact", "tabulate", "wilson"]
