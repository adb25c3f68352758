"""A run's plan in words: what was asked for, and the digest that says so."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine

from rexlab.execution.options import RunOptions, options_of
from rexlab.gateway.contract import Budget
from rexlab.reports.cells import duration
from rexlab.reports.view import agent_name
from rexlab.store.models import RunRow
from rexlab.store.queries import agents_of_run

_MODES = {"live": "asked as they come", "record": "asked and recorded in", "replay": "replayed from"}


def plan_in_words(engine: Engine, run: RunRow) -> list[tuple[str, str]]:
    """What the run is of, as titles and sentences.

    Raises:
        StoreError: the store cannot be read.
    """
    options = options_of(run.spec)
    agents = [agent_name(agent) for agent in agents_of_run(engine, run.id)]
    attempts = run.spec.get("attempts")
    return [
        ("Tasks", _listed(run.spec.get("tasks", []))),
        ("Agents", _listed(agents)),
        ("Masked functions", _masks(run.spec)),
        *([("Attempts", f"{attempts} of each agent at each variant")] if attempts else []),
        ("Sandbox", str(run.spec.get("sandbox", "not recorded"))),
        ("Budget of a trial", _trial_budget(options)),
        ("Budget of the run", budget_in_words(options.run_budget) or "none"),
        *([("Time of an agent", duration(options.agent_timeout))] if options.agent_timeout else []),
        *([("Models' answers", f"{_MODES[options.mode]} {options.cassettes or ''}".strip())] if _asks(run) else []),
        *([("Functions alone", "each masked function is judged alone too")] if options.attribute else []),
        ("Seed", str(run.spec.get("seed", "not recorded"))),
        ("Planned", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.created_at))),
        ("Digest", run.digest),
        ("rexlab", run.platform_version),
    ]


def budget_in_words(budget: Budget) -> str:
    """``1.50 USD, 50 calls``; empty: no limit."""
    parts = [
        f"{budget.usd:,.2f} USD" if budget.usd is not None else "",
        f"{budget.calls:,} calls" if budget.calls is not None else "",
        f"{budget.tokens:,} tokens" if budget.tokens is not None else "",
        duration(budget.seconds) if budget.seconds is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def _trial_budget(options: RunOptions) -> str:
    own = budget_in_words(options.budget)
    lifted = f"; the harness's own limits on {' and '.join(options.lifted)} do not hold" if options.lifted else ""
    return (f"{own}; beyond that the harness's own" if own else "the harness's own") + lifted


def _asks(run: RunRow) -> bool:
    return bool(run.spec.get("models"))


def _masks(spec: Mapping[str, Any]) -> str:
    if spec.get("variants"):
        return f"the named variants {', '.join(spec['variants'])}"
    counts = ", ".join(str(n) for n in spec.get("masks", [])) or "none"
    if spec.get("chains"):
        drawn = f"; {spec['chains']} chains of nested variants per task"
    elif spec.get("sample"):
        drawn = f"; {spec['sample']} variants drawn per task and number"
    else:
        drawn = "; all variants"
    limit = f", at most {spec['limit']} per task" if spec.get("limit") else ""
    return f"{counts}{drawn}{limit}"


def _listed(names: Sequence[str]) -> str:
    if len(names) <= 1:
        return ", ".join(names) or "not recorded"
    return f"{len(names)}: {', '.join(names)}"
