"""Random numbers that every Python version on every machine draws alike: SHA-256 in counter mode."""

from hashlib import sha256


class Draws:
    """A stream of uniform integers, given by a seed and by what they are drawn for."""

    def __init__(self, *key: object) -> None:
        self._key = "\0".join(str(part) for part in key).encode()
        self._counter = 0

    def below(self, bound: int) -> int:
        """An integer from 0 to ``bound - 1``, each equally likely; ``bound`` may be of any size.

        Raises:
            ValueError: ``bound`` is not positive.
        """
        if bound <= 0:
            raise ValueError(f"nothing can be drawn below {bound}")
        bits = (bound - 1).bit_length()
        while True:
            # Numbers past the bound are drawn again: a remainder would favour the small ones.
            value = self._bits(bits)
            if value < bound:
                return value

    def distinct(self, count: int, bound: int) -> list[int]:
        """``count`` different integers below ``bound``, every such set equally likely, in increasing order.

        Robert Floyd's algorithm: takes time and memory for ``count`` numbers, however large ``bound`` is.
        """
        chosen: set[int] = set()
        for top in range(bound - count, bound):
            value = self.below(top + 1)
            chosen.add(top if value in chosen else value)
        return sorted(chosen)

    def _bits(self, bits: int) -> int:
        wanted = (bits + 7) // 8
        data = b""
        while len(data) < wanted:
            data += sha256(self._key + b"\0" + str(self._counter).encode()).digest()
            self._counter += 1
        return int.from_bytes(data[:wanted], "big") >> (8 * wanted - bits)
