"""What of a patch is allowed: protected files, and files that would take over the interpreter. Pure functions."""

import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rexlab.workspace.changes import Change
from rexlab.workspace.model import MAX_PATCH_BYTES, Dropped
from rexlab.workspace.paths import parents, patterns
from rexlab.workspace.tree import LINK, Listing

_START_UP = {b"sitecustomize", b"usercustomize"}
_HOOK_FILES = {b"conftest.py", b"pyvenv.cfg"}
_COMPILED = re.compile(rb"\.(so(\.[0-9.]+)?|pyd|pyc|pyo|dll|dylib)$", re.IGNORECASE)
_METADATA = re.compile(rb"\.(dist-info|egg-info|egg)$", re.IGNORECASE)
_GIT_FILES = {b".gitattributes", b".gitmodules"}
_PROTECTED = "protected: the reference stays"
_METRIC_FILE = "a metric is read from it: the experiment must write it"
_OUTPUT = "an experiment's output: the run must write it"
_DOCUMENT = re.compile(rb"\.(md|rst)$", re.IGNORECASE)


@dataclass(frozen=True)
class ApplyPolicy:
    """What the grader lets a patch do."""

    protected: tuple[str, ...] = ()
    """gitignore-style patterns; a change there is dropped and the reference stays."""
    metric_files: frozenset[str] = frozenset()
    """Files that metrics are read from; a patch cannot bring one ready-made."""
    outputs: tuple[str, ...] = ()
    """gitignore-style patterns of whatever else experiments write."""
    shadowing: frozenset[str] = field(default_factory=frozenset)
    """Importable names, besides the standard library's, that no new module may take (``numpy`` …)."""
    import_roots: tuple[str, ...] = ("",)
    """Folders from which experiments import, relative to the code (``""`` is its root); a script's own is one."""
    max_bytes: int = MAX_PATCH_BYTES
    """Bytes that the changed files may have together; give ``capture`` the same limit."""


def judge(
    policy: ApplyPolicy, listing: Listing, changes: Iterable[Change]
) -> tuple[list[Change], list[tuple[Change, Dropped]]]:
    """Split the changes into those that are applied and those that are not, with the reason for each."""
    dropped: list[tuple[Change, str]] = []

    def sort_out(candidates: Iterable[Change], rule: Callable[[Change], str | None]) -> list[Change]:
        passed = []
        for change in candidates:
            if reason := rule(change):
                dropped.append((change, reason))
            else:
                passed.append(change)
        return passed

    alone = sort_out(changes, _PathRule(policy))
    staying = set(listing) - {change.path for change in alone if not change.new_mode}
    kept = sort_out(alone, _ShadowRule(policy, listing, alone, staying))
    kept = sort_out(kept, _PlaceRule(staying))
    return kept, [
        (change, Dropped(os.fsdecode(change.path), reason, _tampers(listing, change, reason)))
        for change, reason in sorted(dropped, key=lambda item: item[0].path)
    ]


def _tampers(listing: Listing, change: Change, reason: str) -> bool:
    """Whether the change would have moved what is measured with. A protected document measures nothing, nor does a
    file's executable bit."""
    if reason == _PROTECTED:
        known = listing.get(change.path)
        same = known is not None and bool(change.new_mode) and change.blob == known.blob
        return not same and not _DOCUMENT.search(change.path)
    return reason == _METRIC_FILE


class _PathRule:
    """What the path, or the kind of file, forbids by itself."""

    def __init__(self, policy: ApplyPolicy) -> None:
        self._protected = patterns(policy.protected)
        self._metric_files = {os.fsencode(path) for path in policy.metric_files}
        self._outputs = patterns(policy.outputs)

    def __call__(self, change: Change) -> str | None:
        if self._protected.match(change.path):
            return _PROTECTED
        if change.path in self._metric_files:
            return _METRIC_FILE
        if self._outputs.match(change.path):
            return _OUTPUT
        parts = change.path.split(b"/")
        name = parts[-1].lower()
        if name in _GIT_FILES:
            return "steers git"
        if any(part.split(b".")[0].lower() in _START_UP for part in parts):
            return "would hook the interpreter's start"
        if name in _HOOK_FILES or name.endswith((b".pth", b"._pth")):
            return "would hook the interpreter or pytest"
        if any(_METADATA.search(part) for part in parts):
            return "would pose as an installed distribution"
        if not change.new_mode:
            return None
        if _COMPILED.search(name):
            return "is compiled code"
        return "is a symbolic link" if change.new_mode == LINK else None


