"""Run mini-swe-agent on the task that the environment names."""

import os
import sys

sys.path.insert(0, os.environ["REXLAB_KIT"])

from headless.run import main

sys.exit(main())
