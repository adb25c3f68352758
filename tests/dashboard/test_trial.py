"""A trial in words: its facts, its flags, its progress, its attempts, its files."""

import math

import pytest

from rexlab.dashboard.trial import (
    MEANINGS,
    acceptable,
    attempts,
    description,
    earlier_grades,
    noticed,
    progress,
    used,
    used_in_detail,
)
from rexlab.dashboard.trial_files import file_name, kept_files
from rexlab.dashboard.trial_metrics import EDGE, Deviation, deviation, deviation_figure, metric_rows, summary
from rexlab.dashboard.trial_timeline import call_rows, event_rows, phases, phases_figure, phases_in_words
from rexlab.gateway.contract import Usage
from rexlab.grading.records import Flag
from rexlab.store.artifacts import Artifacts
from rexlab.store.call_row import CallRow
from rexlab.store.models import (
    AgentRow,
    ArtifactRow,
    EventRow,
    GradeRow,
    MetricRow,
    Outcome,
    State,
    TrialRow,
    VariantRow,
)
from rexlab.store.queries import TrialRecord


def trial(**changes):
    row = {"id": "r-00001", "run_id": "r", "position": 1, "variant_id": "v", "agent_id": "a", "attempt": 2, "seed": 7}
    return TrialRow(**{**row, "state": State.FINISHED, "outcome": Outcome.PASSED, **changes})


def graded(**changes):
    row = {
        "id": 1,
        "trial_id": "r-00001",
        "created_at": 10.0,
        "reason": "trial",
        "outcome": Outcome.WRONG_RESULT,
        "credit": 0.5,
        "seconds": 1.0,
        "sandbox": "process",
        "platform_version": "0",
        "task_digest": "d",
    }
    return GradeRow(**{**row, **changes})


def record(grade=None, **changes):
    variant = VariantRow(
        id="v", task="tiny/moments", task_digest="d", task_folder="", kind="masking",
        functions=["moments/core.py:mean", "moments/online.py:Welford.push"], masks=2, shown={"paper": False},
    )  # fmt: skip
    agent = AgentRow(id="a", harness="react", harness_digest="d", model="m", params={}, reference=False)
    return TrialRecord(trial(**changes), variant, agent, grade)


def value(**changes):
    row = {"experiment": "batch", "metric": "mean", "position": 0, "hidden": False, "observed": 1.0, "target": 1.0}
    return MetricRow(**{**row, "grade_id": 1, "tolerance": 0.5, "margin": 0.5, "passed": True, **changes})


def test_what_it_was():
    facts = description(
        record(mutations={"moments/core.py:mean": "x becomes y"}, file_recall=0.5, claims_problem="bad")
    )
    assert facts["Task"] == "tiny/moments, masking"
    assert facts["Masked"] == "mean, Welford.push"
    assert facts["Agent"] == "react m"
    assert facts["Shown to the agent"] == "no paper"
    assert facts["Attempt"] == "2, seed 7"
    assert facts["Mutation of moments/core.py:mean"] == "x becomes y"
    assert facts["Files found"].startswith("50.0 %")
    assert facts["Claims"] == "unreadable: bad"


def test_every_flag_has_a_meaning():
    assert set(MEANINGS) == set(Flag)


def test_flags_with_what_they_rest_on():
    grade = graded(
        flags=["tampered", "dropped_files", "edited_elsewhere", "false_claim"],
        notes=["tampered: experiments/batch.py: undone; protected", "false_claim: batch, mean: claimed 1, measured 2"],
        dropped=[{"path": "sitecustomize.py", "reason": "a start-up hook"}],
        elsewhere=["moments/__init__.py"],
    )
    found = {n.flag: n.notes for n in noticed(record(grade))}
    assert found == {
        "tampered": ["experiments/batch.py: undone; protected"],
        "dropped_files": ["sitecustomize.py: a start-up hook"],
        "edited_elsewhere": ["moments/__init__.py"],
        "false_claim": ["batch, mean: claimed 1, measured 2"],
    }
    assert noticed(record(graded())) == []


