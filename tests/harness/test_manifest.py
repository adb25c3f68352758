"""Harness manifests: data with clear errors."""

import pytest

from rexlab.errors import InputError, ManifestError, NotFoundError
from rexlab.harness.manifest import find_harness, iterate_harnesses, load_harness
from rexlab.settings import bundled

GOOD = """
schema = 1
[harness]
name = "mine"
title = "Mine"
summary = "A test."
version = "1"
runs_model = false
[run]
command = ["true"]
[[param]]
name = "steps"
type = "int"
default = 3
minimum = 1
maximum = 9
description = "how many"
[[param]]
name = "fast"
type = "bool"
description = "whether to hurry"
"""


@pytest.fixture
def write(tmp_path):
    def make(text):
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        (folder / "harness.toml").write_text(text)
        return folder

    return make


def test_every_bundled_harness_loads_and_only_two_get_the_reference():
    found = {name: load_harness(path) for name, path in iterate_harnesses([bundled("harnesses")]).items()}
    models = {"agentless", "aider", "claude-code", "mini-swe-agent", "openhands", "react"}
    assert set(found) == {"command", "mutant", "noop", "oracle"} | models
    assert {name for name, h in found.items() if h.manifest.model} == models
    assert {name for name, h in found.items() if h.is_reference} == {"mutant", "oracle"}


def test_parameters_are_typed_and_bounded(write):
    harness = load_harness(write(GOOD))
    assert harness.resolve_params({"fast": "true"}) == {"steps": 3, "fast": True}
    assert harness.resolve_params({"fast": "False", "steps": "9"}) == {"steps": 9, "fast": False}
    for given, words in [
        ({}, "needs its parameter 'fast'"),
        ({"fast": "maybe"}, "must be of type bool"),
        ({"fast": "true", "steps": "2.5"}, "must be of type int"),
        ({"fast": "true", "steps": "0"}, "must lie between 1"),
        ({"slow": "1"}, "has no parameter 'slow'; it has: steps, fast"),
    ]:
        with pytest.raises(InputError, match=words):
            harness.resolve_params(given)


def test_a_number_that_is_none_is_out_of_range(write):
    harness = load_harness(bundled("harnesses") / "mutant")
    with pytest.raises(InputError, match="must lie between"):
        harness.resolve_params({"p": "nan"})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('version = "1"\n', "", "harness.version: is missing; add it"),
        ('title = "Mine"', 'title = "Mine"\ncolour = "red"', "harness.colour: unknown key"),
        ("schema = 1", "schema = 2", "schema"),
        ('name = "mine"', 'name = "yours"', "[harness] name is 'yours', the folder 'mine'"),
        ('command = ["true"]', "command = []", "run.command"),
        ('name = "fast"', 'name = "steps"', "two params have the same name"),
        ("schema = 1", "schema = = 1", "is not valid TOML"),
    ],
)
def test_a_wrong_manifest_names_file_and_key(write, old, new, words):
    folder = write(GOOD.replace(old, new, 1))
    with pytest.raises(ManifestError) as error:
        load_harness(folder)
    assert words in str(error.value)
    assert str(folder) in str(error.value)


def test_a_readme_is_no_part_of_a_harness(write):
    folder = write(GOOD)
    before = load_harness(folder).digest()
    (folder / "README.md").write_text("For people.")
    assert load_harness(folder).digest() == before


def test_the_digest_covers_every_other_file(write):
    folder = write(GOOD)
    before = load_harness(folder).digest()
    (folder / "entry.py").write_text("print()")
    assert load_harness(folder).digest() != before


def test_an_unknown_harness_is_told_what_there_is():
    with pytest.raises(NotFoundError, match=r"there are: .*command, .*mutant, noop, .*oracle"):
        find_harness("nobody", [bundled("harnesses")])
