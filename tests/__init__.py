"""A package, so that tests can import from ``tests.support``."""
