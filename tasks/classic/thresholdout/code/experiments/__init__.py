"""Command line experiments."""
