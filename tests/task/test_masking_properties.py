"""What must be true of every masked module: real ones, and ones nobody would write."""

import ast
import random
import re
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rexlab.task.functions import Function, scan
from rexlab.task.masking import mask_source

STDLIB = Path(sysconfig.get_paths()["stdlib"])
DESCRIPTION = "Sums the values and returns the total."


def def_nodes(tree: ast.Module) -> dict[int, ast.FunctionDef | ast.AsyncFunctionDef]:
    return {n.lineno: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}


def is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return isinstance(node.body[-1], ast.Raise) and "'masked: " in ast.unparse(node.body[-1])


def dump_without_bodies(tree: ast.Module, nodes: Iterable[ast.FunctionDef | ast.AsyncFunctionDef]) -> str:
    for node in nodes:
        node.body = [ast.Pass()]
    return ast.dump(tree)


@dataclass
class Checker:
    """What must be true of every masked version of a module, told by ``ast`` and not by the masking code."""

    source: bytes

    def __post_init__(self) -> None:
        self.functions = {f.name: f for f in scan(self.source, "m.py").functions}
        self.names = list(self.functions)
        self.lines = NEWLINE.split(self.source)
        ends = [m.end() for m in NEWLINE.finditer(self.source)]
        # Columns do not count a byte order mark.
        self.starts = [3 if self.source.startswith(b"\xef\xbb\xbf") else 0, *ends]

    def outer(self, names: Iterable[str]) -> list[Function]:
        chosen = [self.functions[n] for n in dict.fromkeys(names)]
        return sorted((f for f in chosen if not any(o.contains(f) for o in chosen)), key=lambda f: f.start)

    def mask(self, names: Iterable[str]) -> bytes:
        return mask_source(self.source, "m.py", dict.fromkeys(names, DESCRIPTION))

    def check(self, names: list[str]) -> bytes:
        masked = self.mask(names)
        compile(masked, "m.py", "exec", dont_inherit=True)
        outer = self.outer(names)
        # Decorators, signatures and every statement outside the masked bodies mean what they meant.
        before, after = ast.parse(self.source), ast.parse(masked)
        old = def_nodes(before)
        stubs = [node for node in def_nodes(after).values() if is_stub(node)]
        assert len(stubs) == len(outer)
        self._check_spans(outer, old)
        assert dump_without_bodies(before, [old[f.def_line] for f in outer]) == dump_without_bodies(after, stubs)
        # Every byte outside the masked bodies is still there, in order.
        at = found = 0
        for function in outer:
            outside = self.source[at : function.body_start]
            found = masked.index(outside, found) + len(outside)
            at = function.body_end
        assert masked.endswith(self.source[at:])
        return masked

    def _check_spans(self, outer: list[Function], old: dict[int, ast.FunctionDef | ast.AsyncFunctionDef]) -> None:
        """A body's bytes are what ``ast`` says, and around that nothing but white space and comments."""
        for function in outer:
            node = old[function.def_line]
            first = min([node.body[0], *getattr(node.body[0], "decorator_list", [])], key=lambda n: n.lineno)
            start = self.starts[first.lineno - 1]
            end = self.starts[node.end_lineno] if node.end_lineno < len(self.starts) else len(self.source)  # type: ignore
            assert function.body_start <= start + first.col_offset
            if not function.inline:
                assert_only_comments(self.source[function.body_start : start])
            assert_only_comments(self.source[end : function.body_end])
            following = self.source[function.body_end :].lstrip(b" \t\f\r\n")
            if following.startswith(b"#"):
                line = NEWLINE.split(self.source[: len(self.source) - len(following)])[-1]
                assert column(line) <= column(function.indent.encode())


NEWLINE = re.compile(rb"\r\n|\n|\r")


def column(indent: bytes) -> int:
    return len(indent.rpartition(b"\f")[2].expandtabs(8))


def assert_only_comments(text: bytes) -> None:
    assert all(line.strip(b" \t\f\\")[:1] in (b"", b"#") for line in NEWLINE.split(text)), text


# libcst cannot read ``(name): type = value``, which only the standard library's tests of annotations use.
SKIPPED = {"site-packages", "ann_module.py", "test_grammar.py"}
PATHS = [p for p in sorted(STDLIB.glob("**/*.py")) if 500 < p.stat().st_size < 40_000 and not SKIPPED & {*p.parts}]
SAMPLE = random.Random(20).sample(PATHS, 110)


@pytest.mark.parametrize("batch", range(11))
def test_functions_of_the_standard_library_alone_in_groups_and_all_at_once(batch: int) -> None:
    for path in SAMPLE[batch::11]:
        source = path.read_bytes()
        try:
            compile(source, str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):  # the standard library tests the parser with broken files
            continue
        checker, draw = Checker(source), random.Random(path.name)
        names = checker.names
        for name in draw.sample(names, min(3, len(names))):
            checker.check([name])
        for _ in range(2 if names else 0):
            group = draw.sample(names, draw.randint(1, len(names)))
            assert checker.check(group) == checker.mask(draw.sample(group, len(group)))
        everything = checker.check(names)
        assert mask_source(everything, "m.py", dict.fromkeys(names, DESCRIPTION)) == everything


