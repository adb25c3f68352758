"""Tasks: the manifest, the code with functions masked, the variants made of it, and what moves bodies about."""
