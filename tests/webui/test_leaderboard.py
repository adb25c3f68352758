"""The leaderboard: the command's numbers, filters kept in the address, the trials behind a row, figures on demand."""

import contextlib
import json
import sqlite3

import pytest
from streamlit.testing.v1 import AppTest
from tests.support.said import leave_and_return, said
from tests.support.shell import Shell
from tests.webui.conftest import OpenApp


def standings(test: AppTest) -> dict[str, tuple[float, str]]:
    """By agent: the strict rate in per cent, and passed of trials."""
    table = test.dataframe[0].value
    return {row["Agent"]: (round(row["Passed, strict"], 6), row["Passed"]) for row in table.to_dict(orient="records")}


def of_command(shell: Shell, *arguments: str) -> dict[str, tuple[float, str]]:
    report = json.loads(shell("leaderboard", *arguments, "--format", "json").stdout)
    return {
        row["agent"]: (round(100 * row["strict"], 6), f"{row['passed']}/{row['passed_of']}")
        for row in report["sections"]["leaderboard"]["rows"]
    }


def agent_id(shell: Shell, harness: str) -> str:
    with contextlib.closing(sqlite3.connect(shell.home / "rexlab.db")) as store:
        ((found,),) = store.execute("SELECT id FROM agent WHERE harness = ?", (harness,))
    return str(found)


def test_its_numbers_and_order_are_those_of_the_command(app: OpenApp, filled: Shell) -> None:
    test = app()
    assert not test.exception
    expected = of_command(filled)
    assert set(expected) == {"oracle [ref]", "noop", "mutant [ref]"}
    assert list(standings(test).items()) == list(expected.items())
    assert "1 run, 3 agents, 1 task; no infrastructure errors" in said(test)


def test_a_filter_in_the_address_gives_what_the_command_gives(app: OpenApp, filled: Shell) -> None:
    test = app(masks="1")
    expected = of_command(filled, "--masks", "1")
    assert standings(test) == expected != of_command(filled)
    assert "Only masked functions 1" in said(test)
    test.multiselect(key="masks").set_value(["2"]).run()
    assert standings(test) == of_command(filled, "--masks", "2")


def test_references_are_hidden_on_request(app: OpenApp) -> None:
    test = app()
    test.toggle(key="hide").set_value(True).run()
    assert list(standings(test)) == ["noop"]


def test_what_leaves_nothing_says_so_and_can_be_cleared(app: OpenApp) -> None:
    test = app(harness="oracle", hide="true")
    assert "No finished trial fits all of these filters" in said(test)
    assert not test.dataframe
    test.button(key="leaderboard-clear-empty").click().run()
    assert len(standings(test)) == 3


def test_a_link_with_values_that_are_not_there_shows_everything(app: OpenApp) -> None:
    test = app(task="tiny/gone", masks="99", agent="<script>")
    assert len(standings(test)) == 3
    assert len(test.dataframe) == 1
    assert not test.exception


@pytest.mark.parametrize("query", [{}, {"masks": "1"}])
def test_an_agents_trials_are_as_many_as_its_row_counts(app: OpenApp, filled: Shell, query: dict[str, str]) -> None:
    test = app(agent=agent_id(filled, "mutant"), **query)
    total = standings(test)["mutant [ref]"][1].partition("/")[2]
    assert "Trials of mutant" in said(test)
    assert f"{total} trials, the newest first" in said(test)
    trials = test.dataframe[1].value
    assert len(trials) == min(int(total), 15)
    assert set(trials["Masks"]) == ({1} if query else {1, 2})
    assert trials["Outcome"].str.contains("wrong result").any()


def test_only_the_figure_that_is_looked_at_is_made(app: OpenApp) -> None:
    test = app()
    assert "Share of trials passed, infrastructure errors" in said(test)
    test.segmented_control(key="figure").set_value("Difficulty").run()
    assert "against the number of masked functions" in said(test)
    assert any("p^n [95 %]" in table.value.columns for table in test.dataframe)
    test.segmented_control(key="figure").set_value("Cost").run()
    assert "No figure: none of these trials cost anything" in said(test)
    assert not test.exception


def test_an_empty_store_says_what_to_do(app: OpenApp, bare: Shell) -> None:
    test = app(shell=bare)
    assert "No trial has finished yet" in said(test)
    assert "rexlab run classic --harness oracle,noop --masks 1 --limit 2" in said(test)
    assert not test.exception


def test_who_comes_back_finds_filters_and_agent_as_they_were(app: OpenApp, filled: Shell) -> None:
    test = app(masks="1", agent=agent_id(filled, "noop"))
    leave_and_return(test, "system")
    assert "Only masked functions 1" in said(test)
    assert "Trials of noop" in said(test)
    test.button(key="leaderboard-clear").click().run()
    leave_and_return(test, "system")
    assert "Only" not in said(test)
