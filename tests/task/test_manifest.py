"""Every mistake in a task.toml is told with the file, the key and the remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rexlab.errors import ManifestError
from rexlab.task.load import load_task
from rexlab.task.manifest import CsvSource, FunctionSection, JsonSource, MetricSection, ProtectSection, StdoutSource

MakeTask = Callable[..., Path]
SOURCE = '{ file = "out.json", pointer = "/sum" }'
CHECK = '{ kind = "exact", target = 3 }'
METRIC = "experiment[1].metric[1]"


def complaint(folder: Path) -> str:
    """What loading says, without the folder's name; every line of it begins with the manifest's file."""
    with pytest.raises(ManifestError) as error:
        load_task(folder)
    lines = str(error.value).splitlines()
    file = f"{folder / 'task.toml'}: "
    assert all(line.startswith(file) for line in lines), lines
    return "\n".join(line.removeprefix(file) for line in lines)


def test_a_correct_manifest_loads(make_task: MakeTask) -> None:
    task = load_task(make_task())
    assert [f.id for f in task.functions] == ["lib/sums.py:add", "lib/sums.py:Total.value"]
    assert task.experiments[0].metric[0].source == JsonSource(file="out.json", pointer="/sum")
    assert task.manifest.environment.memory_mb == 2048


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("schema = 1", "schema = 1\ncolour = 2", "colour"),
        ("[environment]", "[environment]\nmemory = 5", "environment.memory"),
        ('title = "On sums"', 'title = "On sums"\ndoi = "x"', "paper.doi"),
        ('qualname = "add"', 'qualname = "add"\nline = 1', "function[1].line"),
        ("timeout_s = 20", "timeout_s = 20\ntimeout = 20", "experiment[1].timeout"),
        ('name = "sum"', 'name = "sum"\nunit = "m"', f"{METRIC}.unit"),
        (CHECK, '{ kind = "exact", target = 3, tolerance = 1 }', f"{METRIC}.check.tolerance"),
        (CHECK, '{ kind = "less", bound = 3, float = 1 }', f"{METRIC}.check.float"),
        (SOURCE, '{ file = "a", pointer = "/b", stdout = "(x)" }', f"{METRIC}.source.stdout"),
    ],
)
def test_an_unknown_key_is_named_with_its_place(make_task: MakeTask, old: str, new: str, key: str) -> None:
    assert complaint(make_task((old, new))) == f"{key}: unknown key; remove it or correct its spelling"


def test_a_misspelt_key_is_told_as_missing_and_as_unknown(make_task: MakeTask) -> None:
    said = complaint(make_task(('title = "On sums"', 'titel = "On sums"')))
    assert said == ("paper.title: is missing; add it\npaper.titel: unknown key; remove it or correct its spelling")


OUTSIDE = ["/etc/passwd", "../x.py", "lib/../../x.py", "~/x.py", "lib\\\\x.py", "..", "", "a\\u0000b"]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize(
    ("old", "key"),
    [
        ('file = "paper.md"', "paper.file"),
        ('outputs = ["out.json"]', "experiment[1].outputs[1]"),
        ("cpus = 1", "environment.dockerfile"),
        ('path = "lib/sums.py"\nqualname = "add"', "function[1].path"),
        (SOURCE, f"{METRIC}.source.file"),
        (f"source = {SOURCE}", f"{METRIC}.source.csv"),
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(make_task: MakeTask, path: str, old: str, key: str) -> None:
    new = {
        "paper.file": f'file = "{path}"',
        "experiment[1].outputs[1]": f'outputs = ["{path}"]',
        "environment.dockerfile": f'dockerfile = "{path}"',
        "function[1].path": f'path = "{path}"\nqualname = "add"',
        f"{METRIC}.source.file": f'{{ file = "{path}", pointer = "" }}',
        f"{METRIC}.source.csv": f'source = {{ csv = "{path}", row = 0, column = "x" }}',
    }[key]
    said = complaint(make_task((old, new)))
    assert said.startswith(f"{key}: ")
    assert said.endswith("must be a relative path inside the task folder, without '..'")


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("../x", "leaves the folder code/"),
        ("a/../../x", "leaves the folder code/"),
        ("!", "matches nothing"),
        ("", "m"),
    ],
)
def test_a_protect_pattern_stays_in_the_code_and_means_something(
    make_task: MakeTask, pattern: str, problem: str
) -> None:
    said = complaint(make_task(('paths = ["run.py"]', f'paths = ["run.py", "{pattern}"]')))
    assert said.startswith(f"protect.paths[2]: the pattern {pattern!r} {problem}")


def test_protect_patterns_of_gitignore_are_kept_as_written() -> None:
    patterns = ["/run.py", "data/**", "!data/mine", "*.toml", "a..b"]
    assert ProtectSection(paths=patterns).paths == patterns


SECOND = '\n[[function]]\npath = "./lib/sums.py"\nqualname = "{}"\ndescription = "Return the sum of both arguments."\n'


def test_names_must_be_unique(make_task: MakeTask) -> None:
    metric = '[[experiment.metric]]\nname = "sum"'
    again = f"{metric}\nsource = {SOURCE}\ncheck = {CHECK}\n\n{metric}"
    assert complaint(make_task((metric, again), name="a")) == (
        "experiment[1]: two metrics are named 'sum'; names must be unique"
    )
    experiment = f'[[experiment]]\nname = "main"\ncommand = "true"\n{metric}\nsource = {SOURCE}\ncheck = {CHECK}\n'
    said = complaint(make_task(("[[experiment]]", f"{experiment}\n[[experiment]]"), name="b"))
    assert said == "the manifest: two experiments are named 'main'; names must be unique"
    said = complaint(make_task(("[[experiment]]", SECOND.format("add") + "\n[[experiment]]"), name="c"))
    assert said == "the manifest: two functions are named 'lib/sums.py:add'; names must be unique"


def test_one_function_under_two_names_is_still_one(make_task: MakeTask) -> None:
    said = complaint(make_task(("[[experiment]]", SECOND.format("add#1") + "\n[[experiment]]")))
    assert said == ("function[3].qualname: lib/sums.py:add#1 is the same function as function[1]; remove one of them")


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "'(' does not compile: missing ) at position 1"),
        ("(a{99999999999999999999})", "does not compile: repeat count too big"),
        ("sum=.*", "needs exactly one group, it has 0"),
        ("(?:sum)", "needs exactly one group, it has 0"),
        ("(a)(b)", "needs exactly one group, it has 2"),
    ],
)
def test_a_regular_expression_must_compile_and_have_one_group(make_task: MakeTask, pattern: str, problem: str) -> None:
    said = complaint(make_task((SOURCE, f"{{ stdout = '{pattern}' }}")))
    assert said.startswith(f"{METRIC}.source: the regular expression ")
    assert problem in said


def test_a_regular_expression_nested_beyond_reason_does_not_compile(make_task: MakeTask, deep: int) -> None:
    said = complaint(make_task((SOURCE, f"{{ stdout = '{'(' * deep}a{')' * deep}' }}")))
    assert "does not compile" in said
    assert len(said) < 300


def test_a_named_group_counts_as_the_group() -> None:
    assert StdoutSource(stdout=r"sum=(?P<number>\S+)").stdout == r"sum=(?P<number>\S+)"


@pytest.mark.parametrize("pointer", ["sum", "/a~2b", "/a~"])
def test_a_json_pointer_follows_its_standard(make_task: MakeTask, pointer: str) -> None:
    said = complaint(make_task(('"/sum"', f'"{pointer}"')))
    assert said.startswith(f"{METRIC}.source.pointer: {pointer!r} is not a JSON pointer")
    assert "write '/key/0'" in said


@pytest.mark.parametrize("source", ['"out.json"', "3", "{}", '{ pointer = "/sum" }', "[]"])
def test_a_source_of_no_known_kind_is_told_the_kinds(make_task: MakeTask, source: str) -> None:
    said = complaint(make_task((SOURCE, source)))
    assert said.startswith(f"{METRIC}.source: a source is {{file, pointer}}, {{stdout}} or {{csv, row, column}}")


def test_an_experiment_without_metrics_is_refused(make_task: MakeTask) -> None:
    block = f'[[experiment.metric]]\nname = "sum"\nsource = {SOURCE}\ncheck = {CHECK}\n'
    assert complaint(make_task((block, ""), name="a")) == "experiment[1].metric: is missing; add it"
    said = complaint(make_task((block, ""), ("timeout_s = 20", "metric = []"), name="b"))
    assert said == "experiment[1].metric: List should have at least 1 item after validation, not 0"


def test_a_task_without_experiments_is_refused(make_task: MakeTask) -> None:
    folder = make_task()
    text = (folder / "task.toml").read_text()
    (folder / "task.toml").write_text(text[: text.index("[[experiment]]")])
    assert complaint(folder) == "experiment: is missing; add it"


@pytest.mark.parametrize("target", ["[1, 2, 3]", "[]", "[3]"])
def test_a_list_of_targets_has_one_for_each_value(make_task: MakeTask, target: str) -> None:
    length = len(target.strip("[]").replace(",", " ").split())
    said = complaint(make_task(("target = 3", f"target = {target}")))
    assert said == (f"experiment[1]: metric sum: the target has {length} values, but count x seeds = 1 x 2 = 2")


def test_targets_count_values_and_seeds(make_task: MakeTask) -> None:
    folder = make_task(("target = 3", "target = [1, 2, 3, 4]"), ('name = "sum"', 'name = "sum"\ncount = 2'))
    check = load_task(folder).experiments[0].metric[0].check
    assert check.targets(4) == [1, 2, 3, 4]


@pytest.mark.parametrize("target", ["0", "0.0", "-0.0", "[1, 0]"])
def test_a_relative_check_cannot_aim_at_zero(make_task: MakeTask, target: str) -> None:
    said = complaint(make_task((CHECK, f'{{ kind = "relative", target = {target}, tolerance = 0.1 }}')))
    assert said == (
        f"{METRIC}.check: a relative check cannot have the target 0; use kind = 'absolute' with a tolerance"
    )


@pytest.mark.parametrize("value", ["true", '"3"', "nan", "inf", "2024-01-01", "{ a = 1 }", "1" + "0" * 400])
def test_a_target_is_a_finite_number_and_nothing_like_one(make_task: MakeTask, value: str) -> None:
    said = complaint(make_task(("target = 3", f"target = {value}")))
    assert said.startswith(f"{METRIC}.check.target: Input should be a ")
    assert "number" in said
    assert len(said) < 250


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("timeout_s = 20", "timeout_s = nan", "experiment[1].timeout_s: Input should be less than or equal to 86400"),
        ("timeout_s = 20", "timeout_s = 0", "experiment[1].timeout_s: Input should be greater than 0 (got 0)"),
        ("timeout_s = 20", "hidden = 'no'", "experiment[1].hidden: Input should be a valid boolean (got 'no')"),
        ("seeds = [0, 1]", "seeds = [true, 1]", "experiment[1].seeds[1]: Input should be a valid integer (got True)"),
        ("cpus = 1", "cpus = '2'", "environment.cpus: Input should be a valid integer (got '2')"),
        ("cpus = 1", "network = 'all'", "environment.network: Input should be 'none', or Input should be a valid list"),
        ("year = 2024", "year = 24", "paper.year: Input should be greater than or equal to 1900 (got 24)"),
        ('"12cb1fe7-548a-4267-b130-0b46a900ab56"', '"x"', "task.canary: Input should be a valid UUID"),
        ('"Return the sum of both arguments."', '"Sum."', "function[1].description: String should have at least 20"),
        ('kind = "masking"', 'kind = "puzzle"', "task.kind: Input should be 'masking' or 'extension' (got 'puzzle')"),
        (CHECK, "{ target = 3 }", f"{METRIC}.check: has no 'kind'; add it"),
        (CHECK, '{ kind = "exakt", target = 3 }', f"{METRIC}.check: Input tag 'exakt' found using 'kind' does not"),
        (CHECK, "3", f"{METRIC}.check: must be a table of keys and values (got 3)"),
        (CHECK, '{ kind = "interval", low = 2, high = 2 }', f"{METRIC}.check: low (2.0) must be below high (2.0)"),
        (CHECK, '{ kind = "sigma", mean = 2, sd = 0, k = 2 }', f"{METRIC}.check.sd: Input should be greater than 0"),
        (SOURCE, '{ csv = "a", row = 1.5, column = "x" }', f"{METRIC}.source.row: Input should be a valid integer, o"),
        (SOURCE, '{ csv = "a", row = true, column = "x" }', f"{METRIC}.source.row: Input should be a valid integer, o"),
        ("cpus = 1", 'image = "a"\ndockerfile = "b"', "environment: name an image or a dockerfile, not both"),
        ('[protect]\npaths = ["run.py"]\n', "", "protect: must be a table of keys and values (got 3)"),
        ("seeds = [0, 1]", "seeds = []", "experiment[1].seeds: List should have at least 1 item"),
        ("run.py {seed}", "run.py", "experiment[1]: seeds has several entries, but the command"),
        ("run.py {seed}", "run.py {seed} {sede}", "experiment[1]: the command contains {sede}; only {seed} is"),
        ("timeout_s = 20", "hidden = true", "the manifest: every experiment is hidden; at least one must be visible"),
    ],
)
def test_a_wrong_value_is_told_with_what_would_be_right(make_task: MakeTask, old: str, new: str, said: str) -> None:
    extra = [("schema = 1", "schema = 1\nprotect = 3")] if said.startswith("protect") else []
    lines = complaint(make_task((old, new), *extra)).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(said)


@pytest.mark.parametrize("schema", ["2", "0", '"1"'])
def test_another_schema_is_refused_before_anything_else_is_judged(make_task: MakeTask, schema: str) -> None:
    folder = make_task(("schema = 1", f"schema = {schema}\nnew_key_of_later_schemas = 1"))
    assert complaint(folder) == (
        f"schema: this rexlab reads schema 1, not {schema.replace(chr(34), chr(39))}; "
        "upgrade rexlab or correct the number"
    )


def test_a_manifest_without_schema_is_told_to_add_it(make_task: MakeTask) -> None:
    assert complaint(make_task(("schema = 1\n", ""))) == "schema: is missing; add it"


def test_a_masking_task_needs_functions_and_an_extension_instructions(make_task: MakeTask) -> None:
    folder = make_task(name="a")
    text = (folder / "task.toml").read_text()
    head, tail = text.index("[[function]]"), text.index("[[experiment]]")
    (folder / "task.toml").write_text(text[:head] + text[tail:])
    assert complaint(folder) == "the manifest: a masking task needs at least one [[function]]"
    said = complaint(make_task(('kind = "masking"', 'kind = "extension"'), name="b"))
    assert said == "the manifest: an extension task needs [instructions]"


def test_an_experiment_depends_on_declared_functions_only(make_task: MakeTask) -> None:
    said = complaint(make_task(("timeout_s = 20", 'functions = ["add", "sub"]')))
    assert said == "the manifest: experiment main: functions names 'sub', which no [[function]] declares"


def test_a_function_name_that_fits_two_files_must_be_made_precise(make_task: MakeTask) -> None:
    other = '[[function]]\npath = "run.py"\nqualname = "add"\ndescription = "Return the sum of both arguments."\n'
    said = complaint(
        make_task(
            ("timeout_s = 20", 'functions = ["add", "Total.value"]'), ("[[experiment]]", other + "[[experiment]]")
        )
    )
    assert said == (
        "the manifest: experiment main: functions names 'add', which several [[function]] declare; "
        "name one of: lib/sums.py:add, run.py:add"
    )


def test_a_function_that_no_experiment_depends_on_is_refused(make_task: MakeTask) -> None:
    said = complaint(make_task(("timeout_s = 20", 'functions = ["add"]')))
    assert said == (
        "the manifest: no experiment depends on lib/sums.py:Total.value: masking it could not change a number; "
        "name it under an experiment's functions, or remove its [[function]]"
    )


def test_several_mistakes_are_told_at_once(make_task: MakeTask) -> None:
    said = complaint(make_task(("year = 2024", "year = 24"), ("cpus = 1", "cores = 1"), ("schema = 1\n", "")))
    assert [line.split(":")[0] for line in said.splitlines()] == ["schema", "paper.year", "environment.cores"]


def test_sources_are_told_apart_by_their_keys() -> None:
    check = {"kind": "exact", "target": 1}
    sources = [
        ({"file": "a.json", "pointer": ""}, JsonSource),
        ({"stdout": "(.*)"}, StdoutSource),
        ({"csv": "a.csv", "row": -1, "column": "x"}, CsvSource),
        (CsvSource(csv="a.csv", row="last", column="x"), CsvSource),
    ]
    for source, kind in sources:
        metric = MetricSection.model_validate({"name": "m", "source": source, "check": check})
        assert type(metric.source) is kind


@given(st.text(alphabet="ab/.~\\ \0", max_size=12))
def test_no_accepted_path_leads_out_of_a_folder(path: str) -> None:
    try:
        accepted = FunctionSection(path=path, qualname="f", description="Return nothing much at all.").path
    except ValidationError:
        return
    root = Path("/task/code")
    assert (root / accepted).is_relative_to(root)
    assert ".." not in Path(accepted).parts
