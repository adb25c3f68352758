"""Reference bodies, exact and with seeded mistakes."""

from tests.support.shell import TASKS

from rexlab.harness.reference import exact_files, mutated_files, write_files
from rexlab.task.load import load_task

TASK = load_task(TASKS / "tiny" / "moments")
IDS = [f.id for f in TASK.functions]


def test_exact_files_are_the_reference_of_the_masked_modules_only(tmp_path):
    handed = exact_files(TASK, IDS[:1])
    assert handed.files == {"moments/core.py": (TASK.code / "moments/core.py").read_bytes()}
    write_files(handed, tmp_path)
    assert (tmp_path / "moments/core.py").read_bytes() == handed.files["moments/core.py"]


def test_with_probability_one_every_function_is_wrong_and_with_zero_none():
    assert set(mutated_files(TASK, IDS, 1.0, seed=1).mutations) == set(IDS)
    right = mutated_files(TASK, IDS, 0.0, seed=1)
    assert right.mutations == {}
    assert right.files == exact_files(TASK, IDS).files


def test_mistakes_are_seeded_and_differ_from_seed_to_seed():
    assert mutated_files(TASK, IDS, 0.5, seed=4) == mutated_files(TASK, IDS, 0.5, seed=4)
    assert len({str(mutated_files(TASK, IDS, 1.0, seed=s).mutations) for s in range(10)}) > 5


def test_the_share_of_wrong_functions_is_the_probability():
    wrong = sum(len(mutated_files(TASK, IDS, 0.3, seed=s).mutations) for s in range(400))
    assert abs(wrong / (400 * len(IDS)) - 0.3) < 0.05


def test_a_function_is_as_wrong_alone_as_among_others():
    alone = mutated_files(TASK, IDS[2:], 1.0, seed=9).mutations
    among = mutated_files(TASK, IDS, 1.0, seed=9).mutations
    assert alone.items() <= among.items()
