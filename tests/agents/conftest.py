"""The kit and our own harnesses can be imported as in a sandbox."""

from tests.kit import kit_path  # noqa: F401
