"""Take only the masked functions' new bodies out of a submitted module, and put them into the reference."""

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from rexlab.errors import FunctionNotFoundError, MaskingError
from rexlab.task.carry import Carried, Gatherer, describe
from rexlab.task.functions import Function, ModuleFunctions, scan
from rexlab.task.insertion import insertions, only_bodies_changed
from rexlab.task.module_names import Definition, ModuleNames
from rexlab.task.source_text import decode, quiet
from rexlab.task.splice import apply_edits, fit_body, same_tokens
from rexlab.task.stub import stub

_UNAVAILABLE = "The submission has no body for this function that could be transplanted."


@dataclass(frozen=True)
class Transplant:
    """The reference module with the submission's bodies in it."""

    source: bytes
    """A function whose new body cannot be used is masked here: it never keeps the reference's own body."""
    carried: list[str]
    """What came along with the bodies: ``def helper``, ``import math``, ``constant EPS``, ``def Class._part``."""
    problems: list[str] = field(default_factory=list)
    """What is not as it should be, in words."""
    missing: list[str] = field(default_factory=list)
    """The functions, by the names asked for, that are masked because no body could be used."""


def transplant(
    reference: bytes,
    submitted: bytes,
    qualnames: Sequence[str],
    filename: str = "<module>",
    *,
    masked: Collection[str] = (),
) -> Transplant:
    """Put the new bodies of the named functions, with the helpers they need, into the reference.

    Decorators and signatures are the reference's. Helpers are the definitions and imports that the bodies use,
    transitively, and the reference does not have; nothing that the reference defines is replaced, and nothing that
    acts when the module is imported comes along.

    Args:
        reference: The module with every function whole.
        submitted: The module as the agent left it; it is not trusted to be anything.
        qualnames: The functions to take, as in the manifest.
        filename: What to call the module in problems and errors.
        masked: Further functions that were masked; that they differ from the reference is no problem.

    Raises:
        FunctionNotFoundError: The reference has no such function.
        MaskingError: The reference itself does not parse.
    """
    module = scan(reference, filename)
    wanted = {name: module.find(name) for name in qualnames}
    try:
        donor = _Donor(submitted, filename)
    except MaskingError as error:
        return _without_bodies(reference, module, wanted, [f"the submission cannot be read: {error}"])
    operation = _Operation(reference, module, donor, filename)
    return operation.run(wanted, {name: f for name in masked if (f := _known(module, name)) is not None})


def attribute(
    reference: bytes, submitted: bytes, qualname: str, filename: str = "<module>", *, masked: Collection[str] = ()
) -> Transplant:
    """The submission's version of one function in an otherwise reference module; see ``transplant``."""
    return transplant(reference, submitted, [qualname], filename, masked=masked)


def _known(module: ModuleFunctions, name: str) -> Function | None:
    try:
        return module.find(name)
    except FunctionNotFoundError:
        return None


def _without_bodies(
    reference: bytes, module: ModuleFunctions, wanted: dict[str, Function], problems: list[str]
) -> Transplant:
    edits = [_mask(reference, module, f) for f in _outermost(wanted.values())]
    return Transplant(apply_edits(reference, edits), [], problems, list(wanted))


def _outermost(functions: Collection[Function]) -> list[Function]:
    return [f for f in dict.fromkeys(functions) if not any(outer.contains(f) for outer in functions)]


ByteEdit = tuple[int, int, bytes]


def _mask(reference: bytes, module: ModuleFunctions, function: Function) -> ByteEdit:
    body, _ = stub(function, _UNAVAILABLE, module.encoding)
    return function.body_start, function.body_end, body


class _Donor:
    """The submitted module, read."""

    def __init__(self, source: bytes, filename: str) -> None:
        self.source = source
        self.functions = scan(source, filename)
        self.text = decode(source, filename)
        self.names = ModuleNames.read(self.text, filename)

    def match(self, function: Function, problems: list[str]) -> Function | None:
        """The submission's version of a function of the reference."""
        found = [f for f in self.functions.functions if f.qualname == function.qualname]
        if not found:
            problems.append(f"{function.name} is not in the submission")
            return None
        if len(found) == function.occurrences:
            return found[function.occurrence - 1]
        problems.append(
            f"{function.qualname} is defined {len(found)} times in the submission, "
            f"{function.occurrences} in the reference"
        )
        # Of several definitions of one name Python keeps the last; with duplicates on both sides nothing is sure.
        return found[-1] if function.occurrences == 1 else None

    def body(self, function: Function) -> str:
        return self.source[function.body_start : function.body_end].decode(self.text.encoding)


