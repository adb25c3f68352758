"""A study as a benchmark's authors would run it, made by chance with a fixed seed: reports are looked at with it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from rexlab.reports.build import build_report
from rexlab.reports.document import Report
from rexlab.store.columns import TrialColumns
from tests.support.trials import NAN, Made, columns

TASKS = ("boosting", "deis", "knockoffs", "median-of-means", "sinkhorn", "ward-clustering")
AGENTS = {
    # accuracy per function, USD per million tokens or NaN, seconds at work, how often a failure looks right
    "react provider/large-model": (0.93, 9.0, 420.0, 0.15),
    "react provider/small-model": (0.78, 0.6, 260.0, 0.35),
    "plan-act provider/large-model": (0.95, 11.0, 900.0, 0.10),
    "plan-act provider/small-model": (0.81, 0.8, 510.0, 0.30),
    "codex other/coder-model": (0.88, 3.0, 350.0, 0.20),
    "aider local/open-model": (0.70, NAN, 610.0, 0.40),
    "react scripted": (0.50, 0.0, 20.0, 0.50),
    "oracle": (1.0, NAN, 2.0, 0.0),
    "mutant": (0.66, NAN, 2.0, 0.5),
}
"""Nobody's results."""
_FAILURES = ("wrong_result", "experiment_crashed", "missing_result", "no_patch", "agent_timeout", "budget_exceeded")


def rich_trials(attempts: int = 5, rename: Mapping[str, str] | None = None) -> TrialColumns:
    """Every agent at 6 tasks with 1 to 5 masked functions, several attempts each; some agents by another name."""
    names = rename or {}
    return columns(replace(made, agent=names.get(made.agent, made.agent)) for made in _made(attempts))


def _made(attempts: int) -> Iterator[Made]:
    chance = np.random.default_rng(2)
    ease = dict(zip(TASKS, (0.06, 0.03, 0.0, -0.02, -0.05, -0.1), strict=True))
    for agent, (accuracy, price, work, fooled) in AGENTS.items():
        reference = agent in ("oracle", "mutant")
        for task in TASKS:
            for masks in range(1, 6):
                functions = tuple(f"{task.replace('-', '_')}/core.py:step_{i}" for i in range(masks))
                for attempt in range(1, attempts + 1):
                    rate = accuracy if reference else float(np.clip(accuracy + ease[task], 0, 1))
                    right = chance.random(masks) < rate
                    passed = bool(right.all())
                    outcome = "passed" if passed else str(chance.choice(_FAILURES, p=[0.5, 0.2, 0.1, 0.08, 0.08, 0.04]))
                    if not reference and chance.random() < 0.02:
                        outcome, passed = "infra_error", False
                    tokens = int(chance.lognormal(11.5, 0.5))
                    seconds = float(work * chance.lognormal(0, 0.6) * (1 if passed else 1.6))
                    accepted = passed or chance.random() < fooled
                    yield Made(
                        outcome=outcome,
                        agent=agent,
                        task=f"classic/{task}",
                        functions=functions,
                        attempt=attempt,
                        credit=1.0 if passed else float(right.mean()),
                        flags=() if chance.random() > 0.03 else ("tests_changed",),
                        credits={name: bool(ok) for name, ok in zip(functions, right, strict=True)},
                        mutated={functions[0]: "< became <="} if agent == "mutant" and not passed else None,
                        visible=int(accepted),
                        claim=int(passed or chance.random() < 0.6),
                        claims_made=3,
                        claims_held=3 if passed else int(chance.integers(0, 3)),
                        calls=None if reference else int(chance.integers(8, 60)),
                        tokens=0 if reference else tokens,
                        cost=tokens * price / 1e6,
                        solving=min(seconds, 1800.0),
                        wall=min(seconds, 1800.0) + 40.0,
                        simulated=agent == "react scripted",
                    )


def rich_report(rename: Mapping[str, str] | None = None) -> Report:
    """The report of this study; some agents by another name."""
    return build_report(rich_trials(rename=rename), command="rexlab report r1 --format html --output report.html")
