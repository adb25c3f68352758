"""Runs mini-swe-agent through its Python interface, with its own default prompts."""
