"""The statistics are cheap to import: a report must not wait for what it does not use."""

import subprocess
import sys
from pathlib import Path

import rexlab.stats


def test_no_module_loads_scipy_stats_or_optimize():
    names = sorted(path.stem for path in Path(rexlab.stats.__file__).parent.glob("*.py") if path.stem != "__init__")
    assert "clusters" in names
    script = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module("rexlab.stats." + name)
print(*(heavy for heavy in ("scipy.stats", "scipy.optimize", "pandas", "statsmodels") if heavy in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
