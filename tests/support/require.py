"""Skip a test whose sandbox is missing here, or fail it where the machine promised to have it.

    from tests.support.require import require

    def test_something():
        require("docker")

``REXLAB_REQUIRE=docker,bubblewrap`` in the environment makes a missing one a failure. What was skipped is said again,
with the remedy, at the end of the test run. Tests may also ask for the fixture ``require``, which is the same function.
"""

import os
from dataclasses import dataclass
from functools import cache

import pytest

from rexlab.sandbox import Availability, SandboxBackend, backend


@dataclass(frozen=True)
class Missing:
    """Something this machine lacks."""

    name: str
    why: str
    remedy: str


missing: dict[str, Missing] = {}
"""What tests asked for in vain, for the summary."""


@cache
def _check(name: str) -> Availability:
    return backend(name).check()


def demanded() -> set[str]:
    """What must not be missing, by the environment."""
    return {name.strip() for name in os.environ.get("REXLAB_REQUIRE", "").split(",") if name.strip()}


def require(name: str) -> SandboxBackend:
    """The sandbox backend of that name; ends the test when it does not work here."""
    availability = _check(name)
    if not availability.ok:
        lacking(name, availability.detail, availability.remedy)
    return backend(name)


def lacking(name: str, why: str, remedy: str) -> None:
    """End the test because ``name`` is missing: skipped, or failed where it is demanded."""
    missing[name] = Missing(name, why, remedy)
    if name in demanded():
        pytest.fail(f"REXLAB_REQUIRE demands {name}, but: {why}. {remedy}", pytrace=False)
    pytest.skip(f"{name}: {why}")
