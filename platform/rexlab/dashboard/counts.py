"""Counts in words."""


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 trial``, ``2,000 trials``; the plural is given where it takes more than an s."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"
