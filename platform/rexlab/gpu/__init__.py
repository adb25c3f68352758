"""GPUs of this machine: which there are, and who uses them now."""
