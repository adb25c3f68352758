"""Harnesses: what stands around a model; manifests, prompts, and how one is launched in a sandbox."""
