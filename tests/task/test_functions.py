"""Finding functions in a module by name."""

import ast
import sysconfig
import types
from collections import Counter
from pathlib import Path

import pytest

from rexlab.errors import FunctionNotFoundError, MaskingError
from rexlab.task.functions import Function, scan

STDLIB = Path(sysconfig.get_paths()["stdlib"])

SHAPES = b'''\
import functools

def first(a, b=1):
    """Adds."""
    # inside
    return a + b

class Thing:
    x = 1

    @property
    def value(self): return self._value

    @value.setter
    def value(self, new):
        self._value = new

    @staticmethod
    @functools.lru_cache(
        maxsize=None,
    )
    async def wide(
        a: int,
        *rest: str,  # a comment in the signature
    ) -> list[int]:  # a comment on the header
        def inner(n):
            class Deep:
                def leaf(self): pass
            return Deep
        return [inner(a)]

    class Nested:
        def method(self):
            pass

if first:
    def twice():
        return 1
else:
    def twice():
        return 2

def outer():
    global made
    def made():
        pass
    def kept():
        pass
    try:
        def tried(): pass
    except ValueError:
        def tried(): pass
    else:
        with open("x") as f:
            for _ in f:
                while True:
                    def looped(): pass
    finally:
        def finished(): pass
    match 1:
        case 1:
            def matched(): pass
'''


def named(source: bytes, name: str) -> Function:
    return scan(source, "shapes.py").find(name)


def test_every_def_is_listed_in_source_order_under_its_python_qualname() -> None:
    names = [f.name for f in scan(SHAPES, "shapes.py").functions]
    assert names == [
        "first",
        "Thing.value#1",
        "Thing.value#2",
        "Thing.wide",
        "Thing.wide.<locals>.inner",
        "Thing.wide.<locals>.inner.<locals>.Deep.leaf",
        "Thing.Nested.method",
        "twice#1",
        "twice#2",
        "outer",
        "made",
        "outer.<locals>.kept",
        "outer.<locals>.tried#1",
        "outer.<locals>.tried#2",
        "outer.<locals>.looped",
        "outer.<locals>.finished",
        "outer.<locals>.matched",
    ]


def test_a_function_carries_its_signature_decorators_docstring_and_lines() -> None:
    wide = named(SHAPES, "Thing.wide")
    assert wide.is_async
    assert wide.decorators == ("@staticmethod", "@functools.lru_cache(\n        maxsize=None,\n    )")
    assert wide.signature.startswith("async def wide(\n        a: int,")
    assert wide.signature.endswith(") -> list[int]:")
    assert (wide.first_line, wide.def_line, wide.last_line) == (18, 22, 30)
    first = named(SHAPES, "first")
    assert first.docstring == "Adds."
    assert SHAPES[first.body_start : first.body_end] == b'    """Adds."""\n    # inside\n    return a + b\n'
    assert not first.inline
    value = named(SHAPES, "Thing.value#1")
    assert value.inline
    assert SHAPES[value.body_start : value.body_end] == b" return self._value\n"


def test_a_name_defined_several_times_needs_its_number() -> None:
    with pytest.raises(FunctionNotFoundError, match=r"shapes.py defines 'twice' 2 times.*twice#1 \(line 37\), twice#2"):
        named(SHAPES, "twice")
    assert named(SHAPES, "twice#2").def_line == 40
    assert named(SHAPES, "first#1") == named(SHAPES, "first")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("frist", "it has first"),
        ("value", "it has Thing.value#1, Thing.value#2"),
        ("twice#3", "it has twice#1, twice#2"),
        ("zzzzz", "it has first"),
        ("first#x", "it has first"),
    ],
)
def test_a_name_that_is_not_there_gets_near_matches(name: str, hint: str) -> None:
    with pytest.raises(FunctionNotFoundError, match=f"shapes.py has no function '{name}'; {hint}"):
        named(SHAPES, name)


def test_a_module_without_functions_says_so() -> None:
    with pytest.raises(FunctionNotFoundError, match="it defines no function at all"):
        named(b"x = 1\n", "f")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"def f(:\n    pass\n", r"bad.py, line 2: does not parse"),
        (b"x = 1\n\ndef f():\nreturn 1\n", r"bad.py, line 4: does not parse"),
        (b"# coding: no-such-codec\n", r"bad.py, line 1: the encoding cannot be made out"),
        (b"# coding: rot13\n", r"bad.py: source code cannot be read with the encoding rot13"),
        (b"# coding: undefined\n", r"bad.py: source code cannot be read with the encoding undefined"),
        (b"x = 1\ny = '\xff'\n", r"bad.py, line \d: "),
        (b"\xef\xbb\xbf# coding: latin-1\n", r"bad.py, line 1: the encoding cannot be made out"),
        (b"x = " + b"(" * 5000 + b")" * 5000 + b"\n", r"bad.py"),
    ],
)
def test_what_does_not_parse_is_refused_with_file_and_line(source: bytes, message: str) -> None:
    with pytest.raises(MaskingError, match=message):
        scan(source, "bad.py")


def test_offsets_count_bytes_in_other_encodings_and_after_a_byte_order_mark() -> None:
    latin = "# coding: latin-1\nx = 'é'\ndef f():\n    return 'é'\n".encode("latin-1")
    assert latin[named(latin, "f").body_start :] == "    return 'é'\n".encode("latin-1")
    bom = b"\xef\xbb\xbfx = '\xc3\xa9'\ndef f():\n    return '\xc3\xa9'\n"
    assert bom[named(bom, "f").body_start :] == b"    return '\xc3\xa9'\n"


def test_identifiers_are_compared_as_python_compares_them() -> None:
    source = "def ﬁt():\n    pass\n".encode()  # the ligature, which Python reads as "fi"
    assert named(source, "fit").qualname == "fit"
    assert named(source, "ﬁt").qualname == "fit"


def test_a_comment_below_the_body_belongs_to_it_only_when_it_stands_deeper_than_the_def() -> None:
    source = b"class A:\n    def f(self):\n        pass\n\n      # mine\n\n    # not mine\n    x = 1\n"
    body = named(source, "A.f")
    assert source[body.body_start : body.body_end] == b"        pass\n\n      # mine\n"


def test_a_masked_body_is_recognised() -> None:
    source = (
        b'def f():\n    """Doc."""\n    raise NotImplementedError("masked: f")\n'
        b'def g():\n    raise NotImplementedError("later")\n'
    )
    assert named(source, "f").masked
    assert not named(source, "g").masked


def code_names(code: types.CodeType) -> list[str]:
    """The qualnames of the functions Python itself compiles from a module, without lambdas and class bodies."""
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    found = [c.co_qualname for c in inner if not c.co_name.startswith("<") and c.co_flags & 0x2]
    return found + [name for c in inner for name in code_names(c)]


@pytest.mark.skipif(not hasattr(types.CodeType, "co_qualname"), reason="Python 3.11 added co_qualname")
@pytest.mark.parametrize(
    "module", ["dataclasses", "functools", "contextlib", "enum", "fractions", "shelve", "json/decoder", "asyncio/tasks"]
)
def test_qualnames_are_those_python_gives(module: str) -> None:
    source = (STDLIB / f"{module}.py").read_bytes()
    ours = Counter(f.qualname for f in scan(source, module).functions)
    theirs = Counter(code_names(compile(source, module, "exec", dont_inherit=True)))
    assert set(theirs) <= set(ours)
    defs = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert sum(ours.values()) == len(defs)
