"""Masking: only bodies change, whatever the file looks like."""

import ast
import os
import random
import re
import sysconfig
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rexlab.errors import FunctionNotFoundError, MaskingError
from rexlab.task.functions import Function, scan
from rexlab.task.manifest import FunctionSection
from rexlab.task.masking import body_of, mask_source, mask_tree

STDLIB = Path(sysconfig.get_paths()["stdlib"])
DESCRIPTION = "Sums the values and returns the total."


def mask(source: str | bytes, *names: str, description: str = DESCRIPTION) -> bytes:
    data = source.encode() if isinstance(source, str) else source
    return mask_source(data, "m.py", dict.fromkeys(names, description))


# What a masked file looks like


def test_the_body_becomes_description_and_raise() -> None:
    source = (
        "@deco\ndef f(\n    a, b=(1,\n    2),\n) -> int:  # noqa\n"
        '\n    """Old."""\n    # secret\n    return a + b  # too\n    # and this\n\n\n# stays\nx = f(1)\n'
    )
    assert mask(source, "f").decode() == (
        "@deco\ndef f(\n    a, b=(1,\n    2),\n) -> int:  # noqa\n"
        f'    """{DESCRIPTION}"""\n    raise NotImplementedError("masked: f")\n\n\n# stays\nx = f(1)\n'
    )


def test_a_one_line_def_becomes_a_block() -> None:
    source = "class A:\n  def f(self): return 1; # c\n  y = 2\n"
    assert mask(source, "A.f").decode() == (
        f'class A:\n  def f(self):\n      """{DESCRIPTION}"""\n'
        '      raise NotImplementedError("masked: A.f")\n  y = 2\n'
    )


def test_only_the_occurrence_named_changes() -> None:
    source = "if a:\n    def f(): return 1\nelse:\n    def f():\n        return 2\n"
    masked = mask(source, "f#2").decode()
    assert masked.startswith("if a:\n    def f(): return 1\nelse:\n    def f():\n        ")
    assert 'raise NotImplementedError("masked: f#2")' in masked


def test_overloads_properties_and_their_setters_keep_everything_but_the_body() -> None:
    source = textwrap.dedent("""\
        class A:
            @overload
            def f(self, a: int) -> int: ...
            @overload
            def f(self, a: str) -> str: ...
            def f(self, a):
                return a
            @property
            def p(self) -> int:
                return 1
            @p.setter
            def p(self, v: int) -> None:
                self.v = v
        """)
    masked = mask(source, "A.f#3", "A.p#2").decode()
    assert masked.count("...") == 2
    assert "return a" not in masked
    assert "self.v = v" not in masked
    assert "return 1" in masked


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        (b"def f():\r\n    return 1\r\nx = 1\r\n", b"x = 1\r\n"),
        (b"\xef\xbb\xbfdef f():\n    return 1\n", b"\xef\xbb\xbfdef f():\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\ndef f():\n    return '\xe9'\n", b"x = '\xe9'\n"),
        (b"class A:\n\tdef f(self):\n\t\tif 1:\n\t\t\treturn 1\n\tx = 2\n", b"\tx = 2\n"),
        (b"x = 1\n\x0c\ndef f():\n    return 1\n\x0c\ny = 1\n", b"\n\x0c\ny = 1\n"),
        (b"def f():\n    return 1 + \\\n  2\ny = 1 + \\\n  3", b"y = 1 + \\\n  3"),
        (b"def f(a, \\\n  b): \\\n  return a\ny = 1\n", b"def f(a, \\\n  b):"),
        (b"def f():\n    s = '''\n# not a comment\n'''\n    return s\nz = 1", b"z = 1"),
        (b"try:\n    x\nexcept (A, B) :\n    def f(): return 1\n    y = 1\n", b"except (A, B) :\n    def f():"),
        (b"def f():\r    return 1\rx = 1\r", b"x = 1\r"),
        (b"x = 1\n\x0cdef f():\n    return 1\n", b"x = 1\n\x0cdef f():\n"),
        (b"def f():\n    if 1:\n        pass\n    # tail\n# out\n", b"# out\n"),
        (b"def f(): pass # c \xc3\xa9", b"def f():"),
        (b"def f():\n  pass\\\n\n\nx = 1\n", b"x = 1\n"),
        (b"def f[T: int](x: T) -> T:\n    return x\ntype X = int\n", b"type X = int\n"),
        (b"def f():\n    pass;\n    return ';' ; \n", b"def f():\n"),
    ],
)
def test_odd_files_survive(source: bytes, kept: bytes) -> None:
    name = "A.f" if source.startswith(b"class") else "f"
    masked = mask(source, name, description="Gives “one”, always; \\alpha and 'é' included.")
    assert kept in masked
    function = scan(source, "m.py").find(name)
    assert masked.startswith(source[: function.colon])
    assert masked.endswith(source[function.body_end :])
    again = scan(masked, "m.py").find(name)
    assert again.masked
    assert again.docstring == "Gives “one”, always; \\alpha and 'é' included."
    assert mask(masked, name, description=again.docstring or "") == masked
    if not source.endswith(b"\n"):
        assert masked.endswith(source[-1:]) or not masked.endswith(b"\n")


