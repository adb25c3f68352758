"""The page on agents says what is there: the example it quotes, the scripted models, the settings, the harnesses."""

import re
from pathlib import Path
from textwrap import indent

from rexlab.execution.request_agents import SETTINGS
from rexlab.gateway.scripted.behaviours import BEHAVIOURS
from rexlab.harness.manifest import iterate_harnesses, load_harness
from rexlab.settings import bundled

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "agents.md").read_text()
EXAMPLE = ROOT / "docs" / "own-harness-example"


def test_the_example_is_quoted_to_the_letter_and_has_twenty_lines():
    for name in ("harness.toml", "entry.py"):
        assert indent((EXAMPLE / name).read_text(), "    ") in PAGE
    code = [line for line in (EXAMPLE / "entry.py").read_text().splitlines() if line.strip()]
    assert len(code) <= 20


def test_every_scripted_model_stands_in_the_table():
    named = set(re.findall(r"^\| `(scripted(?:/[a-z]+)?)` ", PAGE, re.MULTILINE))
    assert named == {"scripted", *(f"scripted/{name}" for name in BEHAVIOURS)}


def test_every_setting_and_every_harness_that_asks_a_model_is_named():
    for setting in SETTINGS:
        assert f"`--setting {setting}`" in PAGE
    for folder in iterate_harnesses([bundled("harnesses")]).values():
        if load_harness(folder).manifest.model:
            assert f"[`{folder.name}`](../harnesses/{folder.name}/README.md)" in PAGE
            assert (folder / "README.md").is_file()
