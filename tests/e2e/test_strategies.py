"""Strategies over any harness: every attempt is kept, the choice is on record, and hidden experiments have no say."""

import json

import pytest

AGENT = """
import json, os, pathlib

seed = int(os.environ["REXLAB_SEED"])
prompt = pathlib.Path(os.environ["REXLAB_TASK"], "prompt.md").read_text()
print("seed", seed)
core = pathlib.Path("moments/core.py")
right = {right}
lines = core.read_text().splitlines(keepends=True)
place = next(i for i, line in enumerate(lines) if "raise NotImplementedError" in line or "return sum(numbers)" in line)
lines[place] = "    return sum(numbers) / len(numbers)\\n" if right else "    return sum(numbers) / 7\\n"
core.write_text("".join(lines))
claimed = [5.12375, 4.96175] if right or {lies} else [1.0, 1.0]
pathlib.Path(os.environ["REXLAB_RESULTS"]).write_text(json.dumps({{"batch": {{"mean": claimed}}}}))
"""


@pytest.fixture
def run(shell):
    """Runs the agent on the mean of the small task, and returns its one trial."""

    def start(strategy, *, right, lies="False", model=()):
        program = shell.folder / "agent.py"
        program.write_text(AGENT.format(right=right, lies=lies))
        shell(
            *("run", "moments", "--command", "python ./agent.py", "--masks", "1", "--limit", "1", "--unsafe"),
            *("--strategy", strategy, *model),
        )
        return shell.json("trials", "show", shell.json("trials", "list", "latest")[0]["id"])

    return start


def test_the_best_of_n_by_the_visible_experiments_is_graded_and_all_are_kept(shell, run):
    trial = run("best-of-n:n=3,verifier=visible", right="seed % 3 == 0")
    assert trial["outcome"] == "passed", trial["detail"]
    selection = trial["selection"]
    right = [a["attempt"] for a in selection["attempts"] if a["score"] == 1.0]
    assert right == [selection["chosen"]]
    assert len(selection["attempts"]) == 3
    kept = {path.name for path in (shell.home / "artifacts").rglob("*attempt-*-patch.diff")}
    assert kept == {f"1-attempt-{n}-patch.diff" for n in (1, 2, 3)}
    assert "best-of-n n=3 verifier=visible" in trial["agent"]
    shown = shell("trials", "show", trial["id"]).stdout
    assert f"attempt {right[0]} (chosen)" in shown
    assert not any(word in json.dumps(selection) for word in ("batch-long", "hidden"))


def test_iterate_goes_on_from_the_best_attempt_and_tells_what_failed(shell, run):
    trial = run("iterate:n=4", right="'An earlier attempt' in prompt and 'sum(numbers) / 7' in core.read_text()")
    assert trial["outcome"] == "passed", trial["detail"]
    assert [a["attempt"] for a in trial["selection"]["attempts"]] == [1, 2]
    assert trial["selection"]["chosen"] == 2
    assert "nothing to say" in trial["selection"]["stopped"]
    prompts = sorted((shell.home / "artifacts").rglob("*attempt-2-prompt.md"))
    told = prompts[0].read_text()
    assert "* batch: " in told
    assert "are not those of the authors' code" in told
    assert "5.123" not in told
    assert "batch-long" not in told


def test_a_verifier_that_takes_the_agents_word_can_be_fooled(run):
    trial = run("best-of-n:n=2,verifier=claim", right="False", lies="True")
    assert trial["outcome"] == "wrong_result"
    scores = [a["score"] for a in trial["selection"]["attempts"]]
    assert scores[0] == scores[1] > 0
    assert "false_claim" in trial["flags"]


def test_a_model_as_judge_scores_each_attempt(shell, run, require):
    require("bubblewrap")
    shell.variables["REXLAB_SANDBOX"] = "bubblewrap"
    trial = run("best-of-n:n=3,verifier=judge", right="seed % 3 == 0", model=("--model", "scripted"))
    assert trial["outcome"] == "passed", trial["detail"]
    assert trial["usage"]["calls"] == 3
    scores = {a["attempt"]: a["score"] for a in trial["selection"]["attempts"]}
    chosen = scores.pop(trial["selection"]["chosen"])
    assert chosen > max(scores.values())


def test_attempts_that_change_nothing_are_no_patch(shell):
    shell("run", "moments", "--command", "true", "--limit", "1", "--unsafe", "--strategy", "best-of-n:n=2")
    (trial,) = shell.json("trials", "list", "latest")
    assert trial["outcome"] == "no_patch"
    assert [a["score"] for a in trial["selection"]["attempts"]] == [-1.0, -1.0]


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("best-of-n:n=1", "greater than or equal to 2"),
        ("best-of-n:m=3", "m: Extra inputs"),
        ("all", "kind: Input should be"),
        ("best-of-n:n", "'n' is not NAME=VALUE"),
        ("best-of-n:verifier=judge", "the verifier judge asks the agent's model"),
    ],
)
def test_a_strategy_that_cannot_be_used_is_told_in_a_sentence(shell, strategy, words):
    done = shell("run", "moments", "--command", "true", "--strategy", strategy, "--unsafe", code=2)
    assert words in " ".join(done.stderr.split())
