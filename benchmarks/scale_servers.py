"""Real servers for `scale.py`: those of the tests."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.postgres import Postgres, postgres_server  # noqa: E402  (the path comes first)
from tests.support.redis import RedisServer, redis_server  # noqa: E402

__all__ = ["ROOT", "Postgres", "RedisServer", "both_servers"]


@contextmanager
def both_servers(folder: Path) -> Iterator[tuple[Postgres, RedisServer]]:
    """A PostgreSQL and a Redis, both empty; ended at the end."""
    with postgres_server() as postgres, redis_server(folder / "redis") as broker:
        yield postgres, broker
