"""Run mini-swe-agent on the task's prompt: its default agent, its local bash, its default prompts, nobody to ask."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from rexlab_kit.atif import Trajectory
from rexlab_kit.contract import Contract

from headless.recording import Recording

ENDED = {
    "Submitted": "",
    "LimitsExceeded": "it reached its limit of steps or of cost",
    "RepeatedFormatError": "the model's answers held no usable command, several times in a row",
}
"""Exit statuses with which mini-swe-agent ended by itself, and what to say of them."""
MAX_DETAIL = 500


def main() -> int:
    """The agent's way through the task; 0 when it ended by itself."""
    contract = Contract.read()
    os.environ.update(
        {
            "MSWEA_CONFIGURED": "true",
            "MSWEA_SILENT_STARTUP": "1",
            "MSWEA_GLOBAL_CONFIG_DIR": tempfile.mkdtemp(prefix="mini-"),
            # the gateway repeats calls that failed for the provider's reasons, with more patience than this
            "MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT": "3",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
    )
    # only now, for they read the environment as they are imported
    import litellm
    import yaml
    from minisweagent import __version__
    from minisweagent.agents.default import DefaultAgent
    from minisweagent.config import builtin_config_dir
    from minisweagent.environments.local import LocalEnvironment
    from minisweagent.models.litellm_model import LitellmModel

    litellm.suppress_debug_info = True  # or it prints a line per call about models whose price it does not know

    trajectory = Trajectory("mini-swe-agent", __version__, str(contract.model), dict(contract.params))
    recording = Recording(trajectory)

    class RecordedAgent(DefaultAgent):  # type: ignore[misc]
        """Saves after every step, as the class it comes from, in the platform's form."""

        def save(self, path: Path | None, *extra_dicts: Any) -> Any:
            recording.take(self.messages)
            trajectory.write(contract.trajectory)
            return {}

    config = yaml.safe_load((builtin_config_dir / "mini.yaml").read_text("utf-8"))
    model = LitellmModel(model_name=f"openai/{contract.model}", cost_tracking="ignore_errors", **config["model"])
    environment = LocalEnvironment(
        cwd=str(contract.workspace), timeout=contract.params["command_timeout_s"], **config["environment"]
    )
    templates = {name: config["agent"][name] for name in ("system_template", "instance_template")}
    limits = {name: contract.params[name] for name in ("step_limit", "cost_limit")}
    agent = RecordedAgent(model, environment, **templates, **limits)
    try:
        status = agent.run(contract.prompt).get("exit_status", "")
    except Exception as error:
        reason = " ".join(str(error).split())[:MAX_DETAIL]
        print(f"mini-swe-agent could not go on: {type(error).__name__}: {reason}", file=sys.stderr)
        return 1
    if status not in ENDED:
        print(f"mini-swe-agent ended with the status {status!r}", file=sys.stderr)
        return 1
    if ENDED[status]:
        print(f"mini-swe-agent stopped: {ENDED[status]}", file=sys.stderr)
    return 0
