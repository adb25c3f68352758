"""The react harness, as a program of its own, against a stub of a model: actions, memories, limits, failures."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from react.actions import ActionError, parse_action
from tests.agents.sandboxed import outcomes, prepare
from tests.kit.kit_path import HARNESSES
from tests.kit.layout import lay_out, start, trajectory
from tests.kit.stub_model import Responder, StubModel, refusal, serve
from tests.support.shell import Shell

VARIANT = {
    "task": "t/x",
    "kind": "masking",
    "functions": [],
    "experiments": [{"name": "main", "command": "python run.py", "seeds": [0], "metrics": ["error"]}],
    "paper": True,
    "hints": "default",
}
PARAMS = {"steps": 50, "memory": "full", "window": 2, "shell_timeout_s": 60}
BEFORE = "def f(x):\n    raise NotImplementedError\n"


def act(action: str, **arguments: Any) -> str:
    """An answer in the harness's form."""
    return f"I think.\n\n```action\n{json.dumps({'action': action, **arguments})}\n```\n"


def script(*answers: str) -> Responder:
    """Gives the answers one after the other."""
    left = iter(answers)
    return lambda _path, _body: next(left)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[subprocess.CompletedProcess[str], StubModel]]:
    """``run(responder, steps=3)``: the harness's whole way with a model that answers so."""

    def go(respond: Responder, **params: Any) -> tuple[subprocess.CompletedProcess[str], StubModel]:
        left = params.pop("seconds_left", 600)
        with serve(respond) as model:
            environment = lay_out(tmp_path, VARIANT, PARAMS | params, "Write f.", "The paper.") | model.environment()
            environment["REXLAB_DEADLINE"] = f"{time.time() + left:.0f}"
            (tmp_path / "workspace" / "mod.py").write_text(BEFORE)
            return start(HARNESSES / "react" / "entry.py", environment), model

    return go


def shown(folder: Path) -> list[str]:
    """What the model saw of its actions."""
    steps = trajectory(folder)["steps"]
    return [s["observation"]["results"][0]["content"] for s in steps if "observation" in s]


def test_it_views_edits_runs_and_submits(tmp_path: Path, run: Callable[..., Any]) -> None:
    done, model = run(
        script(
            act("view", path="mod.py"),
            act("replace", path="mod.py", old="    raise NotImplementedError\n", new="    return 2 * x\n"),
            act("write", path="pkg/extra.py", content="N = 3\n"),
            act("shell", command="python -c 'from mod import f; print(f(21))'; pwd; exit 3"),
            act("submit", results={"main": {"error": [0.5, 1]}}),
        )
    )
    assert (done.returncode, done.stderr) == (0, "")
    workspace = tmp_path / "workspace"
    assert (workspace / "mod.py").read_text() == "def f(x):\n    return 2 * x\n"
    assert (workspace / "pkg" / "extra.py").read_text() == "N = 3\n"
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == {"main": {"error": [0.5, 1]}}
    view, replaced, written, shell, submitted = shown(tmp_path)
    assert view == "     1\tdef f(x):\n     2\t    raise NotImplementedError"
    assert (replaced, written, submitted) == ("Replaced.", "Written: 1 lines.", "Submitted.")
    assert shell == f"42\n{workspace}\n(exit code 3)"
    opening = model.requests[0]["messages"]
    assert opening[0]["content"].startswith("You are a research engineer working step by step")
    assert str(workspace) in opening[0]["content"]
    assert opening[1]["content"].startswith("Write f.")
    assert len(model.requests) == 5


def test_the_trajectory_names_each_action_and_its_observation(tmp_path: Path, run: Callable[..., Any]) -> None:
    run(script(act("view", path="."), act("submit")))
    document = trajectory(tmp_path)
    assert [step["source"] for step in document["steps"]] == ["system", "user", "agent", "agent"]
    step = document["steps"][2]
    assert step["tool_calls"][0] == {"tool_call_id": "step_1", "function_name": "view", "arguments": {"path": "."}}
    assert step["observation"]["results"][0] == {"source_call_id": "step_1", "content": "mod.py"}
    assert document["agent"]["extra"]["steps"] == 50
    assert document["final_metrics"]["total_prompt_tokens"] == 200
    assert "notes" not in document