# Sources nobody would write: every construct, in every layout


INDENTS = st.sampled_from(["    ", "  ", "\t", " "])
COMMENT = st.sampled_from(["# plain", "#", "#: é ħ", "# def f():", "#\f"])


@st.composite
def block(draw: st.DrawFn, indent: str, depth: int, in_class: bool) -> list[str]:
    step = draw(INDENTS)
    inner = indent + step
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(statement(inner, depth, in_class))
    for _ in range(draw(st.integers(0, 2))):
        where = draw(st.sampled_from([inner, indent, "", inner + " "]))
        lines.append(draw(st.sampled_from(["", where + draw(COMMENT), where])))
    return lines


@st.composite
def statement(draw: st.DrawFn, indent: str, depth: int, in_class: bool) -> list[str]:
    kinds = ["simple", "comment", "blank", "string", "continued", "bracket"]
    if depth < 3:
        kinds += ["def", "def", "def", "oneline", "class", "if", "try", "with"]
    kind = draw(st.sampled_from(kinds))
    tail = draw(st.sampled_from(["", "  # tail", ";", " ; "]))
    if kind == "simple":
        return [indent + draw(st.sampled_from(["x = 1", "pass", "y = 'é'", "print(1); x = 2"])) + tail]
    if kind == "comment":
        return [draw(st.sampled_from([indent, "", indent + "  "])) + draw(COMMENT), f"{indent}x = 2"]
    if kind == "blank":
        return ["", draw(st.sampled_from(["", "   ", "\f"])), f"{indent}x = 3"]
    if kind == "string":
        return [f"{indent}s = '''", "# no comment", "def no(): pass", f"  '''{tail}"]
    if kind == "continued":
        return [f"{indent}x = 1 + \\", f"  2{tail}"]
    if kind == "bracket":
        return [f"{indent}x = (  # open", "# inside", f"1){tail}"]
    if kind == "if":
        rest = draw(block(indent, depth + 1, in_class))
        return [f"{indent}if x:", *draw(block(indent, depth + 1, in_class)), f"{indent}else:", *rest]
    if kind == "try":
        rest = draw(block(indent, depth + 1, in_class))
        return [f"{indent}try:", *draw(block(indent, depth + 1, in_class)), f"{indent}finally:", *rest]
    if kind == "with":
        return [f"{indent}with x as y:", *draw(block(indent, depth + 1, in_class))]
    if kind == "class":
        return [f"{indent}class C:", *draw(block(indent, depth + 1, True))]
    name = draw(st.sampled_from(["f", "g", "h", "ñ"]))
    decorators = [f"{indent}{d}" for d in draw(st.lists(st.sampled_from(["@a", "@b(1)  # why", "@c.d"]), max_size=2))]
    head = draw(
        st.sampled_from(["def {}(a):", "async def {}(*a, b=1) -> int:", "def {}(\n  a,  # why\n):", "def {}(a): \\"])
    )
    if kind == "oneline" or head.endswith("\\"):
        glue = "\n" if head.endswith("\\") else " "
        return [*decorators, *f"{indent}{head.format(name)}{glue}return {tail.strip()}".split("\n")]
    header = head.format(name) + draw(st.sampled_from(["", "  # header"]))
    return [*decorators, *f"{indent}{header}".split("\n"), *draw(block(indent, depth + 1, False))]


@st.composite
def modules(draw: st.DrawFn) -> bytes:
    lines = [line for _ in range(draw(st.integers(1, 4))) for line in draw(statement("", 0, False))]
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    start = draw(st.sampled_from(["", "\ufeff", "# coding: utf-8" + newline, "\f"]))
    return (start + newline.join(lines) + draw(st.sampled_from(["", newline, newline * 2]))).encode()


@given(modules(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_modules_survive_any_group_in_any_order(source: bytes, draw: random.Random) -> None:
    try:
        compile(source, "m.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        assume(False)
    checker = Checker(source)
    assume(checker.names)
    group = draw.sample(checker.names, draw.randint(1, len(checker.names)))
    masked = checker.check(group)
    assert checker.mask(group[::-1]) == masked
    # A number counts the definitions there are: masking an outer function renumbers those that were nested in it.
    assume(not any("<locals>" in name and "#" in name for name in checker.names))
    assert mask_source(masked, "m.py", dict.fromkeys(group, DESCRIPTION)) == masked
    everything = checker.check(checker.names)
    # One after the other gives what all at once gives, the innermost first.
    step = source
    for name in reversed(checker.names):
        step = mask_source(step, "m.py", {name: DESCRIPTION})
    assert step == everything
