"""Sleep, copy the reference files over the masked ones, and make every experiment sleep."""

import json
import os
import shutil
import time
from pathlib import Path

params = json.loads(os.environ["REXLAB_PARAMS"])
reference, workspace = Path(os.environ["REXLAB_REFERENCE"]), Path(os.environ["REXLAB_WORKSPACE"])
print("at work", flush=True)
time.sleep(params["solve_s"])
for source in sorted(p for p in reference.rglob("*") if p.is_file()):
    shutil.copyfile(source, workspace / source.relative_to(reference))
if params["grade_s"]:
    with (workspace / "moments" / "__init__.py").open("a") as module:
        module.write(f"import time\ntime.sleep({params['grade_s']})\n")
