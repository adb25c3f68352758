"""Puts the kit, and the packages of our own harnesses, on the import path of tests."""

import sys

from rexlab.settings import bundled

HARNESSES = bundled("harnesses")
for folder in ("kit", "agentless", "react"):
    if str(HARNESSES / folder) not in sys.path:
        sys.path.append(str(HARNESSES / folder))