class _ShadowRule:
    """New modules that ``import`` would find in place of another one."""

    def __init__(self, policy: ApplyPolicy, listing: Listing, changes: list[Change], staying: set[bytes]) -> None:
        self._beside = {_without_suffix(path): path for path in sorted(staying) if _is_module(path)}
        self._roots = [_root_prefix(root) for root in policy.import_roots]
        known = {root: _modules(listing, root) for root in self._roots}
        importable = {os.fsencode(name) for name in sys.stdlib_module_names | policy.shadowing}
        importable.update(*known.values())
        # A module that the base has at the same place may be changed: it shadowed before.
        self._taken = {root: importable - known[root] for root in self._roots}
        self._packages = {change.path.rpartition(b"/")[0] for change in changes if change.new_mode and _is_init(change)}
        self._folders = {folder for path in listing for folder in parents(path)}

    def __call__(self, change: Change) -> str | None:
        if not change.new_mode:
            return None
        for root in self._roots:
            if change.path.startswith(root) and (name := self._shadowed(change, root)):
                return f"would shadow the module {os.fsdecode(name)}"
        package = change.path.rpartition(b"/")[0]
        if _is_init(change) and not change.old_mode and (beside := self._beside.get(package)):
            return f"would shadow {os.fsdecode(beside)}, which stands beside it"
        return None

    def _shadowed(self, change: Change, root: bytes) -> bytes | None:
        first, inside, _ = change.path[len(root) :].partition(b"/")
        if not inside:
            name = _module_name(first)
            return name if name in self._taken[root] else None
        package = root + first
        if first not in self._taken[root] or package not in self._packages:
            return None
        # A folder the base has is no package until it gets an __init__: the rest of it may change.
        return first if _is_init(change) or package not in self._folders else None


class _PlaceRule:
    """Files that no longer fit, because something that was put back stands where they or their folder would."""

    def __init__(self, staying: set[bytes]) -> None:
        self._files = staying
        self._folders = {folder for path in staying for folder in parents(path)}

    def __call__(self, change: Change) -> str | None:
        if change.new_mode and (
            change.path in self._folders or any(folder in self._files for folder in parents(change.path))
        ):
            return "its place is taken by a file that stays"
        return None


def _root_prefix(root: str) -> bytes:
    clean = os.fsencode(os.path.normpath(root)).strip(b"/") if root else b"."
    return b"" if clean == b"." else clean + b"/"


def _is_init(change: Change) -> bool:
    return change.path.rpartition(b"/")[2].split(b".")[0] == b"__init__"


def _module_name(file: bytes) -> bytes | None:
    name = file.split(b".")[0]
    return name if file.endswith((b".py", b".so", b".pyc")) and name not in (b"__init__", b"__main__") else None


def _is_module(path: bytes) -> bool:
    return bool(_module_name(path.rpartition(b"/")[2]))


def _without_suffix(path: bytes) -> bytes:
    folder, slash, name = path.rpartition(b"/")
    return folder + slash + name.split(b".")[0]


def _modules(listing: Listing, root: bytes) -> set[bytes]:
    """Names of the modules and packages that the base offers at an import root."""
    found = set()
    for path in listing:
        if path.startswith(root):
            first, inside, rest = path[len(root) :].partition(b"/")
            if not inside and (name := _module_name(first)):
                found.add(name)
            elif rest.split(b".")[0] == b"__init__" and b"/" not in rest:
                found.add(first)
    return found
