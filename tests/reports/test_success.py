"""The main table against counts and rates made by hand."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.trials import Made, columns

from rexlab.reports.document import Estimate, Section
from rexlab.reports.success import rate_over_papers, success
from rexlab.reports.view import View
from rexlab.stats.clusters import clustered_rate
from rexlab.stats.rates import wilson
from rexlab.store.models import Outcome


def table(rows: list[Made], *by: str) -> list[dict[str, Any]]:
    return list(success(View(columns(rows)), by).records())


def section(rows: list[Made], *by: str) -> Section:
    return success(View(columns(rows)), by)


made = st.builds(
    Made,
    outcome=st.sampled_from([o for o in Outcome if o is not Outcome.CANCELLED]),
    agent=st.sampled_from(["react gpt", "noop", "oracle"]),
    task=st.sampled_from(["s/a", "s/b", "s/c"]),
    credit=st.sampled_from([0.0, 0.25, 1.0, float("nan")]),
    flags=st.sampled_from([(), ("tampered",), ("tampered", "false_claim")]),
    calls=st.none() | st.integers(0, 9),
    tokens=st.integers(0, 99),
    cost=st.sampled_from([0.5, 0.25, float("nan")]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(made, max_size=25))
def test_every_number_is_that_of_a_loop(rows: list[Made]) -> None:
    found = {row["agent"]: row for row in table(rows, "agent")}
    agents: dict[str, list[Made]] = {}
    for row in rows:
        agents.setdefault(row.agent + (" [ref]" if row.agent == "oracle" else ""), []).append(row)
    assert list(found) == sorted(agents)
    for name, own in agents.items():
        line = found[name]
        clean = [r for r in own if r.outcome != "infra_error"]
        passed = sum(r.outcome == "passed" for r in own)
        assert (line["passed"], line["passed_of"]) == (passed, len(own))
        assert (line["passed_without_infra"], line["passed_without_infra_of"]) == (passed, len(clean))
        assert line["strict"] == pytest.approx(passed / len(own))
        assert line["without_infra"] == (pytest.approx(passed / len(clean)) if clean else None)
        credit = [0.0 if r.credit != r.credit else r.credit for r in clean]
        assert line["credit"] == (pytest.approx(sum(credit) / len(credit)) if credit else None)
        assert line["outcomes"] == Counter(str(r.outcome) for r in own)
        assert list(line["outcomes"].values()) == sorted(line["outcomes"].values(), reverse=True)
        assert line["flags"] == Counter(flag for r in own for flag in r.flags)
        asked = [r for r in own if r.calls is not None]
        assert line["calls"] == (sum(r.calls or 0 for r in asked) if asked else None)
        # trials that ask nothing have no tokens in a store; here they may
        assert line["tokens"] == (sum(r.tokens for r in own) if asked else None)
        costs = [r.cost for r in asked]
        known = bool(asked) and all(cost == cost for cost in costs)
        assert line["cost_usd"] == (pytest.approx(sum(costs)) if known else None)


def test_rates_are_over_papers_and_the_two_differ_by_infrastructure_errors() -> None:
    rows = [
        Made("passed", task="s/a", paper="p"),
        Made("wrong_result", task="s/b", paper="p"),
        Made("passed", task="s/c", paper="q"),
        Made("passed", task="s/c", paper="q"),
        Made("infra_error", task="s/c", paper="q"),
        Made("no_patch", task="s/d", paper="r"),
    ]
    (line,) = table(rows, "agent")
    strict = clustered_rate(np.array([1, 2, 0]), np.array([2, 3, 1]))
    without = clustered_rate(np.array([1, 2, 0]), np.array([2, 2, 1]))
    for name, wanted, value in (("strict", strict, 3 / 6), ("without_infra", without, 3 / 5)):
        assert wanted.interval is not None
        assert (line[name], line[f"{name}_low"], line[f"{name}_high"]) == pytest.approx(
            (value, wanted.interval.low, wanted.interval.high)
        )
    assert line["strict_low"] != pytest.approx(line["without_infra_low"])


def test_papers_without_a_trial_in_a_group_are_no_part_of_its_interval() -> None:
    rows = [Made("passed" if i % 2 else "no_patch", task=f"s/{i // 2}", agent="react gpt") for i in range(8)]
    alone = table(rows, "agent")[0]
    more = [Made("no_patch", task=f"s/other{i}", agent="noop") for i in range(5)]
    beside = next(row for row in table(rows + more, "agent") if row["agent"] == "react gpt")
    assert beside == alone


def test_one_paper_has_wilsons_interval_and_says_so() -> None:
    rows = [Made("passed"), Made("passed"), Made("no_patch")]
    (line,) = table(rows, "agent")
    edges = wilson(2, 3)
    assert edges is not None
    assert (line["strict"], line["strict_low"], line["strict_high"]) == (2 / 3, edges.low, edges.high)
    assert line["strict_reason"] == "one paper: Wilson's interval, for this paper alone"
    assert "1 of 1 rows rest on one paper: Wilson's interval, which says nothing of others" in section(rows).notes


def test_a_group_of_infrastructure_errors_alone_has_no_rate_and_says_why() -> None:
    found = rate_over_papers(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    assert found == Estimate(None, reason="no trial counts")
    (line,) = table([Made("infra_error"), Made("infra_error")], "agent")
    assert (line["without_infra"], line["without_infra_reason"]) == (None, "no trial counts")
    assert (line["strict"], line["credit"], line["passed_without_infra_of"]) == (0.0, None, 0)


def test_nothing_finished_is_a_table_without_rows() -> None:
    empty = section([], "agent", "masks")
    assert empty.rows == []
    assert [column.name for column in empty.columns][:4] == ["agent", "masks", "passed", "strict"]


def test_groups_come_by_all_their_keys() -> None:
    two = ("a.py:f", "a.py:g")
    rows = [Made(functions=two), Made(agent="noop"), Made(agent="noop", functions=two), Made(agent="noop")]
    assert [(r["agent"], r["masks"], r["passed_of"]) for r in table(rows, "agent", "masks")] == [
        ("noop", 1, 2),
        ("noop", 2, 1),
        ("react", 2, 1),
    ]
    assert [(r["passed"], r["passed_of"]) for r in table(rows)] == [(4, 4)]


def test_one_unknown_price_makes_the_sum_unknown() -> None:
    known = [Made(calls=1, cost=0.5), Made(calls=2, cost=0.25), Made(calls=None)]
    assert table(known)[0]["cost_usd"] == pytest.approx(0.75)
    assert table([*known, Made(calls=1)])[0]["cost_usd"] is None
    assert table([Made(calls=None)])[0]["cost_usd"] is None


def test_notes_say_what_the_table_needs_said() -> None:
    infra = "strict: infrastructure errors count as failures; w/o infra: they are left out"
    papers = "intervals are over papers, for trials of one paper are not independent"
    reference = "[ref]: the harness was handed the solution; its rows judge tasks and checks, not an agent"
    simulated = "[sim]: a scripted model answered; its rows judge harnesses and the platform, not a model"
    two_papers = [Made(task="s/a"), Made("no_patch", task="s/b")]
    assert section(two_papers, "agent").notes == [papers]
    assert section([*two_papers, Made("infra_error")], "agent").notes == [infra, papers]
    assert reference in section([Made(agent="oracle"), Made()], "agent").notes
    assert simulated in section([Made(simulated=True)], "agent").notes
    assert not {reference, simulated} & set(section([Made()], "agent").notes)
