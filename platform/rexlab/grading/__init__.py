"""Grading: a patch's experiments run again in fresh sandboxes, their numbers read strictly, a verdict."""
