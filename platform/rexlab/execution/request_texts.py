"""Lists as people write them in options: names separated by commas, and numbers with ranges."""

from rexlab.errors import InputError


def split_names(text: str) -> list[str]:
    """``a, b`` as a list; what is empty is left out."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parse_counts(text: str, option: str = "--masks") -> list[int]:
    """``1,2,3`` or ``1..5`` or both, as sorted numbers; ``option`` is named in the complaint.

    Raises:
        InputError: it is neither.
    """
    wanted = f"{option} {text}: give numbers such as 1,2,3 or a range such as 1..5"
    numbers: set[int] = set()
    for part in split_names(text):
        first, dots, last = part.partition("..")
        try:
            low, high = int(first), int(last if dots else first)
        except ValueError as error:
            raise InputError(wanted) from error
        if not 0 <= low <= high or high - low > 1000:
            raise InputError(f"{option} {text}: {part} is not a range of numbers from 0 up")
        numbers.update(range(low, high + 1))
    if not numbers:
        raise InputError(f"{option} is empty: give numbers such as 1,2,3 or a range such as 1..5")
    return sorted(numbers)
