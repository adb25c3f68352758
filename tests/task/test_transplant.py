"""Only the masked functions' new bodies reach the reference."""

import ast
import random
import sysconfig
import textwrap
from pathlib import Path

import pytest

from rexlab.errors import FunctionNotFoundError
from rexlab.task.functions import scan
from rexlab.task.masking import body_of, mask_source
from rexlab.task.mutants import mutants
from rexlab.task.transplant import Transplant, attribute, transplant

STDLIB = Path(sysconfig.get_paths()["stdlib"])

REFERENCE = '''\
#!/usr/bin/env python
"""Module."""
from __future__ import annotations

import os

LIMIT = 3


def area(r):  # header
    """Area."""
    return 3.14 * r * r


class Shape:
    scale = 1

    def __init__(self):
        self.x = 1

    @property
    def size(self):
        return self.x
        # a comment that belongs to size


def other(x):
    return helper_of_reference(x)


def helper_of_reference(x):
    return x + LIMIT


if __name__ == "__main__":
    print(area(1))
'''


def dedent(text: str) -> bytes:
    return textwrap.dedent(text).encode()


def moved(submitted: str | bytes, *names: str, reference: str = REFERENCE) -> Transplant:
    data = submitted.encode() if isinstance(submitted, str) else submitted
    return transplant(reference.encode(), data, names, "m.py")


def changed(old: str, new: str, source: str = REFERENCE) -> str:
    assert source.count(old) == 1
    return source.replace(old, new)


def test_reference_bodies_give_the_reference_back() -> None:
    result = moved(REFERENCE, "area", "Shape.size")
    assert result == Transplant(REFERENCE.encode(), [], [], [])


def test_a_new_body_moves_and_nothing_else_does() -> None:
    submitted = changed("    return 3.14 * r * r\n", "    squared = r * r\n    return 3.14 * squared\n")
    tampered = changed("LIMIT = 3", "LIMIT = 99", submitted) + "\nprint('side effect')\n"
    result = moved(tampered, "area")
    assert result.source.decode() == submitted
    assert (result.carried, result.problems, result.missing) == ([], [], [])


def test_what_the_body_needs_comes_along_transitively_and_in_order() -> None:
    submitted = changed("import os\n", "import os\nimport math as m\nfrom collections import abc, OrderedDict\n")
    submitted = changed("LIMIT = 3\n", "LIMIT = 3\n_PI: float = 3.0 + 0.14\n", submitted)
    submitted = changed(
        "def area",
        "class _Base:\n    def run(self): return _PI\n\n\nclass _Tool(_Base):\n    pass\n\n\n"
        "@functools.lru_cache(maxsize=None)\ndef _square(r):\n    return m.pow(r, 2) * _Tool().run()\n\n\n"
        "def _unused(): pass\n\n\ndef area",
        submitted,
    )
    submitted = changed("import os\n", "import os\nimport functools\n", submitted)
    submitted = changed("return 3.14 * r * r", "return _square(r) if abc.Mapping else None", submitted)
    result = moved(submitted, "area")
    assert result.problems == []
    assert result.carried == [
        "import functools",
        "import math as m",
        "from collections import abc",
        "constant _PI",
        "class _Base",
        "class _Tool",
        "def _square",
    ]
    namespace: dict[str, object] = {"__name__": "m"}
    exec(compile(result.source, "m.py", "exec", dont_inherit=True), namespace)
    assert namespace["area"](2) == pytest.approx(12.56)  # type: ignore[operator]
    text = result.source.decode()
    assert text.index("__future__") < text.index("import math") < text.index("_PI:") < text.index("class _Base")
    assert text.startswith("#!/usr/bin/env python\n")
    for line in REFERENCE.splitlines():
        assert line in text or "3.14" in line


