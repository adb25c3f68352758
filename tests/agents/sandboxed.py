"""A user's shell in which harnesses run for real: in bubblewrap, with their bundles, behind the gateway."""

import os
from pathlib import Path
from typing import Any

from tests.kit.kit_path import HARNESSES
from tests.support.require import demanded, lacking, require
from tests.support.shell import Shell

from rexlab.harness.bundle import find_bundle
from rexlab.harness.manifest import find_harness

BUNDLES = Path(os.environ.get("REXLAB_BUNDLES") or Path(__file__).parents[2] / ".rexlab" / "bundles")
"""Kept between runs of the tests, for building takes its time."""


def prepare(shell: Shell, *harnesses: str) -> None:
    """End the test where something is missing; a bundle is built only where the machine is to have it."""
    require("bubblewrap")
    for name in harnesses:
        harness = find_harness(name, [HARNESSES])
        if harness.manifest.bundle and find_bundle(harness, BUNDLES) is None and "agents" not in demanded():
            lacking("agents", f"harness {name} has no bundle", f"REXLAB_BUNDLES={BUNDLES} rexlab harness build {name}")
    shell.variables |= {"REXLAB_SANDBOX": "bubblewrap", "REXLAB_BUNDLES": str(BUNDLES)}


def outcomes(shell: Shell, *arguments: str) -> list[str]:
    """Run agents; how their trials ended, in order."""
    shell("run", *arguments, "--workers", "1")
    trials: list[dict[str, Any]] = shell.json("trials", "list", "latest")
    return [trial["outcome"] for trial in trials]