def test_where_an_unfinished_trial_is():
    queued = trial(state=State.QUEUED)
    event = EventRow(trial_id="r-00001", at=1.0, kind="interrupted")
    assert progress(queued, [], 9.0).phase == "waiting for a worker"
    assert "interrupted" in progress(queued, [event], 9.0).phase
    running = trial(state=State.RUNNING, started_at=4.0)
    assert (progress(running, [], 9.0).phase, progress(running, [], 9.0).elapsed_s) == ("the agent is at work", 5.0)
    assert "grading" in progress(trial(state=State.RUNNING, started_at=4.0, solved_at=5.0), [], 9.0).phase


def test_what_it_used():
    usage = Usage(calls=3, failures=1, input_tokens=1200, cached_tokens=200, output_tokens=34, cost_usd=0.5, seconds=2)
    assert used(usage.model_dump()) == {
        "Calls": "3 calls to the model, 1 of them failed",
        "Tokens": "1,234",
        "Cost": "$0.50",
    }
    assert "1,200 tokens in, 200 of them cached, 34 out" in used_in_detail(usage.model_dump())
    assert used(Usage(cost_usd=None).model_dump())["Cost"] == "unknown"
    assert "out of money" in used_in_detail(Usage(budget_exceeded="out of money").model_dump())
    assert used(None) == {}


def test_attempts_of_a_strategy():
    selection = {
        "attempts": [
            {"attempt": 1, "score": 0.2, "said": "off", "agent_outcome": "agent_timeout", "patch_sha256": None},
            {"attempt": 2, "score": 1.0, "said": "fine", "agent_outcome": None, "patch_sha256": "a" * 64},
        ],
        "chosen": 2,
    }
    first, second = attempts(selection)
    assert (first["Chosen"], first["Agent"], first["Patch"]) == ("", "agent timeout", "-")
    assert (second["Chosen"], second["Agent"], second["Patch"]) == ("chosen", "ended by itself", "a" * 12)
    assert attempts(None) == []


def test_earlier_grades_are_all_but_the_newest():
    rows = earlier_grades([graded(reason="trial"), graded(reason="regrade"), graded(reason="review")])
    assert [row["Why"] for row in rows] == ["regrade", "trial"]
    assert earlier_grades([graded()]) == []


def test_only_a_patch_that_passes_whole_can_be_accepted():
    tampered = record(graded(flags=["tampered"]))
    assert acceptable(tampered, [value()])
    assert not acceptable(tampered, [value(), value(passed=False)])
    assert not acceptable(record(graded()), [value()])
    assert not acceptable(record(), [])


@pytest.mark.parametrize(
    ("changes", "drawn"),
    [
        ({"observed": 1.25}, Deviation(0.5, False)),
        ({"observed": 0.25, "passed": False}, Deviation(-1.5, False)),
        ({"observed": 1e9, "passed": False}, Deviation(EDGE, True)),
        ({"observed": 2.0, "tolerance": 0.0, "passed": False}, Deviation(EDGE, True)),
        ({"observed": 0.0, "tolerance": 0.0, "passed": False}, Deviation(-EDGE, True)),
        ({"observed": 1.0, "tolerance": 0.0, "passed": False}, Deviation(EDGE, True)),
        ({"observed": 7.0, "tolerance": 0.0, "passed": True}, Deviation(0.0, False)),
        ({"observed": None, "passed": False}, None),
        ({"observed": math.inf, "passed": False}, None),
    ],
)
def test_where_a_value_is_drawn(changes, drawn):
    assert deviation(value(**changes)) == drawn


def test_values_as_rows_and_as_a_sentence():
    values = [
        value(),
        value(position=1, observed=None, passed=False, problem="no file"),
        value(experiment="long", hidden=True, claimed=2.0, claim=False),
    ]
    rows = metric_rows(values)
    assert [row["Metric"] for row in rows] == ["mean[0]", "mean[1]", "mean"]
    assert [row["Experiment"] for row in rows] == ["batch", "batch", "long (hidden)"]
    assert (rows[1]["Observed"], rows[1]["Problem"], rows[2]["Claim"]) == (None, "no file", "false")
    assert summary(values) == "2 of 3 values pass; of the 1 hidden from the agent, 1; 1 could not be read."


