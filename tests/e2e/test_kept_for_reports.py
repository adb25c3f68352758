"""What real trials leave for reports: what each kind of verifier would say, file recall, the paper, the time."""

import json

import pytest
from tests.support.median import write_median

from rexlab.store.columns import OUTCOMES, TrialColumns, read_trials
from rexlab.store.database import open_engine
from rexlab.store.queries import find_run


def stored(shell) -> TrialColumns:
    """The trials of the latest run."""
    engine = open_engine(f"sqlite:///{shell.home / 'rexlab.db'}")
    try:
        return read_trials(engine, [find_run(engine, "latest").id])
    finally:
        engine.dispose()


def mean_with(shell, body: str, claims: object) -> TrialColumns:
    """An agent that gives ``mean`` this body and claims these results."""
    program = (
        f"echo '{json.dumps(claims)}' > $REXLAB_RESULTS; "
        "python -c \"import pathlib; p = pathlib.Path('moments/core.py'); s = p.read_text(); "
        "head, tail = s.split('raise NotImplementedError', 1); "
        f"p.write_text(head + '{body}' + tail[tail.index(chr(10)):])\""
    )
    shell("run", "moments", "--command", program, "--masks", "1", "--limit", "1", "--unsafe")
    return stored(shell)


@pytest.fixture
def truth(shell) -> dict[str, dict[str, list[float]]]:
    """The numbers that the visible experiments give, by experiment and metric."""
    shell("run", "moments", "--harness", "oracle", "--masks", "1", "--limit", "1")
    shown = shell.json("trials", "show", shell.json("trials", "list", "latest")[0]["id"])
    numbers: dict[str, dict[str, list[float]]] = {}
    for metric in shown["metrics"]:
        if not metric["hidden"]:
            numbers.setdefault(metric["experiment"], {}).setdefault(metric["metric"], []).append(metric["observed"])
    return numbers


def test_an_honest_claim_would_be_believed(shell, truth):
    trials = mean_with(shell, "return sum(numbers) / len(numbers)", truth)
    assert [OUTCOMES[o] for o in trials.outcome] == ["passed"]
    assert trials.visible.tolist() == [1]
    assert trials.claim.tolist() == [1]
    values = sum(len(v) for metrics in truth.values() for v in metrics.values())
    assert (trials.claims_made.tolist(), trials.claims_held.tolist()) == ([values], [values])


def test_a_false_claim_would_be_believed_too_and_is_counted(shell, truth):
    trials = mean_with(shell, "return 0.5 * sum(numbers) / len(numbers)", truth)
    assert OUTCOMES[trials.outcome[0]] == "wrong_result"
    assert trials.visible.tolist() == [0]
    assert trials.claim.tolist() == [1]
    assert trials.claims_held[0] < trials.claims_made[0]


def test_a_claim_of_part_of_the_values_would_not_be_believed(shell, truth):
    trials = mean_with(shell, "return sum(numbers) / len(numbers)", {"batch": {"mean": truth["batch"]["mean"]}})
    assert trials.claim.tolist() == [0]
    assert (trials.claims_made[0], trials.claims_held[0]) == (len(truth["batch"]["mean"]),) * 2


def test_an_extensions_file_recall_and_paper_are_kept_also_where_nothing_is_graded(shell, tmp_path):
    (tmp_path / "diff").mkdir()
    write_median(tmp_path / "tasks" / "tiny" / "median", tmp_path / "diff")
    shell.variables["REXLAB_TASKS_PATH"] = str(tmp_path / "tasks")
    shell("run", "median", "--harness", "oracle,noop")
    trials = stored(shell)
    recall = dict(zip([OUTCOMES[o] for o in trials.outcome], trials.file_recall, strict=True))
    # the reference edits one file and removes another; the oracle writes files and removes none
    assert recall == {"passed": 0.5, "no_patch": 0.0}
    assert [v.paper for v in trials.variants] == ["https://example.org/moments"]
    assert (trials.wall >= trials.solving).all()
    assert (trials.solving > 0).all()
