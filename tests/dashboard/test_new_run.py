"""A run that is being put together: counted as it will be planned, and what speaks against it in a sentence."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rexlab.cluster.workers import ListeningWorker
from rexlab.dashboard.new_run import MOST, Draft, draft_of
from rexlab.dashboard.new_run_choices import KnownTasks, harness_choices, task_choices
from rexlab.errors import BrokerError, ManifestError, NotFoundError
from rexlab.execution.plan import plan_run
from rexlab.execution.request import RunRequest, spec_of
from rexlab.execution.request_checks import choose_backend
from rexlab.settings import Settings
from rexlab.store.estimates import Past
from rexlab.task.suites import find_tasks

TASKS = Path(__file__).parents[1] / "data" / "tasks"
PLAIN = RunRequest(("tiny",), harness="noop")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", tasks_path=str(TASKS), sandbox="process")


def draft(
    request: RunRequest,
    settings: Settings,
    past: Sequence[Past] = (),
    listening: Callable[[], Sequence[ListeningWorker]] = list,
) -> Draft:
    return draft_of(
        request, settings, find=find_tasks, sandbox=choose_backend, past=lambda _: past, listening=listening
    )


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN,
        replace(PLAIN, harness="noop,oracle,mutant", masks="0..3", trials=3),
        replace(PLAIN, suites=("classic/deis", "tiny"), masks="1,2", sample=2, seed=5),
        replace(PLAIN, suites=("classic/deis",), masks="1..4", progressive=3),
        replace(PLAIN, suites=("classic/deis",), masks="2", limit=4),
        replace(PLAIN, suites=("extension/lion-cautious", "tiny"), hints="default,hints"),
    ],
    ids=["plain", "all", "sample", "chains", "limit", "extension"],
)
def test_it_counts_the_trials_that_are_planned(request_: RunRequest, settings: Settings) -> None:
    found = draft(request_, settings)
    plan = plan_run(spec_of(request_, settings))
    assert found.problem == ""
    assert found.trials == len(plan.trials)
    assert sum(line.trials for line in found.tasks) == found.trials
    assert [sum(v.task == line.task for v in plan.variants) for line in found.tasks] == [
        line.variants for line in found.tasks
    ]
    assert list(found.agents) == [agent.label for agent in plan.agents]
    assert not settings.home.exists()  # nothing was written


def test_what_is_known_of_the_agents_is_used(settings: Settings) -> None:
    agent = plan_run(spec_of(PLAIN, settings)).agents[0].id
    known = Past(agent, "noop", None, False, "tiny/moments", 4, 8.0, 16.0, 0, 0.0, 0.0)
    found = draft(replace(PLAIN, trials=2, workers=1), settings, [known]).estimate
    assert found is not None
    assert found.seconds is not None
    assert found.seconds.mean == pytest.approx(12)  # 3 variants, 2 attempts, 2 s


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"harness": "react", "model": "scripted"}, "the process sandbox has no network"),
        ({"harness": "react"}, "harness react asks a model"),
        ({"harness": "", "command": "true"}, "accept the risk with --unsafe"),
        ({"masks": "7"}, "no variant has 7 masked functions"),
        ({"sandbox": "cellar"}, "no sandbox is called 'cellar'"),
        ({"suites": ("nowhere",)}, "no suite, task or task folder is called 'nowhere'"),
    ],
)
def test_what_speaks_against_it_is_a_sentence(changed: dict[str, object], words: str, settings: Settings) -> None:
    assert words in draft(replace(PLAIN, **changed), settings).problem  # type: ignore[arg-type]


def test_the_plan_is_shown_though_a_key_is_missing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    asked = replace(PLAIN, harness="react", model="openai/gpt-4o", sandbox="bubblewrap")
    fake = choose_backend("process")
    monkeypatch.setattr(fake, "name", "bubblewrap", raising=False)
    found = draft_of(asked, settings, find=find_tasks, sandbox=lambda _: fake, past=lambda _: (), listening=lambda: ())
    assert "OPENAI_API_KEY" in found.problem
    assert (found.trials, found.estimate is not None) == (3, True)


def test_a_run_of_workers_takes_as_long_as_they_need_and_says_which_are_missing(settings: Settings) -> None:
    asked = replace(PLAIN, executor="celery")
    two = [ListeningWorker("a", ("cpu",), 3), ListeningWorker("b", ("gpu", "cpu"), 5)]
    found = draft(asked, settings, listening=lambda: two)
    assert (found.problem, found.remark, found.workers) == ("", "", 8)
    alone = draft(asked, settings, listening=lambda: [ListeningWorker("g", ("gpu",), 4)])
    assert alone.remark == "no worker listens to cpu: these trials wait until one does"
    assert draft(PLAIN, settings, listening=lambda: two).workers == settings.workers

    def gone() -> list[ListeningWorker]:
        raise BrokerError("the broker at x does not answer")

    broken = draft(asked, settings, listening=gone)
    assert broken.problem == "the broker at x does not answer"
    assert broken.trials == 3


def test_the_process_sandbox_says_what_it_leaves_open(settings: Settings) -> None:
    assert draft(PLAIN, settings).remark.startswith("process sandbox: ")


def test_an_enormous_plan_is_refused_at_once_with_its_size(settings: Settings, tmp_path: Path) -> None:
    suite = tmp_path / "tasks" / "large" / "moments"
    shutil.copytree(TASKS / "tiny" / "moments", suite)
    core = suite / "code" / "moments" / "core.py"
    names = [f"f{i}" for i in range(40)]
    core.write_text(core.read_text() + "".join(f"\n\ndef {name}():\n    return 1\n" for name in names))
    text = (suite / "task.toml").read_text()
    for name in names:
        entry = f'path = "moments/core.py"\nqualname = "{name}"\ndescription = "Gives the number one, always."'
        text = text.replace("\n[[experiment]]", f"\n[[function]]\n{entry}\n\n[[experiment]]", 1)
    last = text.rindex('"Welford.push"]')
    named = ", ".join(f'"{name}"' for name in names)
    (suite / "task.toml").write_text(f"{text[:last]}{named}, {text[last:]}")
    large = settings.model_copy(update={"tasks_path": str(tmp_path / "tasks")})
    began = time.monotonic()
    found = draft(replace(PLAIN, suites=("large",), masks="20", limit=3), large)
    assert "960,566,918,220 trials" in found.problem
    assert f"{MOST:,}" in found.problem
    assert "draw a sample" in found.problem
    assert time.monotonic() - began < 20
    many = draft(replace(PLAIN, suites=("large",), masks="2", trials=1000), large)
    assert "903,000 trials" in many.problem
    assert many.trials == 903_000
    assert draft(replace(PLAIN, suites=("large",), masks="20", sample=3), large).trials == 3


def test_tasks_are_loaded_again_when_a_file_of_theirs_changes(settings: Settings, tmp_path: Path) -> None:
    shutil.copytree(TASKS, tmp_path / "tasks")
    folders = [tmp_path / "tasks"]
    known = KnownTasks()
    (first,) = known.find("tiny", folders)
    assert known.find("tiny", folders)[0] is first
    before = first.digest
    core = first.code / "moments" / "core.py"
    core.write_text(core.read_text() + "\n# changed\n")
    (second,) = known.find("tiny", folders)
    assert second.digest != before
    shutil.copytree(first.folder, tmp_path / "tasks" / "tiny" / "other")
    other = tmp_path / "tasks" / "tiny" / "other" / "task.toml"
    other.write_text(other.read_text().replace('name = "moments"', 'name = "other"', 1))
    assert [task.name for task in known.find("tiny", folders)] == ["moments", "other"]
    shutil.rmtree(tmp_path / "tasks")
    with pytest.raises(NotFoundError):
        known.find("tiny", folders)


def test_reading_ahead_passes_over_what_cannot_be_read(tmp_path: Path) -> None:
    shutil.copytree(TASKS, tmp_path / "tasks")
    (tmp_path / "tasks" / "broken" / "task").mkdir(parents=True)
    (tmp_path / "tasks" / "broken" / "task" / "task.toml").write_text("[task\n")
    folders = [tmp_path / "tasks"]
    known = KnownTasks()
    known.read_ahead(folders)
    assert list(known._kept) == ["tiny"]
    with pytest.raises(ManifestError):
        known.find("broken", folders)


def test_a_broken_manifest_and_a_broken_harness_spoil_no_others(settings: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "tasks" / "tiny" / "broken"
    broken.mkdir(parents=True)
    (broken / "task.toml").write_text("[task\n")
    harness = tmp_path / "harnesses" / "bad"
    harness.mkdir(parents=True)
    (harness / "harness.toml").write_text("schema = 1\n")
    changed = {"tasks_path": f"{tmp_path / 'tasks'}", "harnesses_path": str(tmp_path / "harnesses")}
    found = settings.model_copy(update=changed)
    choices = {task.id: task for task in task_choices(found)}
    assert choices["tiny/broken"].title == "its manifest cannot be read"
    assert choices["classic/deis"].functions > 3
    assert choices["extension/lion-cautious"].extension
    harnesses = harness_choices(found)
    assert "oracle" in harnesses.found
    assert "bad" not in harnesses.found
    assert len(harnesses.problems) == 1
