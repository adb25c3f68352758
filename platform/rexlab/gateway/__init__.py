"""The only door to a model: one socket and one token per trial, metered, budgeted, recorded or replayed."""
