"""AutoExperiment's data set becomes tasks: right functions, no broken mask, a line for all that is not taken over."""

import ast
import itertools
import json
import os
import shutil
from pathlib import Path

import pytest

from rexlab.errors import InputError
from rexlab.importers.autoexperiment import import_autoexperiment
from rexlab.importers.report import Level
from rexlab.task.load import load_task
from rexlab.task.masking import mask_source, mask_tree
from rexlab.task.named_variants import load_named_variants

DATA = Path(__file__).parents[1] / "data" / "autoexperiment"
MLRC = DATA / "dataset" / "MLRC"
LOSSES, RANKS = "2110-03485", "2205-00048"


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    out = tmp_path_factory.mktemp("import") / "out"
    return import_autoexperiment(DATA, out), out


@pytest.fixture
def mlrc(tmp_path):
    """A copy of the data set to spoil."""
    return shutil.copytree(MLRC, tmp_path / "source" / "MLRC")


def said(report, level, words):
    return [line for line in report.lines if line.level is level and words in f"{line.where}: {line.message}"]


def test_every_variant_that_was_built_parses_and_masks_all_its_functions(imported):
    _, out = imported
    built = 0
    for name in (LOSSES, RANKS):
        task = load_task(out / name)
        for variant in load_named_variants(task):
            sections = [task.function(f) for f in variant.functions]
            for path in {f.path for f in sections}:
                wanted = {f.qualname: f.description for f in sections if f.path == path}
                masked = mask_source((task.code / path).read_bytes(), path, wanted)
                ast.parse(masked)
                outermost = [q for q in wanted if not any(q.startswith(f"{o}.<locals>.") for o in wanted)]
                assert masked.count(b'raise NotImplementedError("masked: ') == len(outermost)
            built += 1
    assert built == 29 + 4  # every pair, single and empty set of the functions that could be found


def test_the_passages_of_the_paper_that_belong_to_a_function_are_kept(imported):
    _, out = imported
    kept = {f.qualname: f.relevant_paper for f in load_task(out / LOSSES).functions if f.relevant_paper}
    assert kept == {"weighted": "Section 2: the weighted mean."}


def test_every_line_of_the_variant_files_is_a_variant_or_is_reported_left_out(imported):
    report, out = imported
    lines = [json.loads(line) for n in range(3) for line in _whole_lines(MLRC / f"mlrc_n={n}.jsonl")]
    for paper, name in (("2110.03485", LOSSES), ("2205.00048", RANKS)):
        own = [line["func_ids"] for line in lines if line["paper_id"] == paper]
        wanted = {"-".join([f"n{len(ids.split(',')) if ids else 0}", *(ids.split(",") if ids else [])]) for ids in own}
        built = {v.name for v in load_named_variants(load_task(out / name))}
        words = " ".join(
            line.message for line in report.lines if "variants left out" in line.message and name in line.where
        )
        left_out = {w.strip(",") for w in words.split() if w.startswith("n")} & wanted
        assert built | left_out == wanted
        assert not built & left_out
    assert said(report, Level.LEFT_OUT, "mlrc_n=2.jsonl, line 57: the line is not JSON, perhaps cut off")
    assert said(report, Level.LEFT_OUT, "there is no folder 2301.00001/code")


def _whole_lines(file):
    for line in file.read_text().splitlines():
        try:
            json.loads(line)
        except ValueError:
            continue
        yield line


def test_functions_are_found_by_name_and_lines_only_choose_between_several(imported, tmp_path):
    report, out = imported
    task = load_task(out / LOSSES)
    assert [f.qualname for f in task.functions] == [
        "weighted",
        "Squared.__call__",
        "Absolute.__call__",
        "Scaled.apply",
        "Scaled.Inner.scale",
        "summary",
        "summary.<locals>.centre",
    ]
    assert said(report, Level.WARNING, "weighted): found by its name at lines 6-16; the record says header 4")
    assert said(report, Level.INFO, "the recorded lines and header are those of Absolute.__call__ (line 34)")
    assert said(report, Level.LEFT_OUT, "function 6 (shapes/losses.py:__call__): 3 functions are called so")
    assert said(report, Level.LEFT_OUT, "huber): the file defines no function of this name any more")
    assert load_task(out / RANKS).functions[1].qualname == "total#1"
    mask_tree(task.code, tmp_path / "masked", [task.function("Absolute.__call__")])
    text = (tmp_path / "masked" / "shapes" / "losses.py").read_text()
    assert "the secret of squares" in text
    assert "sum(abs(v)" not in text


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("old.py:shout", "cannot be read as Python 3"),
        ("umlaut.py:größe", "the encoding cannot be made out"),
        ("../../../secret.py:f", "leaves the code"),
        ("notes.ipynb:f", "stands in a notebook"),
        ("gone.py:f", "no such file"),
    ],
)
def test_what_cannot_be_masked_is_left_out_with_its_reason(imported, function, reason):
    assert [line.message for line in said(imported[0], Level.LEFT_OUT, f"({function}): ") if reason in line.message]


