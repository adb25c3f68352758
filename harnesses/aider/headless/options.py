"""aider's command line: what is on, what is off, which files are in the chat."""

import json
from importlib.resources import files
from pathlib import Path

from rexlab_kit.contract import Contract


def command_line(contract: Contract, scratch: Path) -> list[str]:
    """aider's arguments. Files of its own, histories and caches, go to ``scratch``, outside of the workspace."""
    model = f"openai/{contract.model}"
    metadata = scratch / "model-metadata.json"
    metadata.write_text(json.dumps({model: _known_limits(str(contract.model))}))
    settings = scratch / "nothing.yml"
    settings.write_text("{}\n")
    return [
        # also for what it would otherwise ask a smaller model: every call is one of the agent's own
        *("--model", model, "--weak-model", model, "--editor-model", model),
        *("--model-metadata-file", str(metadata), "--model-settings-file", str(settings)),
        *("--edit-format", str(contract.params["edit_format"])),
        "--stream" if contract.params["stream"] else "--no-stream",
        # nothing that the workspace's own aider files say, nothing left in the workspace
        *("--config", str(settings), "--env-file", str(scratch / "no.env")),
        *("--chat-history-file", str(scratch / "chat.md"), "--input-history-file", str(scratch / "input")),
        *("--llm-history-file", str(scratch / "llm.txt"), "--no-gitignore"),
        *("--no-auto-commits", "--no-dirty-commits"),
        # nobody is asked, nothing is looked up
        *("--yes-always", "--no-fancy-input", "--no-pretty", "--no-suggest-shell-commands", "--no-detect-urls"),
        # no summary of a chat that ends with this prompt; aider would ask for one in the background and throw it away
        *("--max-chat-history-tokens", "10000000"),
        *("--analytics-disable", "--no-check-update", "--no-show-release-notes", "--no-show-model-warnings"),
        *("--disable-playwright", "--no-check-model-accepts-settings"),
        *(("--read", str(contract.task / "paper.md")) if contract.paper else ()),
        *given_files(contract),
    ]


def given_files(contract: Contract) -> list[str]:
    """The files in the chat from the beginning: those of the masked functions, or none."""
    if contract.params["files"] == "own":
        return []
    named = dict.fromkeys(function.path for function in contract.variant.functions)
    return [path for path in named if (contract.workspace / path).is_file()]


def _known_limits(model: str) -> dict[str, object]:
    """What litellm's own list says of the model; with an entry, however empty, aider asks nobody on the net."""
    known = json.loads(files("litellm").joinpath("model_prices_and_context_window_backup.json").read_text("utf-8"))
    found: dict[str, object] = known.get(model, {})
    kept = {key: found[key] for key in ("max_tokens", "max_input_tokens", "max_output_tokens") if key in found}
    return {"litellm_provider": "openai", "mode": "chat", **kept}
