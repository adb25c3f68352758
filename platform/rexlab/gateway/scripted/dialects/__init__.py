"""Dialects: the form in which each harness wants its answers."""
