"""Copy the reference files that the platform hands to this harness over the masked ones."""

import os
import shutil
from pathlib import Path

reference, workspace = Path(os.environ["REXLAB_REFERENCE"]), Path(os.environ["REXLAB_WORKSPACE"])
for source in sorted(p for p in reference.rglob("*") if p.is_file()):
    target = workspace / source.relative_to(reference)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    print("wrote", source.relative_to(reference))
