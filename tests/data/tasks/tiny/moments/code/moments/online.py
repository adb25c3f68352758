"""Moments of a stream."""


class Welford:
    """Running count, mean and sum of squared deviations."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self.squares = 0.0

    def push(self, number: float) -> None:
        """Take one more number in."""
        self.count += 1
        before = number - self.mean
        self.mean += before / self.count
        self.squares += before * (number - self.mean)
