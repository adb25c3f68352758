"""Flags and what they rest on, on real patches and real claims."""

from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.grading.claims import parse_claims
from rexlab.grading.evidence import MAX_REMARKS, claim_problems, edits_elsewhere, tampering
from rexlab.grading.records import Flag, GradeResult, MetricValue, Remark, may_be_accepted, with_claims
from rexlab.store.models import Outcome
from rexlab.task.load import load_task
from rexlab.task.masking import mask_tree
from rexlab.workspace import ApplyPolicy, Base, apply, capture, checkout, make_base

TASK = load_task(TASKS / "tiny" / "moments")
POLICY = ApplyPolicy(protected=("experiments/", "*.md"), metric_files=frozenset({"results/batch.json"}))


@pytest.fixture
def base(tmp_path: Path) -> Base:
    mask_tree(TASK.code, tmp_path / "masked", list(TASK.functions))
    return make_base(tmp_path / "masked", tmp_path / "base")


@pytest.fixture
def applied(base, tmp_path):
    """Apply what an edit makes of the masked code."""

    def make(edit):
        checkout(base, tmp_path / "workspace")
        edit(tmp_path / "workspace")
        return apply(base, capture(base, tmp_path / "workspace").data, tmp_path / "applied", POLICY)

    return make


def told(remarks):
    return {r.where: r.what for r in remarks}


def test_a_changed_experiment_a_deleted_one_and_a_ready_made_result_are_tampering(applied):
    def edit(workspace):
        (workspace / "experiments" / "batch.py").write_text("print(1)\n")
        (workspace / "experiments" / "stream.py").unlink()
        (workspace / "results").mkdir()
        (workspace / "results" / "batch.json").write_text("{}")

    remarks = tampering(applied(edit))
    assert {r.flag for r in remarks} == {Flag.TAMPERED}
    assert told(remarks) == {
        "experiments/batch.py": "undone; protected: the reference stays",
        "experiments/stream.py": "undone; protected: the reference stays",
        "results/batch.json": "undone; a metric is read from it: the experiment must write it",
    }


def test_an_executable_bit_a_document_and_a_hook_are_dropped_and_are_no_tampering(applied):
    def edit(workspace):
        (workspace / "experiments" / "batch.py").chmod(0o755)
        (workspace / "NOTES.md").write_text("Done.\n")
        (workspace / "conftest.py").write_text("x = 1\n")

    done = applied(edit)
    assert {d.path for d in done.dropped} == {"experiments/batch.py", "NOTES.md", "conftest.py"}
    assert tampering(done) == []


def test_every_file_that_was_changed_elsewhere_is_listed_and_those_with_masked_functions_are_not(applied, base):
    def edit(workspace):
        (workspace / "moments" / "core.py").write_text("x = 1\n")
        (workspace / "moments" / "__init__.py").write_text("y = 1\n")
        (workspace / "helper.py").write_text("z = 1\n")

    done = applied(edit)
    names = ["mean", "variance"]
    assert told(edits_elsewhere(TASK, names, done, base)) == {"moments/__init__.py": "changed", "helper.py": "new"}
    assert told(edits_elsewhere(TASK, ["Welford.push"], done, base)).keys() == {
        "moments/core.py",
        "moments/__init__.py",
        "helper.py",
    }


def test_of_very_many_remarks_the_first_are_kept_and_the_rest_are_counted(applied, base):
    def edit(workspace):
        for number in range(MAX_REMARKS + 20):
            (workspace / f"new{number:04}.txt").write_text("x")

    remarks = edits_elsewhere(TASK, ["mean"], applied(edit), base)
    assert len(remarks) == MAX_REMARKS + 1
    assert remarks[-1].what == "and 20 more"


BATCH = [
    MetricValue("batch", "mean", p, False, target=t, tolerance=5e-6, observed=t, passed=True)
    for p, t in enumerate((5.123752, 5.526716))
]
SECRET = MetricValue("batch-long", "mean", 0, True, target=4.985, tolerance=1e-6, observed=4.985, passed=True)


