"""A broker of the test's own, and a shell whose runs go to workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.redis import RedisServer, redis_server
from tests.support.shell import Shell


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def shell(tmp_path: Path, broker: RedisServer) -> Shell:
    """With a short lease: what a dead worker held is taken up soon."""
    return Shell(tmp_path, {"REXLAB_BROKER_URL": broker.url, "REXLAB_LEASE_S": "2"})
