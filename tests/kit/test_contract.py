"""The harness contract as the kit reads it: from what the platform really writes."""

import json
import time
from pathlib import Path

import pytest
from rexlab_kit.contract import Contract, ContractError

from rexlab.harness.variant_file import describe_variant
from rexlab.task.load import load_task
from rexlab.task.variant import Shown
from tests.kit.layout import lay_out
from tests.support.shell import TASKS


def test_the_kit_reads_what_the_platform_writes(tmp_path: Path) -> None:
    task = load_task(TASKS / "tiny" / "moments")
    names = tuple(f.id for f in task.manifest.function[:2])
    variant = describe_variant(task, names, Shown())
    environment = lay_out(tmp_path, variant, params={"steps": 3}, prompt="Do it.", paper="A paper.")
    contract = Contract.read(environment)
    assert contract.variant.task == task.id
    assert [function.id for function in contract.variant.functions] == list(names)
    assert [e.name for e in contract.variant.experiments] == [e.name for e in task.experiments if not e.hidden]
    assert contract.variant.functions[0].relevant_paper is None
    assert (contract.prompt, contract.paper, contract.params, contract.seed) == ("Do it.", "A paper.", {"steps": 3}, 7)
    assert contract.workspace == tmp_path / "workspace"
    assert contract.deadline == float(environment["REXLAB_DEADLINE"])
    assert contract.seconds_left() > 0


def variant() -> dict:
    return {"task": "t/x", "kind": "masking", "functions": [], "experiments": [], "paper": False, "hints": "default"}


def test_without_a_paper_or_a_model_both_are_none(tmp_path: Path) -> None:
    contract = Contract.read(lay_out(tmp_path, variant()))
    assert (contract.paper, contract.model, contract.base_url, contract.api_key) == (None, None, None, None)


def test_the_part_of_the_paper_that_a_task_names_is_read(tmp_path: Path) -> None:
    function = {"id": "a.py:f", "path": "a.py", "qualname": "f", "description": "d", "relevant_paper": "Section 2"}
    contract = Contract.read(lay_out(tmp_path, variant() | {"functions": [function]}))
    assert contract.variant.functions[0].relevant_paper == "Section 2"


def test_after_the_deadline_no_seconds_are_left(tmp_path: Path) -> None:
    environment = lay_out(tmp_path, variant()) | {"REXLAB_DEADLINE": f"{time.time() - 5:.0f}"}
    assert Contract.read(environment).seconds_left() == 0


def test_a_claim_goes_where_the_platform_looks_for_it(tmp_path: Path) -> None:
    contract = Contract.read(lay_out(tmp_path, variant()))
    contract.claim({"main": {"error": [0.5, 1]}})
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == {"main": {"error": [0.5, 1]}}


@pytest.mark.parametrize("name", ["REXLAB_WORKSPACE", "REXLAB_TASK", "REXLAB_OUT", "REXLAB_DEADLINE", "REXLAB_PARAMS"])
def test_a_missing_variable_is_named(tmp_path: Path, name: str) -> None:
    environment = lay_out(tmp_path, variant())
    del environment[name]
    with pytest.raises(ContractError, match=name):
        Contract.read(environment)


@pytest.mark.parametrize("broken", ["{", "[]", "{}"])
def test_a_broken_variant_file_is_an_error_of_the_contract(tmp_path: Path, broken: str) -> None:
    environment = lay_out(tmp_path, variant())
    (tmp_path / "task" / "variant.json").write_text(broken)
    with pytest.raises(ContractError):
        Contract.read(environment)
