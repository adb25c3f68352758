"""Trials on many machines: Celery carries their ids to workers; who runs what, and what came of it, the store says."""
