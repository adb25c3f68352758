"""The kit and our own harnesses can be imported as in a sandbox."""

from tests.agents.launched import gateway, launch  # noqa: F401
from tests.kit import kit_path  # noqa: F401
