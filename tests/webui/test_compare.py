"""The Compare page: the command's numbers, a choice kept in the address, tasks won, and trials where two differ."""

import contextlib
import sqlite3

from streamlit.testing.v1 import AppTest
from tests.support.said import leave_and_return, said
from tests.support.shell import Shell
from tests.webui.conftest import OpenApp


def agent_ids(shell: Shell) -> dict[str, str]:
    """By harness."""
    with contextlib.closing(sqlite3.connect(shell.home / "rexlab.db")) as store:
        return dict(store.execute("SELECT harness, id FROM agent"))


def run_id(shell: Shell) -> str:
    return str(shell.json("runs", "list")[0]["id"])


def address(test: AppTest) -> dict[str, str]:
    return {name: test.query_params[name] for name in ("a", "b") if name in test.query_params}


def test_the_newest_run_is_shown_first_with_the_commands_numbers(app: OpenApp, filled: Shell) -> None:
    test = app("compare")
    assert not test.exception
    run = run_id(filled)
    assert address(test) == {"a": run, "b": run}
    table = test.dataframe[0].value.to_dict(orient="records")
    expected = filled.json("compare", run, run)
    assert [(r["A"], r["B"], r["Pairs"], r["Only A"], r["Only B"], round(r["A - B, points"], 6)) for r in table] == [
        (c["a"], c["b"], c["pairs"], c["only_a"], c["only_b"], round(100 * c["difference"], 6)) for c in expected
    ]
    assert len(expected) == 3


def test_a_link_names_two_agents_and_every_difference_leads_to_both_trials(app: OpenApp, filled: Shell) -> None:
    ids = agent_ids(filled)
    test = app("compare", a=f"~{ids['oracle']}", b=f"{run_id(filled)}~{ids['noop']}")
    assert "oracle [ref] against noop" in said(test)
    assert "A wins 1 task, B 0; tied: 0" in said(test)
    differing = test.dataframe[-1].value
    records = {record["id"]: record for record in filled.json("trials", "list", "latest")}
    assert len(differing) == sum(record["agent"] == "oracle [ref]" for record in records.values())
    for row in differing.to_dict(orient="records"):
        a, b = (records[row[f"Trial of {side}"].removeprefix("trial?id=")] for side in "AB")
        assert (a["agent"], b["agent"]) == ("oracle [ref]", "noop")
        assert (a["functions"], a["attempt"]) == (b["functions"], b["attempt"])
        assert row["A"].endswith("passed")
        assert row["B"].endswith("no patch")


def test_another_choice_is_written_into_the_address(app: OpenApp, filled: Shell) -> None:
    ids, run = agent_ids(filled), run_id(filled)
    test = app("compare")
    test.selectbox(key="compare-agent-a").set_value(ids["mutant"]).run()
    test.selectbox(key="compare-agent-b").set_value(ids["noop"]).run()
    assert address(test) == {"a": f"{run}~{ids['mutant']}", "b": f"{run}~{ids['noop']}"}
    assert "mutant [ref] against noop" in said(test)
    test.selectbox(key="compare-run-a").set_value(None).run()
    assert address(test)["a"] == f"~{ids['mutant']}"


def test_what_cannot_be_compared_says_why(app: OpenApp, filled: Shell) -> None:
    ids = agent_ids(filled)
    test = app("compare", a=f"~{ids['noop']}", b=f"~{ids['noop']}")
    assert "noop and noop are the same trials: choose another agent or run for one of them" in said(test)
    assert not test.dataframe


def test_an_unknown_side_is_told_and_can_be_chosen(app: OpenApp, filled: Shell) -> None:
    test = app("compare", a="<script>alert(1)</script>", b=run_id(filled))
    assert "there is no run '<script>alert(1)</script>' to compare" in said(test)
    assert "Choose what is compared with what" in said(test)
    test.selectbox(key="compare-run-a").set_value(run_id(filled)).run()
    assert len(test.dataframe[0].value) == 3


def test_agents_that_differ_nowhere_say_so(app: OpenApp, own: Shell) -> None:
    with contextlib.closing(sqlite3.connect(own.home / "rexlab.db")) as store:
        store.execute("UPDATE grade SET outcome = 'wrong_result'")
        store.commit()
    ids = agent_ids(own)
    test = app("compare", shell=own, a=f"~{ids['oracle']}", b=f"~{ids['noop']}")
    assert "They differ in no pair" in said(test)


def test_an_empty_store_says_what_to_do(app: OpenApp, bare: Shell) -> None:
    test = app("compare", shell=bare)
    assert "No trial has finished yet" in said(test)
    assert not test.exception


def test_who_comes_back_finds_the_choice_as_it_was(app: OpenApp, filled: Shell) -> None:
    ids = agent_ids(filled)
    for query in ({"a": f"~{ids['mutant']}", "b": f"~{ids['noop']}"}, {}):
        test = app("compare", **query)
        before = address(test)
        leave_and_return(test, "system")
        assert address(test) == before
        assert len(test.dataframe[0].value) == (1 if query else 3)
