"""docs/faults.md says what is tested."""

from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def test_every_fault_is_in_the_table_of_the_documentation(request: pytest.FixtureRequest) -> None:
    found = [item.callspec.params.get("fault") for item in request.session.items if hasattr(item, "callspec")]
    text = PAGE.read_text()
    missing = {f.name for f in found if f and f"| {f.name} | {f.when} | {f.sandbox} |" not in text}
    assert not missing
