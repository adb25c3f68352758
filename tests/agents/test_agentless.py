"""The agentless harness: what it asks, what it makes of the answers, and what it cannot do."""

import ast
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from agentless.retrieve import Piece, code_pieces, paper_pieces, words
from agentless.splice import SpliceError, splice, stub
from tests.agents.sandboxed import outcomes, prepare
from tests.kit.kit_path import HARNESSES
from tests.kit.layout import lay_out, start, trajectory
from tests.kit.stub_model import Responder, StubModel, refusal, serve
from tests.support.shell import TASKS, Shell

from rexlab.task.functions import scan
from rexlab.task.load import load_task
from rexlab.task.masking import mask_source

PARAMS = {"paper": "full", "code": "oracle", "top": 1, "samples": 1}
MODULE = '''"""A module."""

from math import sqrt


def double(x: float, *, times: int = 1) -> float:
    """Twice x."""
    raise NotImplementedError("masked: double")


class Box:
    @property
    def size(self) -> float:
        """Its size."""
        raise NotImplementedError("masked: Box.size")
'''
OTHER = "def triple(x):\n    return 3 * x\n\n\ndef unrelated():\n    return 'colours of the sky'\n"
PAPER = "# Doubling\n\nA number is doubled by adding it to itself.\n\n# Sky\n\nThe sky has colours.\n"


def function(qualname: str, **more: Any) -> dict[str, Any]:
    """As variant.json has it."""
    return {
        "id": f"mod.py:{qualname}",
        "path": "mod.py",
        "qualname": qualname,
        "description": f"What {qualname} does.",
    } | more


def block(code: str) -> str:
    return f"Here it is.\n\n```python\n{code}```\n"


RIGHT = block("def double(x: float, *, times: int = 1) -> float:\n    return 2 * x * times\n")
SIZE = block("@property\ndef size(self) -> float:\n    return sqrt(4)\n")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[subprocess.CompletedProcess[str], StubModel]]:
    """``run(responder, ["double"], samples=2)``: the harness's whole way with a model that answers so."""

    def go(
        respond: Responder, functions: list[Any], kind: str = "masking", shown: str | None = PAPER, **params: Any
    ) -> tuple[subprocess.CompletedProcess[str], StubModel]:
        variant = {
            "task": "t/x",
            "kind": kind,
            "functions": [function(f) if isinstance(f, str) else f for f in functions],
            "experiments": [],
            "paper": shown is not None,
            "hints": "default",
        }
        with serve(respond) as model:
            environment = lay_out(tmp_path, variant, PARAMS | params, "The task.", shown) | model.environment()
            (tmp_path / "workspace" / "mod.py").write_text(MODULE)
            (tmp_path / "workspace" / "other.py").write_text(OTHER)
            return start(HARNESSES / "agentless" / "entry.py", environment), model

    return go


def script(*answers: Any) -> Responder:
    left = iter(answers)
    return lambda _path, _body: next(left)


def filled(folder: Path) -> dict[str, Any]:
    """The module as the harness left it, executed."""
    names: dict[str, Any] = {}
    exec((folder / "workspace" / "mod.py").read_text(), names)
    return names


def test_each_masked_function_is_asked_for_once_and_filled(tmp_path: Path, run: Callable[..., Any]) -> None:
    done, model = run(script(RIGHT, SIZE), ["double", "Box.size"])
    assert (done.returncode, done.stderr) == (0, "")
    names = filled(tmp_path)
    assert names["double"](2, times=3) == 12
    assert names["Box"]().size == 2
    first, second = [request["messages"][1]["content"] for request in model.requests]
    assert "\nFunction: double\nFile: mod.py\n" in first
    assert "\nFunction: Box.size\nFile: mod.py\n" in second
    assert "return 2 * x * times" in second
    assert first.startswith("The task.")


def test_the_trajectory_says_what_became_of_each_answer(tmp_path: Path, run: Callable[..., Any]) -> None:
    run(script("I cannot.", RIGHT), ["double"], samples=2)
    steps = trajectory(tmp_path)["steps"]
    assert [step["source"] for step in steps] == ["system", "user", "agent", "user", "agent"]
    seen = [s["observation"]["results"][0]["content"] for s in steps if "observation" in s]
    assert seen == ["Not usable: the answer holds no function", "Put into mod.py"]