def test_what_the_reference_defines_is_never_replaced() -> None:
    submitted = changed("return x + LIMIT", "return 42")
    submitted = changed("return 3.14 * r * r", "return helper_of_reference(r) + LIMIT", submitted)
    result = moved(submitted, "area")
    assert "return x + LIMIT" in result.source.decode()
    assert result.carried == []
    assert result.problems == ["'helper_of_reference' differs from the reference's; the reference's is kept"]


@pytest.mark.parametrize(
    ("top", "problem"),
    [
        ("_h = open('x')", "more than a function"),
        ("@evil(run())\ndef _h(r): return r", "more than a function"),
        ("def _h(r, x=run()): return r", "more than a function"),
        ("class _h:\n    print('side effect')", "more than a function"),
        ("class _h:\n    x = run()", "more than a function"),
        ("_h = 9 ** 9 ** 9", "more than a function"),
        ("if LIMIT:\n    def _h(r): return r", "inside an if"),
        ("try:\n    import x as _h\nexcept ImportError:\n    _h = None", "inside an if"),
        ("from helpers import *", "star import"),
        ("for _h in []: pass", "inside an if"),
    ],
)
def test_code_that_acts_on_import_stays_behind(top: str, problem: str) -> None:
    submitted = changed("def area", f"{top}\n\n\ndef area")
    submitted = changed("return 3.14 * r * r", "return _h(r)", submitted)
    result = moved(submitted, "area")
    assert result.carried == []
    assert len(result.problems) == 1
    assert problem in result.problems[0]
    assert result.source.decode() == changed("return 3.14 * r * r", "return _h(r)")


@pytest.mark.parametrize("top", ["def print(*a): pass", "import evil as print", "print = 3"])
def test_a_builtin_cannot_be_replaced_by_a_helper(top: str) -> None:
    submitted = changed("def area", f"{top}\n\n\ndef area")
    result = moved(changed("return 3.14 * r * r", "return print(r)", submitted), "area")
    assert result.carried == []
    assert "'print' would change what the reference's own code calls by that name" in result.problems[0]


def test_private_members_of_the_same_class_come_along() -> None:
    submitted = changed(
        "        self.x = 1\n", "        self.x = 1\n\n    @staticmethod\n    def _half(v):\n        return _two(v)\n"
    )
    submitted = changed("class Shape", "def _two(v):\n    return v / 2\n\n\nclass Shape", submitted)
    submitted = changed("        return self.x\n", "        return self._half(self.x)\n", submitted)
    result = moved(submitted, "Shape.size")
    assert result.carried == ["def _two", "def Shape._half"]
    assert result.problems == []
    namespace: dict[str, object] = {"__name__": "m"}
    exec(compile(result.source, "m.py", "exec", dont_inherit=True), namespace)
    assert namespace["Shape"]().size == 0.5  # type: ignore[operator]


def test_members_that_are_public_or_override_a_base_do_not() -> None:
    reference = "class A:\n    def _f(self):\n        return 1\n\n\nclass B(A):\n    def g(self):\n        return 2\n"
    submitted = changed(
        "return 2\n",
        "return self._f() + self.h()\n\n    def _f(self):\n        return 3\n\n    def h(self):\n        return 4\n",
        reference,
    )
    result = moved(submitted, "B.g", reference=reference)
    assert result.carried == []
    assert sorted(result.problems) == [
        "B._f would override what A defines; it is not carried",
        "B.h is not private; it is not carried",
    ]


def test_a_changed_signature_or_decorator_is_reported_and_the_reference_kept() -> None:
    submitted = changed("def area(r):  # header", "def area(r, q=1):")
    submitted = changed("    @property\n", "    @cached\n", submitted)
    result = moved(submitted, "area", "Shape.size")
    assert result.source.decode() == REFERENCE
    assert result.problems == [
        "area has another signature; the reference's is kept",
        "Shape.size has other decorators; the reference's are kept",
    ]


