"""Rendering: a move in the protocol of the request, whole or as server-sent events."""