def test_a_missing_description_is_made_from_the_signature_and_reported(imported):
    report, out = imported
    description = load_task(out / LOSSES).function("Scaled.Inner.scale").description
    assert "def scale(self, values)" in description
    assert said(report, Level.GAP, "Inner.scale): the record describes it in no or too few words")


def test_experiments_keep_commands_golds_and_dependencies(imported):
    report, out = imported
    task = load_task(out / LOSSES)
    losses, scaled, summary = task.experiments
    assert losses.command == "python runs/main.py --losses"
    assert summary.command == "python runs/main.py"
    assert scaled.command == "bash rexlab_experiments/experiment-2.sh"
    assert (task.code / "rexlab_experiments/experiment-2.sh").read_text() == "python runs/main.py \\\n  --scaled\n"
    assert task.manifest.protect.paths == ["rexlab_experiments/"]
    assert [(m.name, m.count, m.check.kind, m.check.targets(m.count)) for e in task.experiments for m in e.metric] == [
        ("squared-loss", 1, "relative", [14.25]),
        ("absolute-loss", 2, "relative", [6.5, 3.0]),
        ("lowest", 1, "relative", [-2 / 3]),
        ("nothing", 1, "absolute", [0.0]),
        ("spread", 1, "relative", [5.0]),
        ("centre", 1, "relative", [1.0]),
        ("weighted", 1, "relative", [1.25]),
    ]
    assert {m.check.tolerance for e in task.experiments for m in e.metric if m.check.kind == "relative"} == {0.05}
    assert set(losses.functions) == {"shapes/losses.py:Squared.__call__", "shapes/losses.py:Absolute.__call__"}
    assert "shapes/losses.py:weighted" in scaled.functions
    assert said(report, Level.WARNING, "experiment-2, nothing: a gold is 0")
    assert said(report, Level.GAP, "the stdout patterns are proposals")


def test_a_script_that_cannot_be_split_is_run_whole_and_close_golds_are_told(imported):
    report, out = imported
    assert len(said(report, Level.GAP, "the script cannot be split by experiment")) == 2
    script = (out / RANKS / "code" / "rexlab_experiments" / "experiment-1.sh").read_text()
    assert script == "python ranks.py\npython ranks.py\n"
    assert said(report, Level.WARNING, "experiment-1/total exposure 1.75; experiment-2/total exposure 1.76")


def test_stale_tables_are_compared_and_do_not_count(imported):
    report, _ = imported
    for words in (
        "function 1: mlrc_funcs.csv records lines 35, 35-36; functions.jsonl 34, 35-36, which count",
        "function 9: mlrc_funcs.csv has it, functions.jsonl does not",
        "ranks.py:sum_up, functions.jsonl ranks.py:total, which counts",
        "experiment-1: mlrc_exps.csv has another gold (Squared Loss is 15.5, not 14.25)",
        "experiment-3: experiments.jsonl has another gold (spread is 4.8, not 5)",
        "mlrc_exps.csv, experiment 3: no variant asks for it",
    ):
        assert said(report, Level.WARNING, words), words


def test_title_paper_and_pinned_requirements_are_taken(imported):
    _, out = imported
    task = load_task(out / LOSSES)
    assert task.manifest.paper.title == "Losses and Their Shapes"
    assert task.manifest.paper.url == "https://arxiv.org/abs/2110.03485"
    assert task.paper == (MLRC / "2110.03485" / "paper.txt").read_text()
    assert load_task(out / RANKS).manifest.environment.requirements == ["numpy==2.3.5"]


def test_the_same_source_gives_the_same_tasks_wherever_path_points(imported, tmp_path):
    _, out = imported
    for number, path in enumerate((DATA / "dataset", MLRC)):
        import_autoexperiment(path, tmp_path / str(number))
        assert load_task(tmp_path / str(number) / LOSSES).digest == load_task(out / LOSSES).digest


