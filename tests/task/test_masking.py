"""Masking: only bodies change, whatever the file looks like."""

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rexlab.errors import FunctionNotFoundError, MaskingError
from rexlab.task.functions import scan
from rexlab.task.masking import body_of, mask_source

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


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_a_description(description: str) -> None:
    masked = mask("# coding: latin-1\ndef f():\n    return 1\n", "f", description=description)
    found = ast.get_docstring(ast.parse(masked).body[0])  # type: ignore[arg-type]
    assert (found or "").split() == description.split()
