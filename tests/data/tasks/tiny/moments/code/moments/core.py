"""Moments of a whole list."""


def mean(numbers: list[float]) -> float:
    """Arithmetic mean."""
    return sum(numbers) / len(numbers)


def variance(numbers: list[float]) -> float:
    """Variance without bias."""
    centre = mean(numbers)
    return sum((number - centre) ** 2 for number in numbers) / (len(numbers) - 1)
