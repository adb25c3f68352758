"""Verifiers: what an attempt is worth, as far as can be known without the hidden experiments."""

import re
import time
from dataclasses import dataclass, replace
from pathlib import Path

from rexlab.errors import GatewayError
from rexlab.gateway.address import short_address
from rexlab.gateway.contract import Usage
from rexlab.grading.claims import count_claimed
from rexlab.grading.grade import Grader, Submission, relevant_experiments
from rexlab.grading.records import GradeResult, MetricValue
from rexlab.harness.assignment import Assignment, Means, Solved
from rexlab.harness.door import Door, open_door
from rexlab.harness.launch import registration_of
from rexlab.harness.prompt import render
from rexlab.workspace import Base

_JUDGES_NUMBER = 0
"""In place of an attempt's number: nobody's attempt."""
_FAILED = -1.0
"""Below every score: the agent failed, or changed nothing."""
_LOG_TAIL = 3000
_JUDGE_TIMEOUT_S = 600.0
_JUDGES = "You judge attempts at research code. You are strict, and you answer in the form you are asked for."
_SCORE = re.compile(r"^\W*Score:\W*(\d+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """What a verifier says of one attempt."""

    score: float
    """0 to 1; -1 when there is nothing to judge."""
    said: str
    """A sentence for the record."""
    feedback: str = ""
    """What the next attempt may be told: never an expected number."""
    satisfied: bool = False
    usage: Usage | None = None
    """Of a judge."""
    seconds: float = 0.0


def verify_visible(grader: Grader, assignment: Assignment, solved: Solved) -> Verdict:
    """Re-run the visible experiments on the attempt, as the grader does, and count the values that pass."""
    began = time.monotonic()
    if failed := _nothing_to_judge(solved):
        return failed
    patch = solved.patch.data if solved.patch else b""
    result = replace(grader, visible_only=True).grade(Submission(assignment.functions, patch))
    score = 0.0 if result.acceptable else result.credit
    return Verdict(
        score,
        f"{result.outcome}: {sum(v.passed for v in result.values)} of {len(result.values)} visible values pass",
        describe(result),
        satisfied=result.outcome == "passed",
        seconds=time.monotonic() - began,
    )


def describe(result: GradeResult) -> str:
    """What failed, for an agent to read: crashes with their logs, what is missing, what is off. No expected number."""
    lines = []
    for name, values in _by_experiment(result.values).items():
        off = [v for v in values if not v.passed]
        if not off:
            lines.append(f"* {name}: its numbers are right.")
        elif all(v.observed is None for v in off):
            lines.append(f"* {name}: no numbers ({off[0].problem}). The end of what it printed:\n")
            lines.append(_fenced(result.logs.get(name, "")[-_LOG_TAIL:]))
        else:
            shown = ", ".join(f"{v.metric} = {v.observed:.6g}" for v in off[:5] if v.observed is not None)
            lines.append(f"* {name}: {len(off)} of {len(values)} numbers are not those of the authors' code: {shown}.")
    if result.acceptable:
        lines.append("* The numbers are right only because of changes outside of the functions: those do not count.")
    return "\n".join(lines) or f"* {result.detail}"


def verify_claim(assignment: Assignment, solved: Solved) -> Verdict:
    """Take the agent's word: the share of the visible values for which it claims a number that the check accepts."""
    if failed := _nothing_to_judge(solved):
        return failed
    experiments = relevant_experiments(assignment.task, assignment.functions)
    wanted, good = count_claimed(experiments, solved.claims or {})
    share = good / wanted if wanted else 0.0
    missing = "" if solved.claims else "The agent reported no results in the file named by `REXLAB_RESULTS`."
    return Verdict(
        share,
        f"{good} of {wanted} visible values are claimed as they should be",
        missing or f"* {wanted - good} of {wanted} reported numbers are not what the authors' code gives.",
        satisfied=good == wanted > 0,
    )


def verify_judge(assignment: Assignment, base: Base, means: Means, solved: Solved, folder: Path) -> Verdict:
    """Ask the agent's own model how likely the patch is right.

    Raises:
        GatewayError: the gateway is gone.
    """
    began = time.monotonic()
    if failed := _nothing_to_judge(solved):
        return failed
    if means.gateway is None or assignment.model is None:
        raise GatewayError(f"{assignment.trial_id}: a judge needs a model, and this agent has none")
    folder.mkdir(parents=True, exist_ok=True)
    asking = replace(assignment, attempt=_JUDGES_NUMBER)
    registration = registration_of(asking, assignment.model, base, base.files, folder)
    paper = assignment.task.paper if assignment.shown.paper else ""
    patch = solved.patch.data.decode(errors="replace") if solved.patch else ""
    question = render("judge", prompt=solved.prompt, paper=paper, patch=patch)
    with open_door(means.gateway, registration) as door:
        answer = _ask(door, question)
    found = _SCORE.search(answer)
    score = min(int(found[1]), 10) / 10 if found else 0.0
    said = f"the judge gives {score:.1f}" if found else "the judge gave no score"
    feedback = answer[found.end() :].strip() if found else answer.strip()
    return Verdict(score, said, feedback, score >= 1.0, door.usage, time.monotonic() - began)


def _ask(door: Door, question: str) -> str:
    """One answer; empty when the model gave none (a budget that is used up, a refusal): the record then says so."""
    import httpx  # takes a tenth of a second, and few runs have a judge

    messages = [{"role": "system", "content": _JUDGES}, {"role": "user", "content": question}]
    with (
        short_address(door.socket) as address,
        httpx.Client(transport=httpx.HTTPTransport(uds=address), timeout=_JUDGE_TIMEOUT_S) as client,
    ):
        try:
            response = client.post(
                "http://gateway/v1/chat/completions",
                headers={"Authorization": f"Bearer {door.token}"},
                json={"model": "judge", "messages": messages},
            )
        except httpx.TransportError as error:
            raise GatewayError(f"the gateway broke off a judge's answer: {error}") from error
    if response.status_code != httpx.codes.OK:
        return ""
    return str(response.json()["choices"][0]["message"].get("content") or "")


def _nothing_to_judge(solved: Solved) -> Verdict | None:
    if solved.agent_outcome is not None:
        return Verdict(_FAILED, f"{solved.agent_outcome}: {solved.detail}", f"* It ended badly: {solved.detail}")
    if solved.patch is None or solved.patch.is_empty:
        return Verdict(_FAILED, "the agent changed nothing", "* It changed nothing.")
    return None


def _by_experiment(values: list[MetricValue]) -> dict[str, list[MetricValue]]:
    found: dict[str, list[MetricValue]] = {}
    for value in values:
        found.setdefault(value.experiment, []).append(value)
    return found


def _fenced(text: str) -> str:
    return "\n".join(f"      {line}" for line in text.splitlines())
