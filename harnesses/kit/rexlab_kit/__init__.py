"""What a harness inside a sandbox may use: standard library alone, Python 3.11 and newer."""