def test_the_report_file_holds_every_line(imported):
    report, out = imported
    kept = json.loads((out / "import-report.json").read_text())
    assert kept["tasks"] == [LOSSES, RANKS]
    assert [(line["level"], line["where"], line["message"]) for line in kept["lines"]] == [
        (str(line.level), line.where, line.message) for line in report.lines
    ]


def test_links_special_files_and_large_files_among_the_code_get_a_line(mlrc, tmp_path):
    code = mlrc / "2110.03485" / "code"
    (code / "loop").symlink_to("loop")
    (code / "shapes" / "up").symlink_to("..")
    (code / "out").symlink_to("../../../..")
    (code / "absolute").symlink_to("/etc/passwd")
    (code / "dangling").symlink_to("nowhere")
    (code / "fine.py").symlink_to("runs/main.py")
    os.mkfifo(code / "pipe")
    (code / "git~1").mkdir()
    (code / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n")
    with (code / "weights.bin").open("wb") as file:
        file.truncate(101_000_000)
    (code / "__pycache__").mkdir()
    report = import_autoexperiment(mlrc, tmp_path / "out")
    for name in ("loop", "shapes/up", "out", "absolute", "dangling", "pipe"):
        assert said(report, Level.LEFT_OUT, f"{LOSSES}, {name}: "), name
        assert not os.path.lexists(tmp_path / "out" / LOSSES / "code" / name)
    assert said(report, Level.LEFT_OUT, "git~1: its name reaches into git's own folder")
    assert said(report, Level.LEFT_OUT, ".py: its name is not UTF-8")
    assert said(report, Level.WARNING, "weights.bin: the file has 101 MB")
    assert (tmp_path / "out" / LOSSES / "code" / "fine.py").is_symlink()
    assert not (tmp_path / "out" / LOSSES / "code" / "__pycache__").exists()


def test_a_module_behind_a_link_is_not_masked(mlrc, tmp_path):
    code = mlrc / "2205.00048" / "code"
    (code / "ranks.py").rename(code / "real.py")
    (code / "ranks.py").symlink_to("real.py")
    report = import_autoexperiment(mlrc, tmp_path / "out")
    assert report.tasks == [LOSSES]
    assert said(report, Level.LEFT_OUT, f"{RANKS}: the paper has no function that could be found")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"paper_id": "caf\xe9"}', "not UTF-8"),
        (b'{"paper_id": "2110.03485", "func_ids": "0", "experi', "perhaps cut off"),
        (b"[1, 2]", "not a JSON object"),
        (b'{"func_ids": ""}', "it names no paper"),
        (b"[" * 200_000, "nested too deeply"),
        (b"x" * 16_000_002, "longer than 16 MB"),
    ],
)
def test_a_spoilt_line_is_reported_and_the_others_are_read(mlrc, tmp_path, line, reason):
    file = mlrc / "mlrc_n=1.jsonl"
    file.write_bytes(line + b"\n" + file.read_bytes())
    report = import_autoexperiment(mlrc, tmp_path / "out")
    assert any(reason in found.message for found in said(report, Level.LEFT_OUT, "mlrc_n=1.jsonl, line 1: "))
    assert "n1-0" in {v.name for v in load_named_variants(load_task(tmp_path / "out" / LOSSES))}


def test_records_of_odd_types_are_left_out_and_never_trusted(mlrc, tmp_path):
    lines = [
        {"paper_id": "../2110.03485", "func_ids": "", "experiments": "x", "results": {}},
        {"paper_id": "2110.03485", "func_ids": {"a": 1}, "func_details": 7, "experiments": 5, "results": [1]},
        {"paper_id": "2110.03485", "func_ids": "0,0", "func_details": [None], "results": {"Experiment 1": "high"}},
        {"paper_id": "2110.03485", "func_ids": "\ud800", "func_details": [], "experiments": "\ud800"},
        {
            "paper_id": "2110.03485",
            "func_ids": "99",
            "func_details": [{"func_id": "99", "file": "shapes/losses.py", "name": "weighted", "line_start": "x"}],
            "experiments": "Experiment 1: A new one.",
            "solution": "python runs/main.py {seed} ${HOME}",
            "results": {"Experiment 1": {"a": float("nan"), "b": True, "c": None, "A b": [1, 2], "a-B": 10**400}},
        },
    ]
    with (mlrc / "mlrc_n=2.jsonl").open("a") as file:
        file.write("\n" + "".join(json.dumps(line) + "\n" for line in lines))
    report = import_autoexperiment(mlrc, tmp_path / "out")
    assert LOSSES in report.tasks
    assert said(report, Level.LEFT_OUT, "../2110.03485/code")
    assert said(report, Level.LEFT_OUT, "the gold of 'a' is not a finite number")
    extra = load_task(tmp_path / "out" / LOSSES).experiments[-1]
    assert (extra.command, [m.name for m in extra.metric]) == ("bash rexlab_experiments/experiment-4.sh", ["a-b"])


