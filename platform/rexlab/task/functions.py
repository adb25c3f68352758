"""The functions of a module, found by qualified name through the syntax tree, with the exact bytes of their bodies."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

from rexlab.errors import FunctionNotFoundError, MaskingError
from rexlab.task.source_text import Places, SourceText, decode, quiet, refuse_deep_nesting

MASK_PREFIX = "masked: "
"""How the message of a masked body's ``NotImplementedError`` begins; the function's name follows."""

_STATEMENT_TAIL = re.compile(rb"(?:[ \t\f;]|\\(?:\r\n|\n|\r))*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_BLANK_OR_COMMENT = re.compile(rb"(?P<indent>[ \t\f]*)(?P<comment>#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_INDENT = re.compile(rb"[ \t\f]*")
_NEWLINE = re.compile(rb"\r\n|\n|\r")
_NEWLINE_AT_END = re.compile(rb"(?:\r\n|\n|\r)\Z")
_TAB = 8  # the width Python gives a tab when it compares indentation


@dataclass(frozen=True, slots=True)
class Function:
    """One ``def``. Offsets count bytes of the file, so that bytes outside the body can be kept as they are."""

    qualname: str
    """Python's own ``__qualname__``: ``Class.method``, ``outer.<locals>.inner``."""
    occurrence: int
    """Which definition of this qualname in the file, from 1 (if/else, overloads, a property and its setter)."""
    occurrences: int
    """How many definitions of this qualname the file has."""
    depth: int
    """How many defs and classes it stands in."""
    is_async: bool
    decorators: tuple[str, ...]
    signature: str
    """The text from ``def`` (or ``async``) to the colon."""
    docstring: str | None
    masked: bool
    """Whether the body is one that masking wrote."""
    first_line: int
    """The line of the first decorator, or of the def; from 1."""
    def_line: int
    last_line: int
    inline: bool
    """Whether the body follows the colon on the def's line: ``def f(x): return x``."""
    indent: str
    """The white space before the def."""
    body_indent: str
    """The white space before the body's statements; empty when inline."""
    newline: str
    """How the line of the def ends."""
    start: int
    """Where the line of the first decorator, or of the def, begins."""
    colon: int
    """Just after the colon that opens the body."""
    body_start: int
    """Where the body begins: the line after the def's, or just after the colon when inline."""
    body_end: int
    """Where it ends: after the line break of its last statement, or of the last comment line that belongs to it."""

    @property
    def name(self) -> str:
        """The qualname, with ``#n`` when the file defines it more than once; always finds this function again."""
        return self.qualname if self.occurrences == 1 else f"{self.qualname}#{self.occurrence}"

    def contains(self, other: "Function") -> bool:
        """Whether the other function stands inside this one's body."""
        return self.body_start <= other.start and other.body_end <= self.body_end and self is not other


@dataclass(frozen=True)
class ModuleFunctions:
    """Every function of one module, in the order of the source."""

    filename: str
    encoding: str
    functions: tuple[Function, ...]

    def find(self, name: str) -> Function:
        """The function of this name: ``f`` when the file defines it once, ``f#2`` for its second definition.

        Raises:
            FunctionNotFoundError: no such function, or several; the text lists what the file has instead.
        """
        qualname, _, number = unicodedata.normalize("NFKC", name).partition("#")
        found = [f for f in self.functions if f.qualname == qualname]
        if number:
            found = [f for f in found if str(f.occurrence) == number]
        if len(found) == 1:
            return found[0]
        if found:
            choices = ", ".join(f"{f.name} (line {f.def_line})" for f in found)
            raise FunctionNotFoundError(f"{self.filename} defines {name!r} {len(found)} times; name one of: {choices}")
        raise FunctionNotFoundError(f"{self.filename} has no function {name!r}{self._suggestions(qualname)}")

    def _suggestions(self, qualname: str) -> str:
        if not self.functions:
            return "; it defines no function at all"
        names = [f.name for f in self.functions]
        last = qualname.rpartition(".")[2]
        near = [f.name for f in self.functions if f.qualname == qualname or f.qualname.rpartition(".")[2] == last]
        near += difflib.get_close_matches(qualname, names, n=5, cutoff=0.5)
        shown = list(dict.fromkeys(near))[:6] or names[:6]
        return f"; it has {', '.join(shown)}"