def test_a_signature_laid_out_differently_is_the_same() -> None:
    result = moved(changed("def area(r):  # header", "def area(\n    r,  # radius\n):"), "area")
    assert result.problems == []


def test_a_missing_function_is_masked_never_the_reference() -> None:
    result = moved(changed("def area(r)", "def aera(r)"), "area", "Shape.size")
    assert result.missing == ["area"]
    assert result.problems == ["area is not in the submission"]
    assert 'raise NotImplementedError("masked: area")' in result.source.decode()
    assert "3.14" not in result.source.decode()


@pytest.mark.parametrize(
    "submitted",
    [
        b"def area(:\n",
        b"\x00",
        b"\xff\xfe",
        b"",
        b"x = " + b"f(" * 5000 + b")" * 5000,
        b"def area(r):\n    nonlocal q\n",
    ],
)
def test_a_submission_that_cannot_be_read_leaves_every_function_masked(submitted: bytes) -> None:
    result = moved(submitted, "area", "Shape.size")
    assert result.missing == ["area", "Shape.size"]
    assert result.problems
    assert {f.name: f.masked for f in scan(result.source, "m.py").functions}["area"]
    assert "3.14" not in result.source.decode()


def test_the_last_of_several_definitions_counts_and_is_reported() -> None:
    result = moved(REFERENCE + "\n\ndef area(r):\n    return 7\n", "area")
    assert result.source.decode() == changed('    """Area."""\n    return 3.14 * r * r\n', "    return 7\n")
    assert result.problems == ["area is defined 2 times in the submission, 1 in the reference"]


def test_a_function_that_is_still_masked_stays_masked() -> None:
    masked = mask_source(REFERENCE.encode(), "m.py", {"area": "Compute the area of it."})
    assert transplant(REFERENCE.encode(), masked, ["area"]).source == masked


def test_bodies_move_between_indentations_and_layouts() -> None:
    reference = "class A:\n    def f(self):\n        return 1\n\n    def g(self): return 2\n    def h(self): return 3\n"
    submitted = (
        "class A:\n\tdef f(self):\n\t\ts = '''\n\t\tin a string\n'''\n\t\tif s:\n\t\t\treturn s\n"
        "\tdef g(self):\n\t\tx = 5\n\t\treturn x\n\tdef h(self): return (1,\n  2)\n"
    )
    result = moved(submitted, "A.f", "A.g", "A.h", reference=reference)
    assert result.problems == []
    assert result.source.decode() == (
        "class A:\n    def f(self):\n        s = '''\n\t\tin a string\n'''\n        if s:\n        \treturn s\n\n"
        "    def g(self):\n        x = 5\n        return x\n    def h(self): return (1,\n  2)\n"
    )
    one_line = "class A:\n  def f(self): return 9\n  def g(self): return 2\n  def h(self): return 3\n"
    assert "def f(self):\n        return 9\n" in moved(one_line, "A.f", reference=reference).source.decode()


def test_a_body_cannot_break_out_of_its_function() -> None:
    submitted = b"class Shape:\n  def size(self):\n\x0c    x = 1\n    print('out')\n"
    result = moved(submitted, "Shape.size")
    before, after = ast.parse(REFERENCE), ast.parse(result.source)
    assert len(before.body) == len(after.body)
    assert "print('out')" not in ast.unparse(after.body[:3])


def test_a_body_fits_the_references_encoding_or_is_masked() -> None:
    reference = "# coding: latin-1\ndef f():\n    return 'é'\n".encode("latin-1")
    fits = transplant(reference, "def f():\n    return 'ü'\n".encode(), ["f"])
    assert fits.source == "# coding: latin-1\ndef f():\n    return 'ü'\n".encode("latin-1")
    does_not = transplant(reference, "def f():\n    return '中'\n".encode(), ["f"])
    assert does_not.missing == ["f"]
    assert "encoding iso-8859-1" in does_not.problems[0]


