"""Run the agentless harness on the task that the environment names."""

import os
import sys

sys.path.insert(0, os.environ["REXLAB_KIT"])

from agentless.fill import main

sys.exit(main())