def test_a_view_may_show_lines_a_folder_and_the_paper(tmp_path: Path, run: Callable[..., Any]) -> None:
    paper = str(tmp_path / "task" / "paper.md")
    views = [{"path": "mod.py", "start": 2, "end": 9}, {"path": "mod.py", "start": 9}, {"path": paper}, {"path": "no"}]
    run(script(*(act("view", **view) for view in views), act("submit")))
    one, none, text, missing, _ = shown(tmp_path)
    assert one == "     2\t    raise NotImplementedError"
    assert none == "(no such lines: the file has 2)"
    assert text == "     1\tThe paper."
    assert "No such file" in missing


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("", "no action"),
        ("I would rather not.", "no action"),
        ("```json\n{}\n```", "no action"),
        ("```action\n{oops}\n```", "not a JSON object"),
        ('```action\n{"action": "view", "path": "a"}', "must be closed"),
        (act("view", path="a") + act("view", path="b"), "several actions; nothing was done"),
        ("```action\n[]\n```", '"action" must be one of view'),
        (act("delete", path="a"), '"action" must be one of view'),
        (act("view"), 'view needs the key "path"'),
        (act("view", path="a", line=3), 'view has no key "line"'),
        (act("view", path=3), '"path" of the action view must be of type str'),
        (act("view", path="a", start=True), '"start" of the action view must be of type int'),
        (act("submit", results=[1]), '"results" of the action submit must be of type dict'),
    ],
)
def test_a_malformed_answer_is_told_what_is_wrong(answer: str, complaint: str) -> None:
    with pytest.raises(ActionError, match=complaint):
        parse_action(answer)


def test_fences_and_raw_line_breaks_inside_of_strings_do_no_harm() -> None:
    content = "```python\nx = 1\n```\n"
    assert parse_action(act("write", path="a.md", content=content)).arguments["content"] == content
    raw = '```action\n{"action": "write", "path": "a", "content": "one\n```\ntwo\n"}\n```'
    assert parse_action(raw).arguments["content"] == "one\n```\ntwo\n"


def test_malformed_answers_change_nothing_and_count_as_steps(tmp_path: Path, run: Callable[..., Any]) -> None:
    bad = act("replace", path="mod.py", old="not there", new="x")
    done, model = run(script("no", bad, act("replace", path="mod.py", old=" ", new="x"), act("submit")))
    assert done.returncode == 0
    none, missing, many, _ = shown(tmp_path)
    assert "no action" in none
    assert "it stands there 0 times. Nothing was changed" in missing
    assert "it stands there 6 times" in many
    assert (tmp_path / "workspace" / "mod.py").read_text() == BEFORE
    assert "no action" in model.requests[1]["messages"][-1]["content"]
    assert "[step 1 of 50, " in model.requests[1]["messages"][-1]["content"]


def test_an_empty_answer_is_not_sent_back_empty(run: Callable[..., Any]) -> None:
    _, model = run(script("", act("submit")))
    assert all(message["content"].strip() for message in model.requests[1]["messages"])


@pytest.mark.parametrize("path", ["../out/x", "/etc/x", "link/x"])
def test_files_outside_of_the_workspace_cannot_be_changed(tmp_path: Path, run: Callable[..., Any], path: str) -> None:
    command = f"ln -s {tmp_path / 'out'} link"
    run(script(act("shell", command=command), act("write", path=path, content="x"), act("submit")))
    assert "outside of the repository" in shown(tmp_path)[1]
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["trajectory.json"]


