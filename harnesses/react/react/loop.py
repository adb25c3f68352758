"""The loop: ask, act, observe, until the model submits or a limit is reached."""

import sys
from pathlib import Path
from string import Template

from rexlab_kit.atif import Metrics, Observation, ToolCall, Trajectory
from rexlab_kit.chat import Answer, Chat, ModelError
from rexlab_kit.contract import Contract, ContractError

from react.actions import Action, ActionError, check_results, parse_action, perform
from react.memory import FullMemory, Memory, Message, SummaryMemory, WindowMemory

VERSION = "1"
HURRY_S = 60
PROMPTS = Path(__file__).parents[1] / "prompts"
LAST = "This is your last step: submit now."


class Loop:
    """One trial."""

    def __init__(self, contract: Contract, chat: Chat) -> None:
        self.contract = contract
        self.chat = chat
        params = contract.params
        self.steps: int = params["steps"]
        self.shell_timeout_s: float = params["shell_timeout_s"]
        self.trajectory = Trajectory("react", VERSION, contract.model or "", extra=params)
        self.memory = self._memory(params["memory"], params["window"])

    def run(self) -> None:
        """Work until the model submits or a limit is reached.

        Raises:
            ModelError: the model could not be used.
        """
        system = Template((PROMPTS / "system.md").read_text("utf-8")).substitute(
            shell_timeout_s=f"{self.shell_timeout_s:g}",
            workspace=self.contract.workspace,
            task=self.contract.task,
            steps=self.steps,
        )
        first = f"{self.contract.prompt}\n{self._clock(0)}"
        self.trajectory.system(system)
        self.trajectory.user(first)
        opening = [{"role": "system", "content": system}, {"role": "user", "content": first}]
        for step in range(1, self.steps + 1):
            last = self._is_last(step - 1)
            answer = self.chat.complete([*opening, *self.memory.messages()])
            if self._act(step, answer):
                return
            if last and self.contract.seconds_left() < HURRY_S:
                self.trajectory.notes = f"Stopped without a submission: less than {HURRY_S} s were left."
                return
        self.trajectory.notes = f"Stopped without a submission at the limit of {self.steps} steps."

    def _act(self, step: int, answer: Answer) -> bool:
        """Carry out the action of an answer, note it; whether the model submitted."""
        action: Action | None = None
        submitted = False
        try:
            action = parse_action(answer.text)
            if action.name == "submit":
                self._submit(action)
                submitted, shown = True, "Submitted."
            else:
                limit = max(1.0, min(self.shell_timeout_s, self.contract.seconds_left() - HURRY_S / 2))
                shown = perform(action, self.contract.workspace, limit)
        except ActionError as error:
            shown = str(error)
        call = ToolCall(f"step_{step}", action.name, action.arguments) if action else None
        self.trajectory.agent(
            answer.text,
            reasoning=answer.reasoning,
            tool_calls=[call] if call else [],
            observations=[Observation(call.id if call else None, shown)],
            metrics=Metrics(answer.prompt_tokens, answer.completion_tokens, answer.cached_tokens),
        )
        self.trajectory.write(self.contract.trajectory)
        if not submitted:
            self.memory.add(answer.text, f"Observation:\n{shown}\n\n{self._clock(step)}")
        return submitted

    def _submit(self, action: Action) -> None:
        if results := action.arguments.get("results"):
            check_results(results)
            self.contract.claim(results)

    def _is_last(self, done: int) -> bool:
        return done >= self.steps - 1 or self.contract.seconds_left() < HURRY_S

    def _clock(self, done: int) -> str:
        clock = f"[step {done} of {self.steps}, {self.contract.seconds_left():.0f} s left]"
        return f"{LAST}\n{clock}" if self._is_last(done) else clock

    def _memory(self, kind: str, window: int) -> Memory:
        match kind:
            case "window":
                return WindowMemory(window)
            case "summary":
                return SummaryMemory(window, self._summarise)
        return FullMemory()

    def _summarise(self, notes: str, messages: list[Message]) -> str:
        system = (PROMPTS / "summary.md").read_text("utf-8")
        told = "\n\n".join(f"## {m['role']}\n\n{m['content']}" for m in messages)
        request = f"# Notes so far\n\n{notes or '(none)'}\n\n# Steps that followed\n\n{told}"
        answer = self.chat.complete([{"role": "system", "content": system}, {"role": "user", "content": request}])
        self.trajectory.system("The steps that leave the window are summarised.")
        self.trajectory.agent(
            answer.text,
            reasoning=answer.reasoning,
            metrics=Metrics(answer.prompt_tokens, answer.completion_tokens, answer.cached_tokens),
        )
        return answer.text


def main() -> int:
    """Read the contract and work; 1, with a sentence on stderr, when the model could not be used."""
    try:
        contract = Contract.read()
        chat = Chat.from_environment(timeout_s=contract.seconds_left() + 1)
        loop = Loop(contract, chat)
        try:
            loop.run()
        except ModelError as error:
            loop.trajectory.notes = str(error)
            raise
        finally:
            loop.trajectory.write(contract.trajectory)
    except (ContractError, ModelError) as error:
        print(f"react: {error}", file=sys.stderr)
        return 1
    return 0
