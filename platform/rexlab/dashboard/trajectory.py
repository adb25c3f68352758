"""The index of a trajectory of any size: what each step is and where it stands in the file, found in one pass."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from rexlab.dashboard.texts import one_line, readable
from rexlab.dashboard.trajectory_parts import Part, content, entries, parts, tool_name
from rexlab.dashboard.trajectory_stream import BrokenJsonError, JsonStream, Value

MAX_STEPS = 20_000
"""So many steps are listed; it bounds the index to some 10 MB."""
MAX_TEXT = 200_000
"""Characters of one string that are shown."""
_HEAD = 20_000
_STEP_SIZE = 4_000_000
_TOOLS = 8
_RAISED = re.compile(r"^[\w.]{0,80}(?:Error|Exception): ", re.MULTILINE)
_EXITED = re.compile(r"(?:exit|return|status) ?code\W{0,3}[1-9]|(?:exited with|exit status) [1-9]", re.IGNORECASE)


@dataclass(frozen=True)
class Step:
    """A line of the index."""

    number: int
    """From 1, in the order of the file; what the agent numbered is not relied on."""
    source: str
    """``agent``, ``user`` or ``system``; whatever the file says, cut."""
    words: str
    """The beginning of the message, or else of what was done or seen; one line."""
    tools: tuple[str, ...]
    """Of its tool calls, in their order, the first few."""
    calls: int
    error: bool
    """An observation reads like an error."""
    tokens: int | None
    """In and out; None: not said."""
    cost_usd: float | None
    start: int
    """Where it stands in the file, in bytes; so is ``end``."""
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Trajectory:
    """What a trajectory file holds."""

    steps: tuple[Step, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)
    """What the document says besides its steps: format, agent, notes, final metrics."""
    problem: str = ""
    """One sentence on why it is none, or not whole; empty where it is in order."""

    @property
    def is_one(self) -> bool:
        """Whether it can be shown as steps; else it is a text."""
        return "steps" in self.about or bool(self.steps)

    @property
    def calls(self) -> int:
        return sum(step.calls for step in self.steps)

    @property
    def tokens(self) -> int | None:
        """Of all steps that say so; else what the document ends with."""
        said = [step.tokens for step in self.steps if step.tokens is not None]
        return sum(said) if said else self._final("total_prompt_tokens", "total_completion_tokens")

    @property
    def cost_usd(self) -> float | None:
        """None unless every step that used tokens says what they cost."""
        costs = [step.cost_usd for step in self.steps if step.tokens is not None]
        if not costs:
            final = self.about.get("final_metrics")
            return _number(final.get("total_cost_usd")) if isinstance(final, dict) else None
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    @property
    def made_by(self) -> str:
        """Format, agent, version and model, as the document says."""
        agent = self.about.get("agent")
        told = [agent.get(key) for key in ("name", "version", "model_name")] if isinstance(agent, dict) else []
        words = [one_line(word, 80) for word in (self.about.get("schema_version"), *told) if isinstance(word, str)]
        return " · ".join(word for word in words if word)

    @property
    def notes(self) -> str:
        return content(self.about.get("notes"))

    def sources(self) -> Counter[str]:
        """How many steps are of each source."""
        return Counter(step.source for step in self.steps)

    def _final(self, *keys: str) -> int | None:
        final = self.about.get("final_metrics")
        numbers = [_number(final.get(key)) for key in keys] if isinstance(final, dict) else []
        known = [int(number) for number in numbers if number is not None]
        return sum(known) if known else None


def index(file: BinaryIO) -> Trajectory:
    """Read a trajectory through once. Never fails for what stands in it: ``problem`` says what is wrong."""
    stream = JsonStream(file)
    steps: list[Step] = []
    about: dict[str, Any] = {}
    try:
        problem = _document(stream, steps, about)
    except BrokenJsonError as error:
        problem = f"The file is not whole JSON: {error}."
        if steps:
            problem += f" These are the {len(steps):,} steps before that."
    return Trajectory(tuple(steps), about, problem)


def read_step(file: BinaryIO, step: Step) -> list[Part]:
    """A step's parts, read from its place in the file."""
    return _shown(file, read_value(file, step, MAX_TEXT))


def read_value(file: BinaryIO, step: Step, max_string: int) -> Value:
    """What stands at a step's place, long strings cut."""
    try:
        return JsonStream(file, step.start).value(max_string=max_string, max_size=_STEP_SIZE)
    except BrokenJsonError:
        return Value(step.start, step.end, readable=False)