def test_a_nested_function_moves_with_the_outer_one() -> None:
    reference = "def outer():\n    def inner():\n        return 1\n    return inner\n"
    submitted = reference.replace("return 1", "return 2")
    both = moved(submitted, "outer.<locals>.inner", "outer", reference=reference)
    assert both.source.decode() == submitted
    inner = moved(submitted.replace("return inner", "return None"), "outer.<locals>.inner", reference=reference)
    assert inner.source.decode() == submitted


def test_one_functions_version_is_attributed_in_an_otherwise_reference_module() -> None:
    submitted = changed("return 3.14 * r * r", "return helper_of_reference(r)")
    submitted = changed("return x + LIMIT", "return 0", submitted).encode()
    alone = attribute(REFERENCE.encode(), submitted, "area", "m.py", masked=["helper_of_reference", "nothing"])
    assert alone.problems == []
    assert "return x + LIMIT" in alone.source.decode()
    assert "return helper_of_reference(r)" in alone.source.decode()


def test_future_annotations_come_along_with_annotated_helpers() -> None:
    reference = '"""Doc."""\nimport os\n\n\ndef f(x):\n    return x\n'
    submitted = (
        '"""Doc."""\nfrom __future__ import annotations\nimport os\n\n\ndef _h(x: Later) -> Later:\n    return x\n\n\n'
        "def f(x):\n    return _h(x)\n"
    )
    result = moved(submitted, "f", reference=reference)
    assert result.carried == ["from __future__ import annotations", "def _h"]
    assert result.source.decode().startswith('"""Doc."""\nfrom __future__ import annotations\nimport os\n')
    ast.parse(result.source)


def test_helpers_at_the_end_of_a_file_without_a_line_break() -> None:
    reference = "def f(x):\n    return x"
    result = moved("def f(x):\n    return _h(x)\n\n\ndef _h(x):\n    return x", "f", reference=reference)
    namespace: dict[str, object] = {}
    exec(result.source, namespace)
    assert namespace["f"](3) == 3  # type: ignore[operator]


def test_an_unknown_function_of_the_reference_is_an_error() -> None:
    with pytest.raises(FunctionNotFoundError):
        moved(REFERENCE, "nothing")


@pytest.mark.parametrize(
    "module", ["textwrap", "heapq", "fractions", "csv", "dataclasses", "queue", "string", "shlex", "calendar"]
)
def test_filled_in_reference_bodies_give_real_modules_back(module: str) -> None:
    source = (STDLIB / f"{module}.py").read_bytes()
    names = [f.name for f in scan(source, module).functions]
    for group in (names, random.Random(module).sample(names, min(5, len(names)))):
        result = transplant(source, source, group, module)
        assert result.source == source
        assert (result.carried, result.problems, result.missing) == ([], [], [])


@pytest.mark.parametrize("module", ["textwrap", "heapq", "fractions", "string"])
def test_masked_bodies_stay_masked_in_real_modules(module: str) -> None:
    source = (STDLIB / f"{module}.py").read_bytes()
    names = [f.name for f in scan(source, module).functions]
    masked = mask_source(source, module, dict.fromkeys(names, "Does something or other."))
    result = transplant(source, masked, names, module)
    assert result.problems == []
    assert all(
        body_of(result.source, n) == body_of(masked, n) for n in (f.name for f in scan(masked, module).functions)
    )


@pytest.mark.parametrize("module", ["textwrap", "heapq", "fractions", "statistics", "difflib"])
def test_a_mutant_of_a_real_function_moves_exactly(module: str) -> None:
    source = (STDLIB / f"{module}.py").read_bytes()
    draw = random.Random(module)
    for function in draw.sample(scan(source, module).functions, 4):
        for mutant in draw.sample(found := mutants(source, function.name), min(3, len(found))):
            result = transplant(source, mutant.source, [function.name], module)
            assert result == Transplant(mutant.source, [], [], [])
