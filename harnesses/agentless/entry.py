"""Run the agentless harness on the task that the environment names."""

import os
import sys

sys.path.insert(0, os.environ["REXLAB_KIT"])
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy would start a thread for each core, and the sandbox counts them

from agentless.fill import main

sys.exit(main())
