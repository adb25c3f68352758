"""Fills the masked functions one after the other: context, completion, splice."""

import sys
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rexlab_kit.atif import Metrics, Observation, Trajectory
from rexlab_kit.chat import Chat, ModelError
from rexlab_kit.contract import Contract, ContractError, MaskedFunction

from agentless.retrieve import Embeddings, Piece, Ranking, best, code_files, code_pieces, lexical, paper_pieces
from agentless.splice import SpliceError, parse_module, splice, stub

VERSION = "1"
PROMPTS = Path(__file__).parents[1] / "prompts"


class UnfitError(Exception):
    """The task lacks what the parameters ask for."""


class Filler:
    """One trial."""

    def __init__(self, contract: Contract, chat: Chat) -> None:
        self.contract = contract
        self.chat = chat
        self.trajectory = Trajectory("agentless", VERSION, contract.model or "", extra=contract.params)
        self.system = (PROMPTS / "system.md").read_text("utf-8")
        self._template = Environment(
            loader=FileSystemLoader(PROMPTS),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        ).get_template("function.md.j2")

    def run(self) -> None:
        """Fill what can be filled; a function without a usable answer stays masked.

        Raises:
            ModelError: the model could not be used.
            UnfitError: the task lacks what the parameters ask for.
        """
        functions = self.contract.variant.functions
        self._refuse_unfit()
        self.trajectory.system(self.system)
        left = [function.qualname for function in functions if not self._fill(function)]
        if not functions:
            self.trajectory.notes = "Nothing is masked in this variant, so there was nothing to write."
        elif left:
            self.trajectory.notes = f"Left masked, for want of a usable answer: {', '.join(left)}."

    def _refuse_unfit(self) -> None:
        variant = self.contract.variant
        if variant.kind != "masking":
            raise UnfitError(
                f"agentless fills masked functions, and {variant.task} is an {variant.kind} task; "
                "use an interactive harness for it (react, say)"
            )
        missing = [function.qualname for function in variant.functions if not function.relevant_paper]
        if self.contract.params["paper"] == "oracle" and missing:
            raise UnfitError(
                f"paper = oracle needs the part of the paper that belongs to each function, and {variant.task} names "
                f"none for {', '.join(missing)}; use paper = lexical or full"
            )

    def _fill(self, function: MaskedFunction) -> bool:
        """Ask until an answer can be spliced in; whether one could."""
        path = self.contract.workspace / function.path
        module = parse_module(path)
        request = self._request(function, stub(module, function.qualname))
        for _ in range(self.contract.params["samples"]):
            self.trajectory.user(request)
            answer = self.chat.complete(
                [{"role": "system", "content": self.system}, {"role": "user", "content": request}]
            )
            problem = ""
            try:
                path.write_bytes(splice(module, function.qualname, answer.text).bytes)
            except SpliceError as error:
                problem = str(error)
            self.trajectory.agent(
                answer.text,
                reasoning=answer.reasoning,
                observations=[Observation(None, f"Not usable: {problem}" if problem else f"Put into {function.path}")],
                metrics=Metrics(answer.prompt_tokens, answer.completion_tokens, answer.cached_tokens),
            )
            self.trajectory.write(self.contract.trajectory)
            if not problem:
                return True
        return False

    def _request(self, function: MaskedFunction, text: str) -> str:
        query = f"{function.qualname}\n{function.description}\n{text}"
        return self._template.render(
            prompt=self.contract.prompt,
            function=function,
            stub=text,
            paper=self._paper(function, query),
            code=self._code(function, query),
        )

    def _paper(self, function: MaskedFunction, query: str) -> list[str]:
        paper = self.contract.paper
        match self.contract.params["paper"]:
            case "oracle":
                return [function.relevant_paper or ""]
            case "full" if paper:
                return [paper]
            case "lexical" | "embedding" as kind if paper:
                pieces = paper_pieces(paper)
                return [pieces[i] for i in best(self._ranking(kind), query, pieces, self.contract.params["top"])]
        return []

    def _code(self, function: MaskedFunction, query: str) -> list[Piece]:
        kind = self.contract.params["code"]
        if kind == "none":
            return []
        files = code_files(self.contract.workspace)
        own = [file for file in files if file.path == function.path]
        others = [file for file in files if file.path != function.path]
        match kind:
            case "full":
                return own + others
            case "lexical" | "embedding":
                pieces = code_pieces(others)
                chosen = best(self._ranking(kind), query, [p.text for p in pieces], self.contract.params["top"])
                return own + [pieces[i] for i in chosen]
        return own

    def _ranking(self, kind: str) -> Ranking:
        return lexical if kind == "lexical" else self._embeddings

    @cached_property
    def _embeddings(self) -> Embeddings:
        return Embeddings(self.chat)


def main() -> int:
    """Read the contract and work; 1, with a sentence on stderr, when the model could not be used."""
    try:
        contract = Contract.read()
        filler = Filler(contract, Chat.from_environment(timeout_s=contract.seconds_left() + 1))
        try:
            filler.run()
        except (ModelError, UnfitError) as error:
            filler.trajectory.notes = str(error)
            raise
        finally:
            filler.trajectory.write(contract.trajectory)
    except (ContractError, ModelError, SpliceError, UnfitError) as error:
        print(f"agentless: {error}", file=sys.stderr)
        return 1
    return 0
