"""The broker: Redis, in which trials' ids wait for workers. What is lost with it, the store sends again."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import AuthenticationError, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from rexlab.errors import BrokerError, InputError
from rexlab.settings import Settings

_PATIENCE_S = 2.0
"""Longest that it may take to connect, and to answer."""
_EXAMPLE = "redis://:PASSWORD@HOST:6379/0"


def broker_url(settings: Settings) -> str:
    """The broker's URL, its password included.

    Raises:
        InputError: no broker is set, or its address is none.
    """
    if settings.broker_url is None:
        raise InputError(f"no broker is set; name the cluster's Redis: REXLAB_BROKER_URL={_EXAMPLE}")
    url = settings.broker_url.get_secret_value()
    if not url.startswith(("redis://", "rediss://")):
        raise InputError(f"REXLAB_BROKER_URL is no address of a Redis, as {_EXAMPLE} is")
    try:
        Redis.from_url(url).close()  # connects to nothing yet
    except ValueError as error:
        raise InputError(f"REXLAB_BROKER_URL is no address of a Redis, as {_EXAMPLE} is: {error}") from error
    return url


def connect(settings: Settings) -> Redis:
    """A client, connected when it is first used; as a context manager it closes itself.

    Raises:
        InputError: no broker is set, or its address is none.
    """
    url = broker_url(settings)
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S, retry=once)


@contextmanager
def answers(client: Redis) -> Iterator[None]:
    """What is asked of the broker in this block is answered.

    Raises:
        BrokerError: it does not answer, or refuses.
    """
    try:
        yield
    except AuthenticationError as error:
        raise BrokerError(f"the broker at {place(client)} refuses the password: check REXLAB_BROKER_URL") from error
    except RedisError as error:
        raise BrokerError(
            f"the broker at {place(client)} does not answer: {error}; is REXLAB_BROKER_URL right, and Redis up?"
        ) from error


def check_broker(settings: Settings) -> None:
    """Ask the broker whether it is there.

    Raises:
        InputError: no broker is set, or its address is none.
        BrokerError: it does not answer within seconds, or refuses the password.
    """
    with connect(settings) as client, answers(client):
        client.ping()


def place(client: Redis) -> str:
    """Where it is, without user and password: for people."""
    known = client.get_connection_kwargs()
    return str(known.get("path") or f"{known.get('host', 'localhost')}:{known.get('port', 6379)}")
