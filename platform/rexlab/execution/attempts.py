"""Solve a variant: launch the harness once, or as often as the agent's strategy says, and choose."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rexlab.execution.verify import Verdict
from rexlab.gateway.contract import Budget, Usage
from rexlab.harness.assignment import Assignment, Means, Solved
from rexlab.harness.launch import launch
from rexlab.harness.prompt import render
from rexlab.harness.strategy import Strategy
from rexlab.store.models import Outcome
from rexlab.workspace import Base

Verify = Callable[[Assignment, Solved, Path], Verdict]
_ENDS_THE_TRIAL = (Outcome.CANCELLED, Outcome.INFRA_ERROR)


@dataclass(frozen=True)
class Attempt:
    """One attempt of a strategy, with what its verifier said."""

    number: int
    solved: Solved
    verdict: Verdict


@dataclass
class Selected:
    """What a strategy chose, and from what."""

    solved: Solved
    """The chosen attempt's, with the usage and the time of all of them."""
    attempts: list[Attempt] = field(default_factory=list)
    selection: dict[str, Any] | None = None
    """As the store keeps it; None without a strategy."""


def solve(
    assignment: Assignment, base: Base, means: Means, folder: Path, strategy: Strategy | None, verify: Verify
) -> Selected:
    """Launch until the strategy is done. Every attempt is kept, and has a folder and a door of its own.

    Raises:
        InfrastructureError: the platform failed; nothing is concluded about the agent.
    """
    if strategy is None:
        return Selected(launch(assignment, base, means, folder))
    attempts: list[Attempt] = []
    usage = Usage()
    stopped = ""
    for number in range(1, strategy.n + 1):
        left = remaining(assignment.budget, usage)
        if left is None:
            stopped = "the trial's budget was used up"
            break
        place = folder / f"attempt-{number}"
        place.mkdir()
        following = _next(assignment, strategy, attempts, left, number)
        solved = launch(following, base, means, place)
        usage = total(usage, solved.usage)
        if solved.agent_outcome in _ENDS_THE_TRIAL:
            return Selected(solved)
        means.live.phase(f"attempt {number} is verified")
        verdict = verify(following, solved, place / "verify")
        usage = total(usage, verdict.usage)
        attempts.append(Attempt(number, solved, verdict))
        if solved.agent_outcome is Outcome.BUDGET_EXCEEDED:
            stopped = solved.detail
            break
        if strategy.kind == "iterate" and verdict.satisfied:
            stopped = "the verifier had nothing to say against the last attempt"
            break
    best = choose(attempts)
    chosen = replace(best.solved, usage=usage, timings=_sum_timings(attempts))
    return Selected(chosen, attempts, _selection(strategy, attempts, best, stopped))


def choose(attempts: list[Attempt]) -> Attempt:
    """The attempt with the highest score; of equals the first."""
    return max(attempts, key=lambda a: (a.verdict.score, -a.number))


def remaining(budget: Budget, used: Usage) -> Budget | None:
    """What is left of a budget; None when a limit is reached."""
    spent = {
        "usd": used.cost_usd,
        "tokens": used.input_tokens + used.output_tokens,
        "calls": used.calls,
        "seconds": used.seconds,
    }
    left = {name: limit - (spent[name] or 0) for name, limit in budget.model_dump(exclude_none=True).items()}
    return Budget(**left) if all(value > 0 for value in left.values()) else None


def total(one: Usage, other: Usage | None) -> Usage:
    """Both together; a cost that is unknown once is unknown in all."""
    if other is None:
        return one
    known = one.cost_usd is not None and other.cost_usd is not None
    return Usage(
        calls=one.calls + other.calls,
        failures=one.failures + other.failures,
        retries=one.retries + other.retries,
        input_tokens=one.input_tokens + other.input_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cost_usd=(one.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        unmetered_calls=one.unmetered_calls + other.unmetered_calls,
        seconds=one.seconds + other.seconds,
        budget_exceeded=other.budget_exceeded or one.budget_exceeded,
        outage=other.outage,
    )


def _next(assignment: Assignment, strategy: Strategy, attempts: list[Attempt], left: Budget, number: int) -> Assignment:
    """The assignment of attempt ``number``: they differ in their seed; an iterated one goes on from the best so far."""
    changed = replace(assignment, budget=left, attempt=number, seed=(assignment.seed + number - 1) % 2**32)
    if strategy.kind == "best-of-n" or not attempts:
        return changed
    best = choose(attempts)
    patch = best.solved.patch
    feedback = render("feedback", attempt=best.number, changed=bool(patch and patch.data), notes=best.verdict.feedback)
    return replace(changed, feedback=feedback, earlier=patch.data if patch else b"")


def _sum_timings(attempts: list[Attempt]) -> dict[str, float]:
    names = dict.fromkeys(name for a in attempts for name in a.solved.timings)
    timings = {name: sum(a.solved.timings.get(name, 0.0) for a in attempts) for name in names}
    return {**timings, "verify": sum(a.verdict.seconds for a in attempts)}


def _selection(strategy: Strategy, attempts: list[Attempt], best: Attempt, stopped: str) -> dict[str, Any]:
    return {
        **strategy.model_dump(),
        "attempts": [
            {
                "attempt": a.number,
                "score": a.verdict.score,
                "said": a.verdict.said,
                "agent_outcome": a.solved.agent_outcome,
                "detail": a.solved.detail,
                "patch_sha256": a.solved.patch.sha256 if a.solved.patch else None,
            }
            for a in attempts
        ],
        "chosen": best.number,
        "stopped": stopped,
    }
