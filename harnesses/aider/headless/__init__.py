"""Runs aider by its own command line and watches what it asks and answers."""
