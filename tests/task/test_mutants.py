"""Subtly wrong bodies."""

import ast
import random
import sysconfig
from pathlib import Path

import pytest

from rexlab.errors import FunctionNotFoundError, MaskingError
from rexlab.task.functions import scan
from rexlab.task.mutants import mutants, mutate

STDLIB = Path(sysconfig.get_paths()["stdlib"])


def results(body: str, arguments: str = "x, y=1") -> dict[str, set[str]]:
    """The mutated bodies of a one-line function, by operator."""
    source = f"def f({arguments}):\n    {body}\n"
    found: dict[str, set[str]] = {}
    for mutant in mutants(source.encode(), "f"):
        lines = mutant.source.decode().splitlines()
        assert lines[0] == source.splitlines()[0]
        found.setdefault(mutant.operator, set()).add("\n".join(line[4:] for line in lines[1:]))
    return found


@pytest.mark.parametrize(
    ("body", "operator", "expected"),
    [
        ("return x < y", "comparison flipped", {"return x <= y", "return x > y"}),
        ("return x == y", "comparison flipped", {"return x != y"}),
        ("return x is not y", "comparison flipped", {"return x is y"}),
        ("return 3", "off by one", {"return 4", "return 2"}),
        ("return 0", "off by one", {"return 1", "return -1"}),
        ("return range(x, y)", "off by one", {"return range(x + 1, y)", "return range(x, y - 1)"}),
        ("return range(len(x))", "off by one", {"return range(len(x) - 1)"}),
        ("return x[:y]", "off by one", {"return x[1:y]", "return x[:y - 1]"}),
        ("return x[y:]", "off by one", {"return x[y + 1:]", "return x[y:-1]"}),
        ("return x - y", "operands swapped", {"return y - x"}),
        ("return x @ y", "operands swapped", {"return y @ x"}),
        ("return (x - 1.0) ** y", "operands swapped", {"return y ** (x - 1.0)", "return (1.0 - x) ** y"}),
        ("return x + y", "operator swapped", {"return x - y"}),
        ("return x / y", "operator swapped", {"return x * y"}),
        ("return x + y", "term dropped", {"return x", "return y"}),
        ("return x * y", "term dropped", {"return x", "return y"}),
        ("return -x", "sign flip", {"return x"}),
        ("return f(x, axis=0)", "wrong axis", {"return f(x, axis=1)"}),
        ("return f(x, axis=-1)", "wrong axis", {"return f(x, axis=0)"}),
        ("return min(x, y)", "another function called", {"return max(x, y)"}),
        ("return np.argmax(x)", "another function called", {"return np.argmin(x)"}),
        ("return any(x)", "another function called", {"return all(x)"}),
        ("return x.sum()", "another function called", {"return x.mean()"}),
        ("return x and y", "and and or", {"return x or y"}),
        ("return x or y", "condition dropped", {"return x", "return y"}),
        ("return not x", "negation dropped", {"return x"}),
        ("return g(x, y)", "arguments swapped", {"return g(y, x)"}),
        ("return x * 0.5", "constant scaled", {"return x * 1.0"}),
        ("x += y; return x", "statement dropped", {"pass; return x"}),
        ("x.append(y); return x", "statement dropped", {"pass; return x"}),
        ("return x", "another local returned", {"return y"}),
        ("return abs(x)", "abs dropped", {"return x"}),
        ("return np.abs(x)", "abs dropped", {"return x"}),
        ("return sorted(x)", "order reversed", {"return sorted(x, reverse=True)"}),
        ("return sorted(x, reverse=True)", "order reversed", {"return sorted(x, reverse=False)"}),
        ("return x[::-1]", "order reversed", {"return x"}),
        ("for y in x: break", "break and continue", {"for y in x: continue"}),
    ],
)
def test_each_operator(body: str, operator: str, expected: set[str]) -> None:
    assert trees(results(body)[operator]) == trees(expected)


def trees(bodies: set[str]) -> set[str]:
    """Bodies compared as syntax trees, so that parentheses that change nothing do not matter."""
    return {ast.dump(ast.parse(body.replace("return", "_ ="))) for body in bodies}