def test_a_file_that_ended_without_a_line_break_still_does() -> None:
    assert mask("def f(): return 1", "f").endswith(b'raise NotImplementedError("masked: f")')
    assert mask("def f():\r\n    return 1", "f").count(b"\r\n") == 2


def test_masking_the_outer_function_takes_the_nested_one_along() -> None:
    source = "def outer():\n    def inner():\n        return 1\n    return inner\n"
    outer = mask(source, "outer")
    assert mask(source, "outer", "outer.<locals>.inner") == outer
    assert mask(source, "outer.<locals>.inner", "outer") == outer
    assert mask(mask(source, "outer.<locals>.inner"), "outer") == outer
    assert mask(outer, "outer", "outer.<locals>.inner") == outer


def test_an_unknown_name_is_an_error_even_beside_a_good_one() -> None:
    with pytest.raises(FunctionNotFoundError, match=r"m\.py has no function 'g'"):
        mask("def f():\n    return 1\n", "f", "g")
    with pytest.raises(FunctionNotFoundError):
        mask("def f():\n    return 1\n", "f", "f.<locals>.g")


def test_two_descriptions_of_one_function_are_an_error() -> None:
    with pytest.raises(MaskingError, match="named twice"):
        mask_source(b"def f():\n    return 1\n", "m.py", {"f": "One thing.", "f#1": "Another."})


def test_nothing_to_mask_changes_nothing() -> None:
    source = b"def f():\n    return 1\n"
    assert mask(source) == source


def test_body_of_gives_the_bytes_that_masking_removes() -> None:
    source = b"def f():\n    a = 1\n    return a\n\ndef g(): return 2\n"
    assert body_of(source, "f") == b"    a = 1\n    return a\n"
    assert body_of(source, "g") == b" return 2\n"


# Descriptions


@pytest.mark.parametrize(
    "description",
    [
        'Ends with a quote "',
        'Ends with three """',
        'Ends with a backslash and a quote \\"',
        "Ends with a backslash \\",
        "Raw \\alpha, \\N{DASH}, \\x and \\u12 sequences",
        '""" begins with them, and has """ inside',
        "Tabs\tand\x0cform feeds\x00and NULs \u2028 \x85 are kept",
        "Text in several scripts: ħ, 中文, \U0001d538, \ud800",
        "First line.\n\nArgs:\n    x: one thing\n        - deeper\n    y: another\n",
        "A long line " * 30,
        "A\u00a0no-break " * 30,
        "https://example.org/" + "x" * 200,
        "Windows\r\nline\rbreaks",
        '"',
        '"' * 7,
    ],
)
@pytest.mark.parametrize("cookie", ["", "# coding: latin-1\n", "# coding: ascii\n", "# coding: shift_jis\n"])
def test_any_description_reads_back_as_a_docstring(description: str, cookie: str) -> None:
    source = f"{cookie}class A:\n    def f(self):\n        return 1\n".encode()
    masked = mask(source, "A.f", description=description)
    method = ast.parse(masked).body[0].body[0]  # type: ignore[attr-defined]
    got = ast.get_docstring(method)
    assert got is not None
    wanted = "\n".join(description.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert got.replace("\x0c", " ").split() == wanted.replace("\x0c", " ").split()
    for line in masked.decode(scan(masked, "m.py").encoding).split("\n"):
        assert len(line) <= 100 or "example.org" in line or "\u00a0" in line
    assert mask(masked, "A.f", description=description) == masked


def test_an_empty_description_gives_no_docstring() -> None:
    assert (
        mask("def f():\n    return 1\n", "f", description=" ")
        == b'def f():\n    raise NotImplementedError("masked: f")\n'
    )


# Properties


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
        self.starts = [0, *ends]

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
    assert mask_source(masked, "m.py", dict.fromkeys(group, DESCRIPTION)) == masked
    everything = checker.check(checker.names)
    # One after the other gives what all at once gives, the innermost first.
    step = source
    for name in reversed(checker.names):
        step = mask_source(step, "m.py", {name: DESCRIPTION})
    assert step == everything


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_a_description(description: str) -> None:
    masked = mask("# coding: latin-1\ndef f():\n    return 1\n", "f", description=description)
    found = ast.get_docstring(ast.parse(masked).body[0])  # type: ignore[arg-type]
    assert (found or "").split() == description.split()


# Trees


def section(path: str, qualname: str, description: str = DESCRIPTION) -> FunctionSection:
    return FunctionSection(path=path, qualname=qualname, description=description)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    files = {
        "pkg/a.py": b"def f():\n    return 1\n\ndef g():\n    return 2\n",
        "pkg/b.py": b"def f():\n    return 3\n",
        "run.sh": b"#!/bin/sh\n",
        "data/x.bin": bytes(range(256)),
        "pkg/build/__init__.py": b"x = 1\n",
        "build/lib/pkg/a.py": b"def f():\n    return 1\n",
        "pkg/__pycache__/a.cpython-311.pyc": b"",
        "a.egg-info/PKG-INFO": b"",
        ".git/HEAD": b"",
        "pkg/.ipynb_checkpoints/a-checkpoint.py": b"",
        "node_modules/x.js": b"",
    }
    root = tmp_path / "code"
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "run.sh").chmod(0o755)
    (root / "link.py").symlink_to("pkg/a.py")
    (root / "empty").mkdir()
    (root / "pkg").chmod(0o750)
    return root


