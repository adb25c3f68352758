"""Pairs of texts, before and after, that break a careless edit format."""

from rexlab.gateway.contract import Script, ScriptedFile, ScriptedFunction

_TWICE = """def first(x):
    total = 0
    for value in x:
        total += value
    return total


def second(x):
    total = 0
    for value in x:
        total += value
    return total


def third(x):
    total = 0
    for value in x:
        total += value
    return total
"""

PAIRS: dict[str, tuple[str, str]] = {
    "quotes": (
        'def f(x):\n    """Say it."""\n    raise NotImplementedError("masked: f")\n',
        "def f(x):\n    \"\"\"Say 'it'.\"\"\"\n    a = 'it''s \\'x\\' \\\\n \\t'\n    return f'{x}' + '''\"q\\d\"'''\n",
    ),
    "shell": (
        "A = 1\nB = 2\n",
        "A = '$HOME `ls` $(ls) !! \\$ %s %d EOF'\nEND_OF_FILE = 1\nB = 2\nEOF = 3\n",
    ),
    "unicode": (
        "# naïve \u03b1\nx = 1\n",
        "# naïve \u03b1 → ∑ \U0001d518 \u00a0 é e\u0301\nx = '𝄞'\n",
    ),
    "whitespace": (
        "def f():\n    a = 1   \n\t\n    return a\n\n\n",
        "def f():\n    a = 2   \n\t\n    b = 3 \t\n    return a\n\n\n\n",
    ),
    "repeated": (_TWICE, _TWICE.replace("    return total\n\n\ndef third", "    return -total\n\n\ndef third")),
    "inserted": (_TWICE, _TWICE.replace("def third", "CONSTANT = 3\n\n\ndef third")),
    "deleted": (_TWICE, _TWICE[: _TWICE.index("def third")].rstrip() + "\n"),
    "rewritten": ("import a\n\n\ndef f():\n    pass\n", "from b import c\nfrom d import e\n"),
    "named": ("import os\n# pkg/named.py\nx = 1\n", "import os\n# see pkg/named.py\nx = 2\n"),
    "fences": (
        'def f():\n    """Doc."""\n    pass\n',
        'def f():\n    """Doc.\n\n    ```\n    x\n    ```\n    """\n    return 1\n',
    ),
    "empty": ("", "x = 1\ny = 2\n"),
    "moved": ("a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n", "e = 5\na = 1\nb = 2\nd = 4\nc = 3\n"),
}
"""What every harness must be able to write."""

UNEASY: dict[str, tuple[str, str]] = {
    "no_end": ("x = 1\ny = 2", "x = 1\ny = 3\nz = '\\n'"),
    "gains_end": ("x = 1\ny = 2", "x = 1\ny = 2\n"),
    "windows": ("x = 1\r\ny = 2\r\nz = 3\r\n", "x = 1\r\ny = 5\r\nz = 3\r\n"),
    "markers": (
        "x = 1\ny = 2\n",
        'x = 1\ns = """\n<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n"""\ny = 3\n',
    ),
    "open_fence": ("x = 1\n", 'x = """\n```python\ny\n```\n"""\n'),
}
"""What some harness cannot write to the letter."""


def script(pairs: dict[str, tuple[str, str]], *new: str) -> Script:
    """A script that changes ``pkg/NAME.py`` for each pair, and makes the files ``new``."""
    files = [ScriptedFile(path=f"pkg/{name}.py", before=old, after=text) for name, (old, text) in pairs.items()]
    made = [ScriptedFile(path=path, before=None, after="NEW = 'it''s'\n") for path in new]
    source = "def f(x):\n    '''```'''\n    return x\n"
    function = ScriptedFunction(id="f", path="pkg/quotes.py", qualname="f", source=source)
    return Script(files=(*files, *made), functions=(function,))
