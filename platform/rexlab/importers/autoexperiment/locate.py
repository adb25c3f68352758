"""Find a recorded function in the code: by its name through the syntax tree, confirmed with the recorded lines.

The name decides. Lines only ever choose between several functions of one name, and only when the recorded body lies
in exactly one of them and the recorded header is that one's; everything else is reported and left out.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from rexlab.errors import MaskingError
from rexlab.importers.autoexperiment.records import FunctionRecord
from rexlab.importers.report import Report
from rexlab.task.functions import Function, ModuleFunctions, scan
from rexlab.task.manifest import FunctionSection
from rexlab.task.masking import mask_source
from rexlab.task.tree import is_ignored

MAX_SOURCE_BYTES = 5_000_000
MIN_DESCRIPTION = 20
_LONGEST_SIGNATURE = 400


@dataclass
class Locator:
    """Finds the functions of one paper; each place is looked up, and reported on, once."""

    code: Path
    """The paper's code as it was copied."""
    where: str
    """The task's name, for the report."""
    report: Report

    def __post_init__(self) -> None:
        self._found: dict[tuple[object, ...], FunctionSection | None] = {}
        self._modules: dict[str, ModuleFunctions | str] = {}

    def find(self, record: FunctionRecord) -> FunctionSection | None:
        """The function as a task names it; None when it was reported and left out."""
        if record.place not in self._found:
            self._found[record.place] = self._find(record)
        return self._found[record.place]

    def _find(self, record: FunctionRecord) -> FunctionSection | None:
        label = f"{self.where}, function {record.func_id or '?'} ({record.file}:{record.name})"
        path = str(PurePosixPath(record.file))
        module = self._module(path)
        if isinstance(module, str):
            self.report.left_out(label, module)
            return None
        candidates = [
            f for f in module.functions if f.qualname == record.name or f.qualname.endswith(f".{record.name}")
        ]
        fitting = [f for f in candidates if fits(f, record)]
        if len(candidates) == 1:
            function = candidates[0]
            if not fitting:
                self.report.warning(
                    label,
                    f"found by its name at lines {function.first_line}-{function.last_line}; the record says "
                    f"{_recorded(record)}. The name decides",
                )
        elif len(fitting) == 1:
            function = fitting[0]
            self.report.info(
                label,
                f"{len(candidates)} functions are called so; the recorded lines and header are those of "
                f"{function.name} (line {function.def_line})",
            )
        else:
            self.report.left_out(label, _why(record, candidates))
            return None
        return self._section(label, path, function, record)

    def _module(self, path: str) -> ModuleFunctions | str:
        """The functions of a file, or why there are none to choose from."""
        if path not in self._modules:
            self._modules[path] = self._scan(path)
        return self._modules[path]

    def _scan(self, path: str) -> ModuleFunctions | str:
        pure = PurePosixPath(path)
        file = self.code / path
        if pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path:
            return "the file's path leaves the code"
        if pure.suffix == ".ipynb":
            return "the function stands in a notebook; only .py files are masked"
        if pure.suffix != ".py":
            return "the file is no Python module (.py)"
        try:
            if any(is_ignored(p) or p.is_symlink() for p in (file, *file.parents) if p.is_relative_to(self.code)):
                return "the file is a link or lies in a folder that is not copied (history, caches, build products)"
            if not file.is_file():
                return "the code has no such file"
            if file.stat().st_size > MAX_SOURCE_BYTES:
                return f"the file is larger than {MAX_SOURCE_BYTES // 1_000_000} MB; no such module is masked"
            return scan(file.read_bytes(), path)
        except MaskingError as error:
            return f"the file cannot be read as Python 3: {error}"
        except (OSError, ValueError) as error:
            return f"the file cannot be read: {error}"

    def _section(self, label: str, path: str, function: Function, record: FunctionRecord) -> FunctionSection | None:
        description = record.description
        if len(description) < MIN_DESCRIPTION:
            description = fallback_description(function)
            origin = "its docstring" if function.docstring else "its signature"
            self.report.gap(label, f"the record describes it in no or too few words; {origin} stands in: describe it")
        try:
            section = FunctionSection(
                path=path, qualname=function.name, description=description, relevant_paper=record.relevant_paper
            )
            mask_source((self.code / path).read_bytes(), path, {section.qualname: section.description})
        except (ValidationError, MaskingError, OSError) as error:
            said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            self.report.left_out(label, f"it cannot be masked: {said}")
            return None
        return section


def fits(function: Function, record: FunctionRecord) -> bool:
    """Whether the recorded lines are the function's: the body inside of it, the header in or as its signature."""
    if record.first is None or record.last is None or not record.first <= record.last:
        return False
    # some records end at the body's last line, some at the line after it
    if not function.first_line <= record.first <= record.last <= function.last_line + 1:
        return False
    if isinstance(record.header, int):
        return function.def_line <= record.header < function.def_line + _signature_lines(function)
    if isinstance(record.header, str):
        text, signature = _plain(record.header), _plain(function.signature)
        return bool(text) and signature.startswith(text)
    return False


def fallback_description(function: Function) -> str:
    """Words for a function that the source does not describe: its docstring, else what its signature says."""
    docstring = (function.docstring or "").strip()
    if len(docstring) >= MIN_DESCRIPTION:
        return docstring
    signature = " ".join(function.signature.rstrip(":").split())
    if len(signature) > _LONGEST_SIGNATURE:
        signature = f"{signature[:_LONGEST_SIGNATURE]}…"
    words = f"Implement {function.qualname}, declared as: {signature}"
    return f"{docstring}\n\n{words}" if docstring else words


def _signature_lines(function: Function) -> int:
    return function.signature.count("\n") + 1


def _plain(text: str) -> str:
    return "".join(text.split()).rstrip(":")


def _recorded(record: FunctionRecord) -> str:
    lines = f"body {record.first}-{record.last}" if record.first and record.last else "no lines"
    return f"header {record.header!r}, {lines}" if record.header is not None else lines


def _why(record: FunctionRecord, candidates: list[Function]) -> str:
    if not candidates:
        return "the file defines no function of this name any more"
    names = ", ".join(f"{f.name} (line {f.def_line})" for f in candidates[:8])
    return (
        f"{len(candidates)} functions are called so ({names}), and the record ({_recorded(record)}) "
        "does not tell which is meant"
    )