def test_a_paper_text_that_is_not_utf8_is_read_and_reported(mlrc, tmp_path):
    (mlrc / "2110.03485" / "paper.txt").write_bytes("Größen".encode("latin-1"))
    (mlrc / "2205.00048" / "paper.txt").unlink()
    report = import_autoexperiment(mlrc, tmp_path / "out")
    assert load_task(tmp_path / "out" / LOSSES).paper == "Größen"
    assert said(report, Level.WARNING, "paper.txt is not UTF-8")
    assert said(report, Level.GAP, "there is no paper.txt")


def test_without_functions_jsonl_the_variants_own_details_serve(mlrc, tmp_path):
    (mlrc / "2110.03485" / "functions.jsonl").unlink()
    import_autoexperiment(mlrc, tmp_path / "out")
    task = load_task(tmp_path / "out" / LOSSES)
    assert len(task.functions) == 7
    assert len(load_named_variants(task)) == 29


def test_a_variant_means_what_its_own_details_say(mlrc, tmp_path):
    file = mlrc / "mlrc_n=1.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    renamed = next(v for v in lines if v["paper_id"] == "2110.03485" and v["func_ids"] == "0")
    renamed["func_details"][0].update(name="Absolute.__call__", header_line=34, line_start=35, line_end=35)
    file.write_text("".join(json.dumps(v) + "\n" for v in lines))
    report = import_autoexperiment(mlrc, tmp_path / "out")
    variants = {v.name: v for v in load_named_variants(load_task(tmp_path / "out" / LOSSES))}
    assert variants["n1-0"].functions == ("shapes/losses.py:Absolute.__call__",)
    assert said(report, Level.WARNING, "functions.jsonl means shapes/losses.py:Squared.__call__ by this id")


@pytest.mark.parametrize("spoil", ["nothing there", "a file", "no code", "no data"])
def test_what_cannot_be_used_at_all_is_an_error_and_leaves_nothing(mlrc, tmp_path, spoil):
    path = mlrc
    match spoil:
        case "nothing there":
            path = tmp_path / "gone"
        case "a file":
            path = mlrc / "mlrc_main.csv"
        case "no code":
            shutil.rmtree(mlrc / "2110.03485" / "code")
            shutil.rmtree(mlrc / "2205.00048" / "code")
        case "no data":
            path = mlrc / "2110.03485" / "code"
    out = tmp_path / "place" / "out"
    with pytest.raises(InputError):
        import_autoexperiment(path, out)
    assert not [*out.parent.glob("*"), *out.parent.glob(".*")]


def test_existing_output_is_never_touched(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("kept")
    with pytest.raises(InputError, match="exists already"):
        import_autoexperiment(DATA, out)
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "mine"]


def test_larger_variants_parse_too_whichever_functions_meet(mlrc, tmp_path):
    records = [json.loads(line) for line in (mlrc / "2110.03485" / "functions.jsonl").read_text().splitlines()]
    whole = json.loads((mlrc / "mlrc_n=0.jsonl").read_text().splitlines()[0])
    for size in (3, 4, 5):
        lines = [
            {**whole, "func_ids": ",".join(r["func_id"] for r in chosen), "func_details": chosen}
            for chosen in itertools.combinations(records, size)
        ]
        (mlrc / f"mlrc_n={size}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    import_autoexperiment(mlrc, tmp_path / "out")
    task = load_task(tmp_path / "out" / LOSSES)
    variants = [v for v in load_named_variants(task) if len(v.functions) >= 3]
    assert len(variants) == 35 + 35 + 21  # of seven functions that could be found
    source = (task.code / "shapes/losses.py").read_bytes()
    for variant in variants:
        sections = [task.function(f) for f in variant.functions]
        ast.parse(mask_source(source, "losses.py", {f.qualname: f.description for f in sections}))