def listing(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir() or not any(p.iterdir()))


def test_a_tree_is_copied_with_its_masked_files_and_without_caches(code: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    mask_tree(code, out, [section("pkg/a.py", "f"), section("pkg/a.py", "g"), section("pkg/b.py", "f")])
    assert listing(out) == ["data/x.bin", "empty", "link.py", "pkg/a.py", "pkg/b.py", "pkg/build/__init__.py", "run.sh"]
    assert (out / "pkg/a.py").read_bytes() == mask((code / "pkg/a.py").read_bytes(), "f", "g")
    assert (out / "data/x.bin").read_bytes() == bytes(range(256))
    assert (out / "link.py").readlink() == Path("pkg/a.py")
    assert (out / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (out / "pkg").stat().st_mode & 0o777 == 0o750
    assert (code / "pkg/a.py").read_bytes().startswith(b"def f():\n    return 1")


def test_nothing_to_mask_gives_a_copy(code: Path, tmp_path: Path) -> None:
    mask_tree(code, tmp_path / "out", [])
    assert (tmp_path / "out/pkg/a.py").read_bytes() == (code / "pkg/a.py").read_bytes()


@pytest.mark.parametrize("target", ["../secret", "/etc/hostname", "pkg/../../secret", "nowhere/../../../x"])
def test_a_link_out_of_the_tree_is_an_error(code: Path, tmp_path: Path, target: str) -> None:
    (code / "bad").symlink_to(target)
    with pytest.raises(MaskingError, match="is a link to"):
        mask_tree(code, tmp_path / "out", [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["code"]


@pytest.mark.parametrize(
    ("path", "qualname", "error"),
    [
        ("pkg/a.py", "h", "has no function 'h'"),
        ("pkg/c.py", "f", "cannot be read"),
        ("link.py", "f", "not a file that is copied"),
        ("build/lib/pkg/a.py", "f", "not a file that is copied"),
    ],
)
def test_nothing_is_written_when_a_function_cannot_be_masked(
    code: Path, tmp_path: Path, path: str, qualname: str, error: str
) -> None:
    with pytest.raises((FunctionNotFoundError, MaskingError), match=error):
        mask_tree(code, tmp_path / "out", [section(path, qualname)])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["code"]


def test_a_folder_with_something_in_it_is_not_overwritten(code: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    mask_tree(code, out, [])
    with pytest.raises(MaskingError, match="exists already"):
        mask_tree(code, out, [])
    with pytest.raises(MaskingError, match="lies inside"):
        mask_tree(code, code / "out", [])


def test_a_pipe_in_the_tree_is_an_error(code: Path, tmp_path: Path) -> None:
    os.mkfifo(code / "pipe")
    with pytest.raises(MaskingError, match="neither a file"):
        mask_tree(code, tmp_path / "out", [])
