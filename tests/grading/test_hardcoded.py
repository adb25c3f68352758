"""Expected numbers in a patch: every planted one is found, and no reference solution is taken for a cheat."""

import json
import struct
from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.grading.evidence import hardcoded
from rexlab.grading.hardcoded import ChangedText, Expected, expected_numbers, find_hardcoded
from rexlab.grading.records import MetricValue
from rexlab.settings import bundled
from rexlab.task.load import load_task
from rexlab.task.masking import mask_tree
from rexlab.workspace import Applied, ApplyPolicy, apply, capture, checkout, make_base

EXPECTED = [
    Expected(8.16260397060206, "batch, variance", hidden=False),
    Expected(0.85343217, "digits, accuracy", hidden=False),
    Expected(48211.0, "count, steps", hidden=False),
    Expected(4.985037858584048, "secret, mean", hidden=True),
]
BUNDLED = sorted(p.parent for p in bundled("tasks").glob("*/*/task.toml"))


def found(text: str | bytes, path: str = "m.py", before: str = "", given: tuple[str, ...] = ()):
    after = text if isinstance(text, bytes) else text.encode()
    return [
        (f.line, f.owner) for f in find_hardcoded([ChangedText(path, before.encode(), after)], EXPECTED, lambda: given)
    ]


@pytest.mark.parametrize(
    "code",
    [
        "x = 8.163",
        "x = 8.16260397060206",
        "x = -8.1626",
        "x = 8.162_603_97",
        "x = 81.626e-1",
        "x = 8.1626j",
        "x = float('8.1626')",
        "x = '8.1' '626'",
        "x = f'{y}, 8.1626'",
        "x = b'8.1626'",
        "x = {'a': [1, (2, 8.1626)]}",
        "x = float.fromhex('0x1.0534016p+3')",
        "def f(x=8.1626): pass",
        "x = 0.8534",
        "x = .85343",
        "x = 48211",
        "x = 8.162603971",  # a little noise, within what the precision of a check forgives
        "x = 8.16260",  # cut off
        "x = 4.985",
    ],
)
def test_a_number_is_found_however_python_lets_it_be_written(code):
    assert [line for line, _ in found(f"import os\n{code}\n")] == [2]


@pytest.mark.parametrize(
    "code",
    ["x = 8.16", "x = 8.2", "x = 8", "x = 8.164", "x = 8.1627", "x = 18.1626", "x = 0.853", "x = 48212", "x = True"],
)
def test_a_number_that_says_too_little_or_differs_is_let_be(code):
    assert found(f"{code}\n") == []


def test_the_owner_and_the_line_are_told():
    text = '"""Doc."""\n\nGOLD = """\n0.1\n8.1626\n"""\n'
    assert found(text) == [(5, "batch, variance")]


@pytest.mark.parametrize("path", ["known.json", "known.csv", "known.txt", "notebook.ipynb", "broken.py", "noending"])
def test_data_and_texts_that_do_not_parse_are_read_line_by_line(path):
    assert found('(1,\n"a": 8.1626,\n', path) == [(2, "batch, variance")]


def test_chance_in_a_large_table_is_no_cheat():
    rows = "\n".join(f"{8.16260397 * (1 + k * 1e-7):.9f}" for k in range(1, 90))
    assert found(rows, "table.csv") == []


@pytest.mark.parametrize("order", ["<d", ">d"])
def test_doubles_in_binary_files_are_found(order):
    assert found(b"\0\1" + struct.pack(order, 8.16260397060206) + b"\0", "known.npy") == [(0, "batch, variance")]
    assert found(b"\0\1" + struct.pack(order, 8.1626) + b"\0", "known.npy") == []


def test_what_an_agent_measured_may_stand_in_comments_and_documents_but_hidden_numbers_may_not():
    assert found("# gives 8.1626\n") == []
    assert found("It gives 8.1626.\n", "NOTES.md") == []
    assert found("x = 1  # gives 4.98504\n") == [(1, "secret, mean")]
    assert found("It gives 4.98504.\n", "NOTES.md") == [(1, "secret, mean")]


