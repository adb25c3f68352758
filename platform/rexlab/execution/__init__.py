"""Execution: plan a run, dispatch its trials, run one, grade again, prove and calibrate tasks."""
