"""The ``rexlab`` command. Modules here are thin, and import what they need only when a command runs."""

from rexlab.cli.app import main

__all__ = ["main"]