def _shown(file: BinaryIO, value: Value) -> list[Part]:
    if value.readable:
        return parts(value.content)
    file.seek(value.start)
    head = file.read(min(value.end - value.start, MAX_TEXT))
    return [Part("as it stands in the file, for it is too large, too deep or no JSON", readable(head))]


def _document(stream: JsonStream, steps: list[Step], about: dict[str, Any]) -> str:
    """Go through the document's fields; returns the problem."""
    if not stream.take("{"):
        return "The file is no ATIF trajectory: it is not a JSON object." if stream.peek() else "The file is empty."
    while not stream.take("}"):
        name = stream.value(max_string=200, max_size=400).content
        if not stream.take(":"):
            raise BrokenJsonError("a field has no value")
        if name == "steps" and stream.take("["):
            about["steps"] = True
            for step in _steps(stream):
                if len(steps) == MAX_STEPS:
                    return f"It has more steps than can be listed; these are the first {MAX_STEPS:,}."
                steps.append(step)
        else:
            value = stream.value(max_string=2_000, max_size=_HEAD).content
            if name in ("schema_version", "agent", "notes", "final_metrics"):
                about[name] = value
        if not stream.take(",") and stream.peek() != "}":
            raise BrokenJsonError("it ends after a field" if not stream.peek() else "a comma is missing")
    if "steps" not in about:
        return "The file is no ATIF trajectory: it has no list of steps."
    return "" if steps else "The trajectory has no steps."


def _steps(stream: JsonStream) -> Iterator[Step]:
    number = 0
    while not stream.take("]"):
        number += 1
        yield _step(number, stream.value(max_string=_HEAD, max_size=_STEP_SIZE))
        if not stream.take(",") and stream.peek() != "]":
            raise BrokenJsonError("it ends after a step" if not stream.peek() else "a comma is missing")


def _step(number: int, value: Value) -> Step:
    step = value.content
    if not isinstance(step, dict):
        words = one_line(content(step)[:_HEAD], 160) if value.readable else "(too large, too deep, or no JSON)"
        return Step(number, "unknown", words, (), 0, False, None, None, value.start, value.end)
    source = step.get("source")
    calls = entries(step.get("tool_calls"))
    seen = _observed(step.get("observation"))
    metrics = step.get("metrics")
    metrics = metrics if isinstance(metrics, dict) else {}
    counts = [_number(metrics.get(key)) for key in ("prompt_tokens", "completion_tokens")]
    known = [int(count) for count in counts if count is not None]
    return Step(
        number=number,
        source=one_line(source, 20) if isinstance(source, str) and source else "unknown",
        words=_words(step, calls, seen),
        tools=tuple(tool_name(call) or "?" for call in calls[:_TOOLS]),
        calls=len(calls),
        error=any(_reads_like_an_error(text[-_HEAD:]) for text in seen),
        tokens=sum(known) if known else None,
        cost_usd=_number(metrics.get("cost_usd")),
        start=value.start,
        end=value.end,
    )


def _observed(observation: Any) -> list[str]:
    results = observation.get("results") if isinstance(observation, dict) else observation
    texts = [result.get("content") if isinstance(result, dict) else result for result in entries(results)[:_TOOLS]]
    return [content(text) for text in texts]


def _reads_like_an_error(text: str) -> bool:
    # plain words first: they are found many times as fast
    return (
        "Traceback (most recent call last)" in text
        or (("Error: " in text or "Exception: " in text) and _RAISED.search(text) is not None)
        or (("code" in text or "exit" in text) and _EXITED.search(text) is not None)
    )


def _words(step: dict[str, Any], calls: list[Any], seen: list[str]) -> str:
    """The first thing a step says."""
    for value in (step.get("message"), step.get("reasoning_content")):
        if words := one_line(content(value)[:_HEAD].lstrip(), 160):
            return words
    for call in calls[:1]:
        arguments = call.get("arguments") if isinstance(call, dict) else call
        values = list(arguments.values()) if isinstance(arguments, dict) else [arguments]
        if words := one_line(" ".join(value for value in values[:4] if isinstance(value, str))[:_HEAD].lstrip(), 160):
            return words
    return one_line(seen[0][:_HEAD].lstrip(), 160) if seen else ""


def _number(value: Any) -> float | None:
    """A count or an amount, if it can be one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value < 1e15 else None
