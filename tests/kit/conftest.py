"""The kit can be imported as a harness imports it."""

from tests.kit import kit_path  # noqa: F401