@pytest.mark.parametrize(
    "body",
    [
        '"""Doc 1 < 2."""',
        "raise ValueError(x + 1)",
        "assert x < y",
        "x: 'int | 3' = y",
        "print(x, y)",
        "y = f'{x + 1}'",
        "y = 'a' + x",
        "def g(a: 3 < 4) -> 1 + 2: pass",
    ],
)
def test_what_hardly_changes_a_result_is_left_alone(body: str) -> None:
    assert results(body) == {}


def test_a_guard_that_only_raises_is_left_alone() -> None:
    source = b"def f(x):\n    if x < 0:\n        raise ValueError(x)\n    return g(x)\n"
    assert [m.operator for m in mutants(source, "f")] == ["result dropped"]


def test_a_function_without_anything_to_mutate_returns_nothing() -> None:
    assert [m.source for m in mutants(b"def f():\n    return g()\n", "f")] == [b"def f():\n    return None\n"]
    assert mutants(b"def f():\n    pass\n", "f") == []
    with pytest.raises(MaskingError, match="nothing in it"):
        mutate(b"def f():\n    pass\n", "f", 0)


def test_a_mutant_says_what_it_did_and_where() -> None:
    mutant = mutants(b"x = 1\ndef f(a):\n    b = a\n    return a < b\n", "f")[0]
    assert (mutant.operator, mutant.line) == ("comparison flipped", 4)
    assert mutant.description == "a < b becomes a <= b"


def test_a_seed_always_draws_the_same_mutant_and_seeds_draw_different_ones() -> None:
    source = b"def f(a, b):\n    return a * 2 - b * 3 < max(a, b)\n"
    drawn = [mutate(source, "f", seed) for seed in range(30)]
    assert drawn == [mutate(source, "f", seed) for seed in range(30)]
    assert len({m.source for m in drawn}) > 5


def test_mutants_of_several_functions_compose() -> None:
    source = b"class A:\n    def f(self, a):\n        return a + 1\n\n    def g(self, a):\n        return a - 1\n"
    both = mutate(mutate(source, "A.f", 1).source, "A.g", 2).source
    assert both == mutate(mutate(source, "A.g", 2).source, "A.f", 1).source
    assert both.splitlines()[2] != source.splitlines()[2]
    assert both.splitlines()[5] != source.splitlines()[5]


@pytest.mark.parametrize(
    "source",
    [
        "# coding: latin-1\nclass A:\n\tdef f(self, a):\n\t\tb = 'é'; return g(a + 1, 'é', b)\r\n".encode("latin-1"),
        "\ufeffclass A:\r\n    def f(self, a):\r\n        b = 'é'; return (a\r\n          + 1)\r\n".encode(),
        b"class A:\n    @deco(1 < 2)\n    def f(self, a): return a[1:, 2] + '''\nx'''.count(a - 1)",
        b"# coding: ascii\nclass A:\n    def f(self, a):\n        return g('\\u2603', a) + 1\n",
    ],
)
def test_odd_files_survive(source: bytes) -> None:
    function = scan(source, "m.py").find("A.f")
    found = mutants(source, "A.f")
    assert found
    for mutant in found:
        ast.parse(mutant.source)
        assert mutant.source.startswith(source[: function.body_start])


def test_an_unknown_function_is_an_error() -> None:
    with pytest.raises(FunctionNotFoundError):
        mutants(b"def f(): pass\n", "g")


@pytest.mark.parametrize(
    "module", ["bisect", "heapq", "statistics", "colorsys", "textwrap", "random", "fractions", "difflib", "csv", "hmac"]
)
def test_mutants_of_real_functions_parse_and_change_that_function_only(module: str) -> None:
    source = (STDLIB / f"{module}.py").read_bytes()
    draw = random.Random(module)
    functions = scan(source, module).functions
    original = ast.dump(ast.parse(source))
    for function in draw.sample(functions, min(3, len(functions))):
        found = mutants(source, function.name, module)
        assert found == mutants(source, function.name, module)
        for mutant in draw.sample(found, min(6, len(found))):
            assert ast.dump(ast.parse(mutant.source)) != original
            assert mutant.source.startswith(source[: function.body_start])
            assert mutant.source.endswith(source[function.body_end :])
            assert function.def_line <= mutant.line <= function.last_line
        assert len({ast.dump(ast.parse(m.source)) for m in found[:40]}) == len(found[:40])