def test_line_breaks_of_a_file_stay_what_they_are(tmp_path: Path, run: Callable[..., Any]) -> None:
    make = r"printf 'a\r\nb\r\n' > dos.txt"
    run(script(act("shell", command=make), act("replace", path="dos.txt", old="b", new="c"), act("submit")))
    assert (tmp_path / "workspace" / "dos.txt").read_bytes() == b"a\r\nc\r\n"


def test_a_long_output_loses_its_middle(tmp_path: Path, run: Callable[..., Any]) -> None:
    command = "echo START; head -c 50000000 /dev/zero | tr '\\0' x; echo; echo END"
    run(script(act("shell", command=command), act("submit")))
    text = shown(tmp_path)[0]
    assert text.startswith("START\nxxx")
    assert text.endswith("xxx\nEND\n(exit code 0)")
    assert "left out" in text
    assert len(text) < 11_000


def test_a_command_that_does_not_end_is_ended(tmp_path: Path, run: Callable[..., Any]) -> None:
    command = "echo $$ > ../out/pid; echo before; sleep 1000"
    done, _ = run(script(act("shell", command=command), act("submit")), shell_timeout_s=1)
    assert done.returncode == 0
    assert shown(tmp_path)[0] == "before\n(ended after 1 seconds, the limit of one command)"
    assert not Path(f"/proc/{(tmp_path / 'out' / 'pid').read_text().strip()}").exists()


def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path, run: Callable[..., Any]) -> None:
    command = "sleep 1000 & echo $! > ../out/pid; echo done"
    run(script(act("shell", command=command), act("submit")))
    assert shown(tmp_path)[0] == "done\n(exit code 0)"
    stat = Path(f"/proc/{(tmp_path / 'out' / 'pid').read_text().strip()}/stat")
    assert not stat.exists() or ") Z " in stat.read_text()


def test_commands_do_not_find_the_token_in_their_environment(tmp_path: Path, run: Callable[..., Any]) -> None:
    run(script(act("shell", command="env"), act("submit")))
    assert "REXLAB_WORKSPACE" in shown(tmp_path)[0]
    assert "token-of-the-trial" not in shown(tmp_path)[0]


@pytest.mark.parametrize("results", [{"main": 3}, {"main": {"error": "low"}}, {"main": {"error": [True]}}])
def test_results_of_another_form_are_not_submitted(
    tmp_path: Path, run: Callable[..., Any], results: dict[str, Any]
) -> None:
    _, model = run(script(act("submit", results=results), act("submit")))
    assert len(model.requests) == 2
    assert not (tmp_path / "out" / "results.json").exists()


def test_at_the_step_limit_it_stops_with_what_it_has(tmp_path: Path, run: Callable[..., Any]) -> None:
    done, model = run(lambda _path, _body: act("view", path="."), steps=4)
    assert done.returncode == 0
    assert len(model.requests) == 4
    assert trajectory(tmp_path)["notes"] == "Stopped without a submission at the limit of 4 steps."
    told = ["last step" in request["messages"][-1]["content"] for request in model.requests]
    assert told == [False, False, False, True]


def test_when_time_runs_out_it_asks_for_a_submission_and_stops(tmp_path: Path, run: Callable[..., Any]) -> None:
    done, model = run(lambda _path, _body: act("view", path="."), seconds_left=50)
    assert done.returncode == 0
    assert len(model.requests) == 1
    assert "last step" in model.requests[0]["messages"][-1]["content"]
    assert "less than 60 s were left" in trajectory(tmp_path)["notes"]


def _numbered() -> Responder:
    """Commands that can be told apart; a request for notes is answered with what it was asked to fold."""
    number = iter(range(1, 1_000))

    def respond(_path: str, body: dict[str, Any]) -> str:
        messages = body["messages"]
        if messages[0]["content"].startswith("You keep the notes of a research engineer"):
            asked = messages[1]["content"]
            return "NOTES " + " ".join(f"s{n}" for n in range(20) if f"said-{n}-" in asked or f"s{n}" in asked.split())
        return act("shell", command=f"echo said-{next(number)}-")

    return respond