def test_no_more_samples_are_taken_than_needed(run: Callable[..., Any]) -> None:
    _, model = run(script(RIGHT), ["double"], samples=5)
    assert len(model.requests) == 1


def test_a_function_without_a_usable_answer_stays_masked_and_the_others_are_filled(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    wrong_parameters = block("def double(y):\n    return 2 * y\n")
    done, model = run(script("no", wrong_parameters, SIZE), ["double", "Box.size"], samples=2)
    assert done.returncode == 0
    assert len(model.requests) == 3
    with pytest.raises(NotImplementedError):
        filled(tmp_path)["double"](1)
    assert filled(tmp_path)["Box"]().size == 2
    assert trajectory(tmp_path)["notes"] == "Left masked, for want of a usable answer: double."


@pytest.mark.parametrize(
    ("params", "there", "not_there"),
    [
        (
            {"paper": "none", "code": "none"},
            ["def double"],
            ["From the paper", "From the code", "from math import sqrt"],
        ),
        ({"paper": "full", "code": "oracle"}, ["doubled by", "The sky", "from math import sqrt"], ["def triple"]),
        ({"paper": "none", "code": "full"}, ["from math import sqrt", "def triple", "In `other.py`"], ["doubled by"]),
    ],
)
def test_a_request_holds_what_the_parameters_say(
    run: Callable[..., Any], params: dict[str, str], there: list[str], not_there: list[str]
) -> None:
    _, model = run(script(RIGHT), ["double"], **params)
    request = model.requests[0]["messages"][1]["content"]
    assert [text for text in there if text not in request] == []
    assert [text for text in not_there if text in request] == []


def test_a_paper_that_is_not_shown_is_left_out_of_the_request(run: Callable[..., Any]) -> None:
    done, model = run(script(RIGHT), ["double"], shown=None)
    assert done.returncode == 0
    assert "From the paper" not in model.requests[0]["messages"][1]["content"]


def test_embedding_retrieval_takes_the_nearest_pieces(run: Callable[..., Any]) -> None:
    def respond(path: str, body: dict[str, Any]) -> Any:
        if path == "/v1/chat/completions":
            return RIGHT
        near = [float("double" in text or "triple" in text) for text in body["input"]]
        return {"data": [{"index": i, "embedding": [x, 1 - x]} for i, x in enumerate(near)]}

    done, model = run(respond, ["double"], paper="embedding", code="embedding")
    assert done.stderr == ""
    request = model.requests[-1]["messages"][1]["content"]
    assert "adding it to itself" in request
    assert "def triple" in request
    assert "colours" not in request


def test_the_part_of_the_paper_that_the_task_names_is_the_oracle(run: Callable[..., Any]) -> None:
    named = function("double", relevant_paper="Section 3: add it to itself.")
    _, model = run(script(RIGHT), [named], paper="oracle")
    request = model.requests[0]["messages"][1]["content"]
    assert "Section 3: add it to itself." in request
    assert "The sky" not in request


def test_an_oracle_that_the_task_does_not_have_is_no_oracle(tmp_path: Path, run: Callable[..., Any]) -> None:
    done, model = run(script(), ["double"], paper="oracle")
    assert done.returncode == 1
    assert "paper = oracle needs the part of the paper that belongs to each function" in done.stderr
    assert "none for double" in done.stderr
    assert model.requests == []


def test_extension_tasks_are_refused_in_a_sentence(run: Callable[..., Any]) -> None:
    done, model = run(script(), [], kind="extension")
    assert done.returncode == 1
    assert "agentless fills masked functions, and t/x is an extension task" in done.stderr
    assert done.stderr.count("\n") == 1
    assert model.requests == []


def test_without_masked_functions_there_is_nothing_to_ask(tmp_path: Path, run: Callable[..., Any]) -> None:
    done, model = run(script(), [])
    assert (done.returncode, model.requests) == (0, [])
    assert "Nothing is masked" in trajectory(tmp_path)["notes"]


@pytest.mark.parametrize("status", [400, 503])
def test_a_model_that_cannot_be_used_ends_it_with_one_sentence(
    tmp_path: Path, run: Callable[..., Any], status: int
) -> None:
    done, _ = run(lambda _path, _body: refusal(status, "that is too much"), ["double"])
    assert done.returncode == 1
    assert done.stderr.startswith("agentless: the model ")
    assert "that is too much" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "that is too much" in trajectory(tmp_path)["notes"]


def bundled() -> list[Any]:
    """Every maskable function of the masking tasks that come with rexlab."""
    found = []
    for file in sorted([*TASKS.glob("*/*/task.toml"), *HARNESSES.parent.glob("tasks/classic/*/task.toml")]):
        task = load_task(file.parent)
        if task.manifest.task.kind == "masking":
            found += [
                pytest.param(task, f, id=f"{task.manifest.task.name}:{f.qualname}") for f in task.manifest.function
            ]
    return found


@pytest.mark.parametrize(("task", "section"), bundled())
def test_the_authors_own_function_goes_back_to_where_it_was(task: Any, section: Any) -> None:
    original = (task.folder / "code" / section.path).read_bytes()
    masked = cst.parse_module(mask_source(original, section.path, {section.qualname: section.description}))
    found = scan(original, section.path).find(section.qualname)
    code = cst.parse_module(original)
    own = stub(code, section.qualname)
    back = splice(masked, section.qualname, block(own))
    assert ast.dump(ast.parse(back.bytes)) == ast.dump(ast.parse(original))
    assert original[found.start : found.colon].strip() in back.bytes
    raw = original[found.start : found.body_end].decode()
    assert splice(masked, section.qualname, block(raw)).bytes == back.bytes


def test_there_are_functions_to_test_that_on() -> None:
    assert len(bundled()) > 20


TARGETS = cst.parse_module("""
if True:
    def pick(a, b=0):
        raise NotImplementedError
else:
    def pick(a, b=0):
        raise NotImplementedError

class A:
    async def go(self, *args, key=None, **more):
        raise NotImplementedError

def outer():
\tdef inner(x):
\t\traise NotImplementedError
\treturn inner
""")


def test_the_second_definition_of_a_name_and_a_nested_one_are_found() -> None:
    second = splice(TARGETS, "pick#2", block("def pick(a, b=0):\n    return b\n")).code
    assert second.index("return b") > second.index("else:")
    assert second.count("raise NotImplementedError") == 3
    inner = splice(TARGETS, "outer.<locals>.inner", block("def inner(x):\n    return x\n")).code
    assert "\tdef inner(x):" in inner
    assert "return x\n" in inner
    compile(inner, "inner", "exec")


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n    async def go(self, *args, key=None, **more):\n        return key\n",
        "    async def go(self, *args, key=None, **more):\n        return key\n",
        "async def go(self, *args: int, key: str = 'x', **more: int) -> str:\n    return key\n",
    ],
    ids=["in its class", "indented", "with annotations"],
)
def test_a_method_may_come_in_its_class_indented_or_annotated(code: str) -> None:
    result = splice(TARGETS, "A.go", block(code)).code
    assert "    async def go(self, *args, key=None, **more):\n        return key\n" in result