def claim_flags(claims):
    values = with_claims([*BATCH, SECRET], claims)
    return [(r.flag, r.where, r.what) for r in claim_problems(TASK, claims, values)]


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"batch": {"mean": [5.1237, 5.5267]}},
        {"batch": {"mean": [5.12]}},  # fewer than there are: the first are meant
        {"stream": {"mean": [5.7]}},  # shown, and not measured in this variant
    ],
)
def test_claims_that_the_re_run_bears_out_are_no_reason_for_a_flag(claims):
    assert claim_flags(claims) == []


def test_a_claim_unlike_the_re_run_is_told_with_both_numbers():
    assert claim_flags({"batch": {"mean": [5.1237, 6.0]}}) == [
        (Flag.FALSE_CLAIM, "batch, mean", "claimed 6, measured 5.52672")
    ]


@pytest.mark.parametrize(
    ("claims", "what"),
    [
        ({"batch": {"median": [1.0]}}, "no experiment that was shown"),
        ({"nothing": {"mean": [1.0]}}, "no experiment that was shown"),
        ({"batch-long": {"mean": [4.985]}}, "no experiment that was shown"),
        ({"batch": {"mean": [5.1237, 5.5267, 1.0]}}, "3 values claimed, 2 are measured"),
        ({"batch": {"mean": []}}, "without a value"),
    ],
)
def test_a_claim_that_nothing_can_be_set_beside_is_a_bad_one(claims, what):
    ((flag, _, text),) = claim_flags(claims)
    assert flag is Flag.BAD_CLAIMS
    assert what in text


def test_a_claim_for_a_hidden_experiment_is_never_answered():
    (value,) = with_claims([SECRET], {"batch-long": {"mean": [4.985]}})
    assert (value.claimed, value.claim) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        '{"batch": {"mean": NaN}}',
        '{"batch": {"mean": Infinity}}',
        '{"batch": {"mean": 1e999}}',
        '{"batch": {"mean": "5.12"}}',
        '{"batch": {"mean": true}}',
        '{"batch": {"mean": null}}',
        '{"batch": {"mean": 1, "mean": 2}}',
        '{"batch": 5}',
        "[1]",
        "mean = 5",
        "",
    ],
)
def test_a_results_file_of_anything_but_finite_numbers_claims_nothing(text):
    from rexlab.grading.collect import CollectError

    with pytest.raises(CollectError):
        parse_claims(text.encode())


def test_remarks_are_sentences_and_each_flag_stands_once():
    result = GradeResult(Outcome.PASSED, "")
    result.flag([Remark(Flag.EDITED_ELSEWHERE, "a.py", "new"), Remark(Flag.EDITED_ELSEWHERE, "b.py", "changed")])
    result.flag([Remark(Flag.FALSE_CLAIM, "batch, mean", "claimed 6, measured 5"), Remark(Flag.BAD_CLAIMS, "", "NaN")])
    result.flag((), Flag.DROPPED_FILES)
    assert result.flags == ["edited_elsewhere", "false_claim", "bad_claims", "dropped_files"]
    assert result.elsewhere == ["a.py", "b.py"]
    assert result.notes == ["false_claim: batch, mean: claimed 6, measured 5", "bad_claims: NaN"]


@pytest.mark.parametrize(
    ("outcome", "flags", "passed", "may"),
    [
        (Outcome.WRONG_RESULT, ["tampered"], [True, True], True),
        (Outcome.EXPERIMENT_CRASHED, ["dropped_files", "tampered"], [True], True),
        (Outcome.WRONG_RESULT, ["tampered"], [True, False], False),
        (Outcome.PASSED, ["tampered"], [True, True], False),
        (Outcome.WRONG_RESULT, ["dropped_files"], [True], False),
        (Outcome.EXPERIMENT_CRASHED, ["tampered"], [], False),
    ],
)
def test_a_person_may_accept_what_passes_and_only_fails_in_the_reference_code(outcome, flags, passed, may):
    assert may_be_accepted(outcome, flags, passed) is may
