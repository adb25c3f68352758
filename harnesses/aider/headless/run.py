"""Run aider on the task's prompt, once."""

import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from rexlab_kit.atif import Trajectory
from rexlab_kit.contract import Contract

from headless.options import command_line
from headless.recording import Recording

MAX_DETAIL = 500
MAX_RETRY_DELAY_S = 2
"""Of aider's own retries, delays doubling up to it: the gateway repeats failed calls already, with more patience."""


def main() -> int:
    """aider's way through the task; 0 when it ended by itself, with the model answering to the end."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    contract = Contract.read()
    scratch = Path(tempfile.mkdtemp(prefix="aider-"))
    trajectory = Trajectory("aider", version("aider-chat"), str(contract.model), dict(contract.params))
    trajectory.notes = "tokens are aider's own count; the gateway's is kept with the trial"
    recording = Recording(trajectory, contract.trajectory)
    arguments = command_line(contract, scratch)

    from aider.coders import base_coder
    from aider.coders.base_coder import Coder
    from aider.main import main as start
    from aider.repomap import RepoMap

    base_coder.RETRY_TIMEOUT = MAX_RETRY_DELAY_S
    RepoMap.TAGS_CACHE_DIR = str(scratch / "tags")  # below the workspace otherwise
    recording.attach(Coder)
    coder = start(arguments, return_coder=True)
    if not isinstance(coder, Coder):
        print(f"aider did not start; it returned {coder!r}", file=sys.stderr)
        return 1
    coder.show_announcements()
    coder.run(with_message=contract.prompt)
    return _verdict(recording)


def _verdict(recording: Recording) -> int:
    """aider itself ends with 0 whatever became of its requests."""
    from aider.coders.base_coder import FinishReasonLength

    failure = recording.failure
    if isinstance(failure, FinishReasonLength):
        print("aider stopped: the answer was cut at the model's output limit", file=sys.stderr)
        return 0
    if failure is not None:
        reason = " ".join(str(failure).split())[:MAX_DETAIL]
        print(f"aider got no answer to its last request: {type(failure).__name__}: {reason}", file=sys.stderr)
        return 1
    if not recording.answers:
        print("aider asked the model nothing", file=sys.stderr)
        return 1
    return 0