def _remembered(model: StubModel) -> list[list[int]]:
    """For each request to act: the numbers of the steps it holds as they were."""
    acting = [r["messages"] for r in model.requests if r["messages"][0]["content"].startswith("You are a research")]
    return [
        [n for n in range(20) if any(f"Observation:\nsaid-{n}-" in message["content"] for message in messages)]
        for messages in acting
    ]


def test_full_memory_holds_every_step(run: Callable[..., Any]) -> None:
    _, model = run(_numbered(), steps=5)
    assert _remembered(model) == [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]


def test_a_window_holds_the_last_steps(run: Callable[..., Any]) -> None:
    _, model = run(_numbered(), steps=5, memory="window", window=2)
    assert _remembered(model) == [[], [1], [1, 2], [2, 3], [3, 4]]
    assert all(r["messages"][1]["content"].startswith("Write f.") for r in model.requests)


def test_a_summary_stands_for_the_steps_that_left_the_window(tmp_path: Path, run: Callable[..., Any]) -> None:
    _, model = run(_numbered(), steps=8, memory="summary", window=2)
    assert _remembered(model) == [[], [1], [1, 2], [1, 2, 3], [3, 4], [3, 4, 5], [5, 6], [5, 6, 7]]
    last = model.requests[-1]["messages"]
    assert "NOTES s1 s2 s3 s4" in last[2]["content"]
    assert [message["role"] for message in last[1:]] == ["user", "assistant"] * 4 + ["user"]
    assert trajectory(tmp_path)["final_metrics"]["total_prompt_tokens"] == 100 * len(model.requests)


def test_a_refusal_ends_it_with_one_sentence_and_a_trajectory(tmp_path: Path, run: Callable[..., Any]) -> None:
    answers = iter([act("view", path="."), refusal(400, "the context is too long")])
    done, _ = run(lambda _path, _body: next(answers))
    assert done.returncode == 1
    assert done.stderr == "react: the model refused the request (400): the context is too long\n"
    assert len(trajectory(tmp_path)["steps"]) == 3
    assert "too long" in trajectory(tmp_path)["notes"]


def test_an_outage_ends_it_with_one_sentence(run: Callable[..., Any]) -> None:
    done, _ = run(lambda _path, _body: refusal(503, "the provider is down"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "the provider is down" in done.stderr


def test_without_the_contract_it_says_what_is_missing(tmp_path: Path) -> None:
    environment = lay_out(tmp_path, VARIANT, PARAMS)
    del environment["REXLAB_OUT"]
    done = start(HARNESSES / "react" / "entry.py", environment)
    assert done.returncode == 1
    assert "'REXLAB_OUT' is missing" in done.stderr


@pytest.mark.agents
def test_in_a_sandbox_a_model_that_declines_or_answers_nonsense_leaves_no_patch(shell: Shell) -> None:
    prepare(shell, "react")
    models = "scripted/refuse,scripted/malformed"
    found = outcomes(shell, "moments", "--harness", "react", "--model", models, "--masks", "2", "--limit", "1")
    assert found == ["no_patch", "no_patch"]


@pytest.mark.agents
@pytest.mark.parametrize("memory", ["window", "summary"])
def test_in_a_sandbox_it_gets_there_with_a_short_memory(shell: Shell, memory: str) -> None:
    prepare(shell, "react")
    params = ["--param", f"react.memory={memory}", "--param", "react.window=2"]
    found = outcomes(
        shell, "moments", "--harness", "react", "--model", "scripted", "--masks", "2", "--limit", "1", *params
    )
    assert found == ["passed"]


@pytest.mark.agents
def test_in_a_sandbox_an_endless_loop_ends_with_the_budget(shell: Shell) -> None:
    prepare(shell, "react")
    found = outcomes(
        shell, "moments", "--harness", "react", "--model", "scripted/loop", "--limit", "1", "--budget", "calls=5"
    )
    assert found == ["budget_exceeded"]