def test_the_chart_has_every_value_that_was_read():
    values = [value(), value(passed=False, observed=9.0), value(hidden=True, experiment="long"), value(observed=None)]
    figure = deviation_figure(values)
    assert figure is not None
    assert {t.name: len(t.x) for t in figure.data} == {"passes": 1, "off": 1, "passes, hidden": 1}
    assert list(figure.layout.xaxis.ticktext) == ["batch", "long (hidden)", "batch"]
    assert deviation_figure([value(observed=None)]) is None


def test_names_in_the_chart_are_no_markup():
    figure = deviation_figure([value(experiment="<b>x</b>$y$", metric="%{x}<a href='http://evil.example'>")])
    assert figure is not None
    assert "<b>" not in str(figure.layout.xaxis.ticktext)
    assert "<a" not in str(figure.data[0].hovertext)


def test_phases_end_when_the_patch_was_kept_and_when_it_was_graded():
    timings = {"prepare": 1.0, "solve": 5.0, "capture": 0.5, "grade": 3.0}
    found = phases(trial(started_at=100.0, solved_at=106.5, finished_at=130.0, timings=timings))
    assert [(p.name, p.start_s, p.seconds) for p in found] == [
        ("prepare", 0.0, 1.0),
        ("solve", 1.0, 5.0),
        ("capture", 6.0, 0.5),
        ("grade", 27.0, 3.0),
    ]
    assert phases(trial()) == []
    assert len(phases_figure(found).data) == 4
    assert phases_in_words(found).startswith("prepare 1.00 s (")


def test_phases_never_overlap_where_clocks_disagree():
    timings = {"solve": 5.0, "grade": 3.0}
    solve, grade = phases(trial(solved_at=106.0, finished_at=106.1, timings=timings))
    assert grade.start_s == solve.start_s + solve.seconds


def test_events_and_calls_as_rows():
    events = [
        EventRow(trial_id="t", at=10.0, kind="claimed"),
        EventRow(trial_id="t", at=12.5, kind="solved", message="x"),
    ]
    assert [(r["After"], r["What"]) for r in event_rows(events)] == [("0.00 s", "-"), ("2.50 s", "x")]
    call = CallRow(
        trial_id="t", epoch=2, run_id="r", number=3, at=1.0, protocol="chat", model="m", status=429,
        failure="rate_limited", cost_usd=None,
    )  # fmt: skip
    (row,) = call_rows([call])
    assert (row["Call"], row["Status"], row["Cost"]) == ("2.3", "429 rate limited", "unknown")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("r/r-1/1-patch.diff", "r-1-1-patch.diff"),
        ("r/r-1/1-../../etc/passwd", "r-1-passwd"),
        ("r/r-1/..", "r-1-file"),
        ('r/r-1/a\nb"c;<script>.txt', "r-1-a_b_c_script_.txt"),
        ("r/r-1/" + "x" * 500 + ".json", "r-1-" + "x" * 115 + ".json"),
    ],
)
def test_files_are_handed_out_under_plain_names(path, name):
    assert file_name(ArtifactRow(trial_id="r-1", kind="patch", path=path, size=1, sha256="")) == name


def test_files_that_are_gone_or_of_another_length_are_told(tmp_path):
    store = Artifacts(str(tmp_path))
    rows = [store.save("r-1", 1, kind, f"{kind}.txt", b"data") for kind in ("prompt", "patch", "attempt_patch")]
    (tmp_path / rows[0].path).unlink()
    (tmp_path / rows[1].path).write_bytes(b"longer than it was")
    gone, longer, fine = kept_files(rows, store)
    assert "is gone" in gone.problem
    assert "is not what was saved" in longer.problem
    assert (fine.problem, fine.about) == ("", "what the agent changed, of one attempt of the strategy")
