"""Builds the agent, runs one conversation with it and says how that ended."""

import os
import sys
from pathlib import Path

from openhands.sdk import LLM, Agent, Conversation, LocalConversation, Tool
from openhands.sdk.context.condenser import default_condenser
from openhands.sdk.conversation.exceptions import ConversationRunError
from openhands.sdk.conversation.state import ConversationExecutionStatus
from openhands.sdk.event.conversation_error import ConversationErrorEvent
from openhands.tools.file_editor import FileEditorTool
from openhands.tools.task_tracker import TaskTrackerTool
from openhands.tools.terminal import TerminalTool
from pydantic import SecretStr
from rexlab_kit.atif import Trajectory
from rexlab_kit.contract import Contract, ContractError

from headless.record import Record

VERSION = "1.58.2"
OWN_LIMIT = "MaxIterationsReached"


def main() -> int:
    """Run; 0 when the agent ended by itself or at its limit of iterations."""
    try:
        contract = Contract.read()
    except ContractError as error:
        print(error, file=sys.stderr)
        return 1
    trajectory = Trajectory("openhands", VERSION, contract.model or "", extra=dict(contract.params))
    record = Record(trajectory, contract.trajectory)
    # The bundle's programs come last: the agent's own commands find the task's python first.
    shell_path = os.environ["PATH"]
    os.environ["PATH"] = f"{shell_path}:{Path(sys.executable).parent}"
    conversation = _conversation(contract, record, shell_path)
    record.usage_of(conversation.conversation_stats)
    problem = note = ""
    try:
        conversation.send_message(contract.prompt)
        conversation.run()
        problem, note = _ending(conversation)
    except ConversationRunError as error:
        why = "the conversation is too long for the model, and cannot be shortened: " if record.too_long else ""
        problem = f"{why}{error.original_exception}"
    finally:
        conversation.close()
        trajectory.notes = f"Ended by an error: {problem}" if problem else note
        record.finish()
    if problem:
        print(" ".join(problem.split())[:2000], file=sys.stderr)
        return 1
    return 0


def _conversation(contract: Contract, record: Record, shell_path: str) -> LocalConversation:
    """The agent as the SDK's own preset for terminals builds it, without a browser."""
    llm = LLM(
        model=f"openai/{contract.model}",
        base_url=contract.base_url,
        api_key=SecretStr(contract.api_key or ""),
        usage_id="agent",
        # The gateway has already tried again where that helps; what is left are broken connections.
        num_retries=3,
        retry_min_wait=1,
        retry_max_wait=8,
        timeout=900,
    )
    tools = [Tool(name=FileEditorTool.name), Tool(name=TaskTrackerTool.name)]
    if contract.params["execute"]:
        # By default its commands give way to all other programs of the machine, which here are other trials.
        env = {"PATH": shell_path, "OH_TERMINAL_PROCESS_PRIORITY": "none"}
        tools.insert(0, Tool(name=TerminalTool.name, params={"env": env}))
    agent = Agent(
        llm=llm,
        tools=tools,
        system_prompt_kwargs={"cli_mode": True},
        condenser=default_condenser(llm.model_copy(update={"usage_id": "condenser"})),
    )
    return Conversation(
        agent=agent,
        workspace=str(contract.workspace),
        persistence_dir=f"{os.environ['TMPDIR']}/openhands",
        callbacks=[record.add],
        max_iteration_per_run=contract.params["max_iterations"],
        visualizer=None,
    )


def _ending(conversation: LocalConversation) -> tuple[str, str]:
    """How a run that raised nothing ended: what went wrong, if anything did, and else what is worth a note."""
    match conversation.state.execution_status:
        case ConversationExecutionStatus.FINISHED:
            return "", ""
        case ConversationExecutionStatus.STUCK:
            return "", "Stopped by OpenHands' stuck detector: the agent repeated itself."
    errors = [event for event in conversation.state.events if isinstance(event, ConversationErrorEvent)]
    if errors and errors[-1].code == OWN_LIMIT:
        return "", f"Stopped at the limit of {conversation.max_iteration_per_run} iterations."
    status = conversation.state.execution_status.value
    return errors[-1].detail if errors else f"the conversation ended as {status}", ""
