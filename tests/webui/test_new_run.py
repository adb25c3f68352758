"""The page New run: what is chosen becomes a plan, a command line and, once, a run."""

import time

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from tests.support.shell import Shell
from tests.webui.conftest import OpenApp

from rexlab.settings import load_settings
from rexlab.store.database import open_engine
from rexlab.store.queries import list_runs, summarize

HOSTILE = "<script>alert(1)</script> ![x](http://evil.example/x.png) :red[x] $x$"


def choose(test: AppTest, *, tasks: tuple[str, ...] = ("tiny/moments",), harnesses: tuple[str, ...]) -> AppTest:
    test.multiselect(key="new-run-tasks").set_value(list(tasks)).run()
    return test.multiselect(key="new-run-harnesses").set_value(list(harnesses)).run()


def command(test: AppTest) -> str:
    return str(test.code[-1].value)


def metrics(test: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in test.metric}


def said(test: AppTest) -> str:
    texts = [*test.caption, *test.error, *test.info]
    return " ".join(str(element.value).replace("\\", "").replace(":small[]", "") for element in texts)


def runs(shell: Shell) -> list[str]:
    return [summary.run.id for summary in list_runs(open_engine(f"sqlite:///{shell.home / 'rexlab.db'}"))]


def test_it_says_what_is_still_to_be_chosen(app: OpenApp) -> None:
    test = app("new-run")
    assert "Choose at least one task" in said(test)
    assert test.button(key="new-run-start").disabled
    test.multiselect(key="new-run-tasks").set_value(["tiny"]).run()
    assert "Choose at least one agent" in said(test)
    test.multiselect(key="new-run-harnesses").set_value(["react"]).run()
    assert "Choose a model for react, or scripted" in said(test)
    test.multiselect(key="new-run-harnesses").set_value(["command"]).run()
    assert "The harness command needs its parameter program" in said(test)
    assert not metrics(test)


def test_trials_are_counted_and_estimated_from_the_runs_there_were(app: OpenApp) -> None:
    test = choose(app("new-run"), harnesses=("oracle", "noop"))
    assert metrics(test)["Trials"] == "6"
    assert "= 3 variants \N{MULTIPLICATION SIGN} 2 agents \N{MULTIPLICATION SIGN} 1 attempt" in said(test)
    assert metrics(test)["Time"].startswith("≈ ")
    assert metrics(test)["Cost"] == "$0.00"
    test.number_input(key="new-run-trials").set_value(4).run()
    assert metrics(test)["Trials"] == "24"
    texts = [str(element.value).replace("\\", "") for element in test.markdown]
    sources = [text for text in texts if " a trial, by " in text]
    assert [source.partition(":")[0] for source in sources] == ["**oracle**", "**noop**"]
    assert all(source.endswith("and $0.00 a trial, by 6 finished trials of this very agent.") for source in sources)
    assert not test.button(key="new-run-start").disabled