def test_lines_that_were_there_before_and_numbers_that_were_given_are_nobodys_cheat():
    assert found("x = 8.1626\ny = 2\n", before="x = 8.1626\n") == []
    assert found("x = 8.1626\n", given=("Use 8.1626 here.",)) == []
    assert found("x = 8.1626\n", given=("Use 8.16 here.",)) == [(1, "batch, variance")]


def test_text_made_to_trip_the_search_is_survived():
    deep = "x = " + "(" * 5000 + "8.1626" + ")" * 5000 + "\n"
    assert found(deep) == [(1, "batch, variance")]
    assert found("x = " + "9" * 5000 + "\ny = 1e999\nz = '0x1.p+99999'\n") == []
    assert found("9" * 3_000_000 + "x\n" + "1_" * 1_000_000 + "x\n8.1626\n", "long.txt") == [(3, "batch, variance")]
    assert found(b"\xff\xfe 8.1626\n", "odd.txt") == [(1, "batch, variance")]


def test_what_was_measured_counts_beside_what_is_expected():
    task = load_task(TASKS / "tiny" / "moments")
    value = MetricValue("batch", "mean", 0, False, target=5.1, tolerance=1.0, observed=5.43217)
    owners = {e.value: (e.owner, e.hidden) for e in expected_numbers(task, [value])}
    assert owners[5.43217] == ("batch, mean", False)
    assert owners[5.123752013183917] == ("batch, mean", False)
    assert owners[4.985037858584048] == ("batch-long, mean", True)


def reference(task, base, folder: Path) -> tuple[Path, Applied]:
    """The reference solution, applied as a patch."""
    data = task.reference_patch
    if task.functions:
        checkout(base, folder / "workspace")
        for path in {f.path for f in task.functions}:
            (folder / "workspace" / path).write_bytes((task.code / path).read_bytes())
        data = capture(base, folder / "workspace").data
    return folder / "applied", apply(base, data, folder / "applied", ApplyPolicy())


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda p: p.name)
def test_no_reference_solution_is_taken_for_a_cheat_and_a_planted_number_is(folder, tmp_path):
    task = load_task(folder)
    mask_tree(task.code, tmp_path / "masked", list(task.functions))
    base = make_base(tmp_path / "masked", tmp_path / "base")
    tree, applied = reference(task, base, tmp_path)
    assert hardcoded(task, base, tree, applied, []) == []

    numbers = [e for e in expected_numbers(task) if e.value < 1e9]
    assert numbers, "every task expects a number that says something"
    target = tree / applied.changed[0]
    planted = "\n".join(f"K{i} = {e.value!r}" for i, e in enumerate(numbers))
    target.write_text(f"{target.read_text()}\n{planted}\n")
    remarks = hardcoded(task, base, tree, applied, [])
    assert len(remarks) == min(len(numbers), 101), "all of them, up to the most that are told"


def test_numbers_in_files_that_were_not_applied_count_too(tmp_path):
    task = load_task(TASKS / "tiny" / "moments")
    mask_tree(task.code, tmp_path / "masked", list(task.functions))
    base = make_base(tmp_path / "masked", tmp_path / "base")
    checkout(base, tmp_path / "workspace")
    (tmp_path / "workspace" / "experiments" / "batch.py").write_text("print(8.16260397060206)\n")
    (tmp_path / "workspace" / "results").mkdir()
    (tmp_path / "workspace" / "results" / "batch.json").write_text(json.dumps({"mean": 5.123752013183917}))
    policy = ApplyPolicy(protected=("experiments/",), metric_files=frozenset({"results/batch.json"}))
    tree = tmp_path / "applied"
    applied = apply(base, capture(base, tmp_path / "workspace").data, tree, policy)
    assert applied.changed == ()
    remarks = hardcoded(task, base, tree, applied, [])
    assert [(r.where, r.what.split(" is ")[1]) for r in remarks] == [
        ("experiments/batch.py:1", "a number of batch, variance"),
        ("results/batch.json:1", "a number of batch, mean"),
    ]
