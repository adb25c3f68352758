"""Moments of a sample."""