class _Operation:
    def __init__(self, reference: bytes, module: ModuleFunctions, donor: _Donor, filename: str) -> None:
        self._reference = reference
        self._module = module
        self._donor = donor
        self._filename = filename
        self._text = decode(reference, filename)
        self._names = ModuleNames.read(self._text, filename)
        self._problems: list[str] = []
        self._newline = next((f.newline for f in module.functions), "\n")

    def run(self, wanted: dict[str, Function], masked: dict[str, Function]) -> Transplant:
        outer = _outermost(wanted.values())
        pairs = {f: g for f in outer if (g := self._donor.match(f, self._problems)) is not None}
        edits: list[ByteEdit] = []
        for function in outer:
            edit = self._body(function, pairs[function]) if function in pairs else None
            if edit is None:
                pairs.pop(function, None)
                edit = _mask(self._reference, self._module, function)
            edits.append(edit)
        carried = self._gather(pairs, masked)
        self._problems += carried.problems
        inserted = self._insertions(carried, edits)
        if inserted is None:
            problem = "a helper has characters that the reference's encoding lacks"
            return _without_bodies(self._reference, self._module, wanted, [*self._problems, problem])
        result = apply_edits(self._reference, [*edits, *inserted])
        if not self._only_bodies_changed(result, outer, carried):
            problem = "the bodies do not fit into the reference: the result would not be the reference with new bodies"
            return _without_bodies(self._reference, self._module, wanted, [*self._problems, problem])
        lost = {f for f in outer if f not in pairs}
        missing = [n for n, f in wanted.items() if f in lost or any(o.contains(f) for o in lost)]
        words = [describe(s, text) for s, text in carried.statements]
        words += [describe(s, text, cls) for cls, s, text in carried.members]
        return Transplant(result, words, self._problems, missing)

    def _body(self, function: Function, version: Function) -> ByteEdit | None:
        if not same_tokens(function.signature, version.signature):
            self._problems.append(f"{function.name} has another signature; the reference's is kept")
        if [d for d in function.decorators if not any(same_tokens(d, e) for e in version.decorators)] or len(
            function.decorators
        ) != len(version.decorators):
            self._problems.append(f"{function.name} has other decorators; the reference's are kept")
        text = fit_body(self._donor.body(version), version, function)
        if not text.endswith(("\n", "\r")) and function.body_end < len(self._reference):
            text += function.newline
        try:
            return function.body_start, function.body_end, self._text.encode(text)
        except UnicodeEncodeError:
            self._problems.append(f"{function.name} has characters that the encoding {self._text.encoding} lacks")
            return None

    def _gather(self, pairs: dict[Function, Function], masked: dict[str, Function]) -> Carried:
        nodes = {n.lineno: n for n in ast.walk(self._donor.names.tree) if isinstance(n, Definition)}
        bodies = [(nodes[g.def_line], _class_of(g)) for g in pairs.values()]
        others = [*pairs, *masked.values()]
        versions = [g for f in others if (g := self._donor.match(f, [])) is not None]
        gatherer = Gatherer(
            self._names, self._donor.names, {f.def_line for f in others}, {g.def_line for g in versions}
        )
        return gatherer.gather(bodies)

    def _insertions(self, carried: Carried, edits: list[ByteEdit]) -> list[ByteEdit] | None:
        found = []
        for place, text in insertions(self._names, self._donor.names, carried, self._newline):
            at = self._text.byte_offset(place)
            # A body that is replaced may reach further than its last statement, over comments that belong to it.
            at = max([at, *(end for start, end, _ in edits if start < at < end)])
            try:
                found.append((at, at, self._text.encode(text)))
            except UnicodeEncodeError:
                return None
        return found

    def _only_bodies_changed(self, result: bytes, functions: list[Function], carried: Carried) -> bool:
        try:
            with quiet():
                compile(result, self._filename, "exec", dont_inherit=True)
                tree = ast.parse(result)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return only_bodies_changed(self._names.tree, tree, {f.def_line for f in functions}, carried)


def _class_of(function: Function) -> str | None:
    """The class whose private members the function's body may use; for a nested def, that of the method around it."""
    return function.qualname.partition(".<locals>")[0].rpartition(".")[0] or None
