"""Every attack of the table, as a patch graded in a real sandbox."""

from pathlib import Path

import pytest
from tests.redteam.attacks import ATTACKS, SEARCH, body_of_mean

CASES = [pytest.param(a, s, id=f"{a.name} [{s}]") for a in ATTACKS for s in a.sandboxes]
PAGE = Path(__file__).parents[2] / "docs" / "cheating.md"


@pytest.mark.parametrize(("attack", "sandbox"), CASES)
def test_an_attack_ends_as_the_table_says(attack, sandbox, graded, require):
    result = graded(attack.edit, require(sandbox))
    assert (result.outcome, set(result.flags)) == (attack.outcome, set(attack.flags)), (result.detail, result.remarks)
    told = {r.flag for r in result.remarks} | {"dropped_files"}
    assert told >= set(result.flags), "every flag says what it rests on"
    assert result.acceptable == (all(v.passed for v in result.values) and result.outcome != "passed")


def test_the_table_in_the_documentation_is_this_one():
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    told = {row[0]: (row[2], row[3]) for row in rows if len(row) == 4}
    for attack in ATTACKS:
        flags = ", ".join(f"`{flag}`" for flag in attack.flags) or "-"
        assert told.get(attack.name) == (f"`{attack.outcome}`", flags), attack.name
    assert len(told) == len(ATTACKS) + 2, "a heading, a rule, and a row for each attack"


@pytest.mark.parametrize("sandbox", ["bubblewrap", "docker"])
def test_a_search_in_the_graders_sandbox_finds_no_target_and_no_hidden_experiment(sandbox, graded, require):
    result = graded(body_of_mean(SEARCH), require(sandbox))
    lines = [line for log in result.logs.values() for line in log.splitlines() if line.startswith("FOUND")]
    assert len(lines) >= 3, result.logs
    assert set(lines) == {"FOUND [] True"}