def test_what_was_never_tried_is_unknown_and_bounded_by_the_budget(
    app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    test = choose(app("new-run"), harnesses=("react",))
    test.multiselect(key="new-run-models").set_value(["openai/gpt-4o"]).run()
    assert metrics(test) == {"Trials": "3", "Time": "unknown", "Cost": "unknown"}
    assert "The budgets allow $3.00 at the most" in said(test)
    test.number_input(key="new-run-trial-usd").set_value(0.5).run()
    assert "The budgets allow $1.50 at the most" in said(test)
    assert "--budget usd=0.5" in command(test)


def test_what_cannot_run_is_told_beside_the_form(app: OpenApp) -> None:
    test = choose(app("new-run"), harnesses=("react",))
    test.multiselect(key="new-run-models").set_value(["scripted"]).run()
    assert "React asks a model, and the process sandbox has no network" in said(test)
    assert test.button(key="new-run-start").disabled


def test_a_program_of_ones_own_needs_the_risk_accepted(app: OpenApp) -> None:
    test = choose(app("new-run"), harnesses=("command",))
    test.text_input(key="new-run-param-command-program").set_value("python 'my agent.py'").run()
    assert "accept the risk with --unsafe" in said(test)
    test.checkbox(key="new-run-unsafe").check().run()
    assert not test.button(key="new-run-start").disabled
    assert command(test) == """rexlab run tiny/moments --command 'python '"'"'my agent.py'"'"'' --unsafe"""


def test_the_command_follows_the_form(app: OpenApp) -> None:
    test = choose(app("new-run"), tasks=("tiny", "extension/lion-cautious"), harnesses=("mutant", "noop"))
    assert "the mutant harness needs masked functions" in said(test)
    test.multiselect(key="new-run-harnesses").set_value(["noop"]).run()
    test.button_group(key="new-run-hints").set_value(["default", "hints"]).run()
    test.button_group(key="new-run-how").set_value("sample").run()
    test.button_group(key="new-run-masks").set_value([2, 1]).run()
    test.number_input(key="new-run-sample").set_value(2).run()
    test.selectbox(key="new-run-shown").set_value("pieces").run()
    test.checkbox(key="new-run-paper").uncheck().run()
    test.number_input(key="new-run-seed").set_value(7).run()
    test.text_input(key="new-run-name").set_value("my run").run()
    assert command(test) == (
        "rexlab run tiny extension/lion-cautious --harness noop --hints default,hints --no-paper --masks 1,2 "
        "--sample 2 --seed 7 --name 'my run'"
    )
    # 2 sets of 1 and 2 of 2 functions, and the extension, each at 2 levels of hints
    assert metrics(test)["Trials"] == "10"


def test_parameters_of_a_harness_are_typed_and_only_changes_are_passed(app: OpenApp) -> None:
    test = choose(app("new-run"), harnesses=("mutant",))
    assert "--param" not in command(test)
    test.number_input(key="new-run-param-mutant-p").set_value(0.25).run()
    assert "--param=mutant.p=0.25" in command(test)
    assert not test.error


def test_full_code_leaves_the_question_what_is_masked_out(app: OpenApp) -> None:
    test = choose(app("new-run"), harnesses=("noop",))
    test.selectbox(key="new-run-shown").set_value("fc").run()
    assert not test.button_group
    assert (metrics(test)["Trials"], "--setting fc" in command(test)) == ("1", True)


def test_tasks_come_preselected_by_the_address(app: OpenApp) -> None:
    test = app("new-run", tasks=f"tiny/moments,{HOSTILE}")
    assert test.multiselect(key="new-run-tasks").value == ["tiny/moments"]
    assert f"There is no task {HOSTILE}." in said(test)
    test.multiselect(key="new-run-tasks").set_value(["classic/deis"]).run()
    assert test.multiselect(key="new-run-tasks").value == ["classic/deis"]


def test_what_the_user_types_is_shown_as_text(app: OpenApp) -> None:
    test = choose(app("new-run"), harnesses=("react",))
    test.multiselect(key="new-run-models").set_value([HOSTILE]).run()
    shown = [str(element.value) for element in (*test.caption, *test.error, *test.info, *test.markdown)]
    assert not any("![x](" in text or "<script>" in text or ":red[" in text for text in shown)
    assert not test.exception


def test_the_second_half_of_a_double_click_leads_to_the_run_of_the_first(app: OpenApp, own: Shell) -> None:
    before = runs(own)
    test = choose(app("new-run", shell=own), harnesses=("noop",))
    test.button(key="new-run-start").click()
    clicked = test._tree.get_widget_states()
    test.run()
    (started,) = set(runs(own)) - set(before)
    assert test.query_params["id"] == started
    test._page_hash = calc_hash("new-run")
    test._run(clicked)  # as it arrives when it was on its way while the page changed
    assert not test.exception
    assert test.query_params["id"] == started
    assert len(runs(own)) == len(before) + 1
    test._page_hash = calc_hash("new-run")
    test.run()
    assert test.multiselect(key="new-run-harnesses").value == ["noop"]  # the form is as it was left
    test.button(key="new-run-start").click().run()  # and the same can be started once more, if that is wanted
    assert len(runs(own)) == len(before) + 2
    engine = open_engine(f"sqlite:///{own.home / 'rexlab.db'}")
    deadline = time.monotonic() + 120
    while (summary := summarize(engine, list_runs(engine)[0].run)).finished < summary.total:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_read_only_server_has_no_button(app: OpenApp, own: Shell) -> None:
    own.variables["REXLAB_UI_READ_ONLY"] = "true"
    test = choose(app("new-run", shell=own), harnesses=("noop",))
    assert load_settings().ui_read_only
    assert not [button for button in test.button if "Start" in button.label]
    assert "--harness noop" in command(test)
