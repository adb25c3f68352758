"""OpenAI's embeddings: hashed bags of words, so that texts which share words are near each other."""

import base64
import math
import re
import struct
from hashlib import blake2b
from typing import Any

DIMENSIONS = 256
_WORD = re.compile(r"[^\W_]+")


def render_embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """One vector per input: floats, or base64 of little-endian 32-bit floats where the request asks for it."""
    given = body.get("input", "")
    texts = given if isinstance(given, list) and given and not isinstance(given[0], int) else [given]
    size = int(body.get("dimensions") or DIMENSIONS)
    vectors = [embed(text if isinstance(text, str) else " ".join(map(str, text)), size) for text in texts]
    packed = body.get("encoding_format") == "base64"
    tokens = max(1, sum(len(str(text)) for text in texts) // 4)
    return {
        "object": "list",
        "model": str(body.get("model", "scripted")),
        "data": [
            {"object": "embedding", "index": i, "embedding": _pack(v) if packed else v} for i, v in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def embed(text: str, size: int = DIMENSIONS) -> list[float]:
    """A vector of length 1 (of zeros for a text without words): every word counts, with a sign, at its hash."""
    vector = [0.0] * size
    for word in _WORD.findall(text.lower()):
        digest = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
        vector[(digest >> 1) % size] += 1.0 if digest & 1 else -1.0
    norm = math.sqrt(sum(x * x for x in vector))
    return [x / norm for x in vector] if norm else vector


def _pack(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
