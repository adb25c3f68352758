"""Tables that are printed lose nothing of what is in them."""

import io

import pytest
from rich.console import Console

from rexlab.cli.output import print_table

LONG = ", ".join(f"classic/task{number}" for number in range(40))


@pytest.mark.parametrize("columns", [("", ""), ("fact", "value")])
def test_a_long_value_is_folded_and_the_names_of_rows_are_whole(columns: tuple[str, str]) -> None:
    out = io.StringIO()
    print_table(columns, [("planned", "2026"), ("tasks", LONG)], to=Console(file=out, width=80))
    printed = out.getvalue()
    assert {"planned", "tasks"} <= set(printed.split())
    assert [word for word in printed.split() if word.startswith("classic/")] == LONG.split()