def test_what_the_function_needs_comes_along_and_nothing_that_the_module_has() -> None:
    module = cst.parse_module("import math\nEPS = 1\n\ndef f(x):\n    raise NotImplementedError\n")
    answer = (
        "import math\nimport json as j\nfrom os import path\nEPS = 2\nDELTA = 3\n\ndef helper(x):\n    return x\n\n"
        'def f(x):\n    """Doc."""\n    return helper(x)\n\nprint(f(3))\n'
    )
    result = splice(module, "f", block(answer)).code
    assert result == (
        "import math\nEPS = 1\nDELTA = 3\n\ndef helper(x):\n    return x\n\ndef f(x):\n"
        '    """Doc."""\n    import json as j\n    from os import path\n    return helper(x)\n'
    )


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("", "holds no function"),
        ("```python\nx = 1\n```", "holds no function"),
        ("```python\ndef f(x):\n    return 1\n", "no closed block"),
        (block("def f(x)\n    return 1\n"), "is not Python"),
        (block("def g(x):\n    return 1\n"), "does not define f"),
        (block("def f(y):\n    return 1\n"), r"has the parameters \(y\), not \(x\)"),
        (block("def f(x, *, k):\n    return 1\n"), r"\(x, \*, k\)"),
        (block("async def f(x):\n    return 1\n"), "async"),
        (block("from math import *\ndef f(x):\n    return 1\n"), r"imports \*"),
        (block("def f(x):\n    return 1\n" + "# long\n" * 50_000), "more than 200000 characters"),
        (block("class A:\n    def f(x):\n        return 1\nclass B:\n    def f(x):\n        return 1\n"), "2 times"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_apart(answer: str, complaint: str) -> None:
    module = cst.parse_module("def f(x):\n    raise NotImplementedError\n")
    with pytest.raises(SpliceError, match=complaint):
        splice(module, "f", answer)


def test_the_first_block_of_python_with_a_function_counts() -> None:
    module = cst.parse_module("def f(x):\n    raise NotImplementedError\n")
    answer = (
        "```text\ndef f(x): no\n```\n```\nx = 1\n```\n"
        + block("def f(x):\n    return 1\n")
        + block("def f(x):\n    return 2\n")
    )
    assert "return 1" in splice(module, "f", answer).code


def test_an_answer_without_any_fence_is_taken_as_code() -> None:
    module = cst.parse_module("def f(x):\n    raise NotImplementedError\n")
    assert "return 1" in splice(module, "f", "def f(x):\n    return 1\n").code


def test_a_paper_is_cut_at_headings_and_by_size() -> None:
    paper = "Title\n\nOne.\n\n## A\n\nTwo.\n\n" + "\n\n".join("x" * 500 for _ in range(4))
    pieces = paper_pieces(paper)
    assert pieces[0] == "Title\n\nOne."
    assert pieces[1].startswith("## A\n\nTwo.")
    assert all(len(piece) <= 1_202 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(paper.split())


def test_code_is_cut_into_functions_and_classes_and_long_classes_into_methods() -> None:
    short = "class S:\n    def a(self):\n        pass\n"
    long = "class L:\n" + "".join(f"    def m{i}(self):\n        pass\n" for i in range(40))
    pieces = code_pieces([Piece("a.py", f"x = 1\n{short}{long}\ndef f():\n    pass\n"), Piece("b.py", "y = (")])
    texts = [piece.text for piece in pieces]
    assert texts[0] == short
    assert texts[1] == "    def m0(self):\n        pass\n"
    assert len(texts) == 43
    assert texts[-2:] == ["def f():\n    pass\n", "y = ("]


def test_words_are_split_inside_of_identifiers() -> None:
    assert words("timeGrid time_grid(λ2)") == ["time", "grid", "time", "grid", "λ2"]


@pytest.mark.agents
def test_in_a_sandbox_right_answers_pass_and_wrong_ones_do_not(shell: Shell) -> None:
    prepare(shell, "agentless")
    models = "scripted,scripted/wrong,scripted/refuse,scripted/malformed,scripted/reject"
    found = outcomes(shell, "moments", "--harness", "agentless", "--model", models, "--masks", "2", "--limit", "1")
    assert found[0] == "passed"
    assert found[1] in {"wrong_result", "experiment_crashed"}
    assert found[2:] == ["no_patch", "no_patch", "agent_crashed"]


@pytest.mark.agents
@pytest.mark.parametrize("kind", ["lexical", "embedding"])
def test_in_a_sandbox_it_retrieves(shell: Shell, kind: str) -> None:
    prepare(shell, "agentless")
    params = ["--param", f"agentless.paper={kind}", "--param", f"agentless.code={kind}"]
    assert outcomes(shell, "moments", "--harness", "agentless", "--model", "scripted", "--limit", "1", *params) == [
        "passed"
    ]


@pytest.mark.agents
def test_in_a_sandbox_useless_answers_end_with_the_budget(shell: Shell) -> None:
    prepare(shell, "agentless")
    limits = ["--param", "agentless.samples=9", "--budget", "calls=3"]
    found = outcomes(shell, "moments", "--harness", "agentless", "--model", "scripted/loop", "--limit", "1", *limits)
    assert found == ["budget_exceeded"]