@lru_cache(maxsize=256)
def scan(source: bytes, filename: str) -> ModuleFunctions:
    """List every function of a module; the answer is kept for sources seen before.

    Raises:
        MaskingError: the source does not parse; the text names the file and the line.
    """
    text = decode(source, filename)
    # libcst does not keep a carriage return on its own, which Python takes for a line break; the lengths are the same.
    readable = re.sub(r"\r(?!\n)", "\n", text.text)
    module = _parse(readable, filename)
    try:
        spans = _Positions(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
        places = Places(module.code.encode(), readable.encode(), filename)
    except RecursionError as error:
        raise MaskingError(f"{filename}: an expression is nested too deeply to be read") from error
    reader = _Reader(text, places, {id(node): span for node, span in spans.items() if isinstance(span, CodeSpan)})
    found = [(node, qualname, depth) for node, qualname, depth in _definitions(module)]
    totals = Counter(qualname for _, qualname, _ in found)
    seen: Counter[str] = Counter()
    functions = []
    with quiet():
        for node, qualname, depth in found:
            seen[qualname] += 1
            functions.append(reader.function(node, qualname, seen[qualname], totals[qualname], depth))
    return ModuleFunctions(filename, text.encoding, tuple(functions))


class _Positions(MetadataWrapper):
    """Computes positions only: a third of the time to scan a module would go into a visit with no visitor."""

    def visit_batched(self, visitors: object, *args: object, **kwargs: object) -> cst.Module:
        return self.module


def _parse(text: str, filename: str) -> cst.Module:
    refuse_deep_nesting(text, filename)
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise MaskingError(f"{filename}, line {error.raw_line}: does not parse: {error.message}") from error
    except (RecursionError, ValueError) as error:
        raise MaskingError(f"{filename}: cannot be parsed: {error}") from error


def _definitions(module: cst.Module) -> Iterator[tuple[cst.FunctionDef, str, int]]:
    """Every def in source order, with its qualname and depth."""
    yield from _walk(module, "", 0, set())


def _walk(
    node: cst.CSTNode, prefix: str, depth: int, global_names: set[str]
) -> Iterator[tuple[cst.FunctionDef, str, int]]:
    """The defs in the statements below a node that opens no scope of its own, or below a scope's own node."""
    for child in _statements(node):
        if isinstance(child, cst.Global):
            global_names.update(item.name.value for item in child.names)
        elif isinstance(child, cst.FunctionDef | cst.ClassDef):
            name = unicodedata.normalize("NFKC", child.name.value)
            # A name declared global in the scope around it is bound, and named, at module level.
            qualname = name if child.name.value in global_names else prefix + name
            if isinstance(child, cst.FunctionDef):
                yield child, qualname, depth
                yield from _walk(child.body, f"{qualname}.<locals>.", depth + 1, set())
            else:
                yield from _walk(child.body, f"{qualname}.", depth + 1, set())
        else:
            yield from _walk(child, prefix, depth, global_names)


def _statements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements and clauses directly below; expressions, which are most of a tree, are never entered."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        below = getattr(node, field, None)
        if isinstance(below, cst.CSTNode):
            yield below
        elif below is not None:
            yield from below


@dataclass(frozen=True)
class _Reader:
    """Reads one function off the tree; offsets are into the UTF-8 text until the very end."""

    text: SourceText
    places: Places
    spans: dict[int, CodeSpan]

    def function(self, node: cst.FunctionDef, qualname: str, occurrence: int, occurrences: int, depth: int) -> Function:
        text, data = self.text, self.text.utf8
        def_start = self._start(node)
        first = min([def_start, *(self._start(decorator) for decorator in node.decorators)])
        line_start = text.line_start(text.line_at(first))
        indent = _indent(data, line_start)
        if isinstance(node.body, cst.IndentedBlock):
            inline = False
            colon = self.places.end(self.spans[id(node.body.header)].start)
            body_start = self._end(node.body.header)
            body_indent = _indent(data, text.line_start(text.line_at(self._start(node.body.body[0]))))
        else:
            inline = True
            assert isinstance(node.body, cst.SimpleStatementSuite)
            colon = body_start = self.places.end(self.spans[id(node.body.leading_whitespace)].start)
            body_indent = b""
        body_end = self._body_end(self._end(node.body.body[-1]), indent)
        newline = _newline_before(data, text.line_start(text.line_at(colon) + 1) if inline else body_start)
        at = text.byte_offset
        return Function(
            qualname=qualname,
            occurrence=occurrence,
            occurrences=occurrences,
            depth=depth,
            is_async=node.asynchronous is not None,
            decorators=tuple(self._text(self._start(d), self._end(d)) for d in node.decorators),
            signature=self._text(def_start, colon),
            docstring=node.get_docstring(),
            masked=_is_mask(node),
            first_line=text.line_at(first),
            def_line=text.line_at(def_start),
            last_line=text.line_at(max(body_start, body_end - 1)),
            inline=inline,
            indent=indent.decode(),
            body_indent=body_indent.decode(),
            newline=newline.decode(),
            start=at(line_start),
            colon=at(colon),
            body_start=at(body_start),
            body_end=at(body_end),
        )

    def _start(self, node: cst.CSTNode) -> int:
        return self.places.start(self.spans[id(node)].start)

    def _end(self, node: cst.CSTNode) -> int:
        span = self.spans[id(node)]
        return self.places.end(span.start + span.length)

    def _text(self, start: int, end: int) -> str:
        return self.text.utf8[start:end].decode().strip()

    def _body_end(self, statement_end: int, def_indent: bytes) -> int:
        """The end of the last statement's line, or of the last comment line below it deeper than the def."""
        data = self.text.utf8
        tail = _STATEMENT_TAIL.match(data, statement_end)
        # A compound statement's span already ends past its line break; there the tail would be a line of its own.
        closed = data[statement_end - 1 : statement_end] in (b"\n", b"\r")
        end = at = statement_end if closed or tail is None else tail.end()
        while at < len(data):
            line = _BLANK_OR_COMMENT.match(data, at)
            if line is None:
                break
            at = line.end()
            if line["comment"] is not None:
                if _column(line["indent"]) <= _column(def_indent):
                    break
                end = at
        return end


def _indent(data: bytes, line_start: int) -> bytes:
    match = _INDENT.match(data, line_start)
    return match.group() if match else b""


def _column(indent: bytes) -> int:
    return len(indent.rpartition(b"\f")[2].expandtabs(_TAB))


def _newline_before(data: bytes, end: int) -> bytes:
    """The line break that ends here; at the end of a file without one, the file's first."""
    match = _NEWLINE_AT_END.search(data[max(0, end - 2) : end]) or _NEWLINE.search(data)
    return match.group() if match else b"\n"


def _is_mask(node: cst.FunctionDef) -> bool:
    """Whether the body is a docstring, perhaps, and the raise that masking writes."""
    statements = [part for line in node.body.body if isinstance(line, cst.SimpleStatementLine) for part in line.body]
    if len(statements) != len(node.body.body) or not 1 <= len(statements) <= 2:
        return False
    last = statements[-1]
    if not (isinstance(last, cst.Raise) and isinstance(last.exc, cst.Call) and len(last.exc.args) == 1):
        return False
    message = last.exc.args[0].value
    named = isinstance(last.exc.func, cst.Name) and last.exc.func.value == "NotImplementedError"
    text = message.evaluated_value if isinstance(message, cst.SimpleString) else None
    return named and isinstance(text, str) and text.startswith(MASK_PREFIX)
