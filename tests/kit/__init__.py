"""The kit that harnesses use inside a sandbox."""
