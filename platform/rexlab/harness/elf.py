"""Programs that bring their own dynamic loader and libraries, so that they run on any Linux of their architecture.

A program names its loader by an absolute path, and the loader has its folders compiled in. Both are strings in the
files, and both are overwritten in place with paths into the bundle that are no longer: nothing else in a file moves.
Unlike ``LD_LIBRARY_PATH`` this reaches the bundle's programs alone, not the host's programs they start; unlike an RPATH
it also holds for the libraries that a wheel's extension modules ask for.
"""

import platform
import struct
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import EnvironmentBuildError

_CACHE = b"/etc/ld.so.cache"
_NO_CACHE = b"/opt/rexlab/none"
_PT_INTERP = 3


@dataclass(frozen=True)
class Architecture:
    """What differs between the machines bundles can be built for."""

    triplet: str
    """Debian's name, in the folder of libraries."""
    loader: str
    """File name of the dynamic loader."""
    wheels: str
    """uv's name of the platform whose wheels run on the oldest glibc bundles are used with."""


_ARCHITECTURES = {
    "x86_64": Architecture("x86_64-linux-gnu", "ld-linux-x86-64.so.2", "x86_64-manylinux_2_28"),
    "aarch64": Architecture("aarch64-linux-gnu", "ld-linux-aarch64.so.1", "aarch64-manylinux_2_28"),
}


def architecture() -> Architecture:
    """This machine's.

    Raises:
        EnvironmentBuildError: bundles cannot be built for it.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise EnvironmentBuildError(f"harness bundles are built for x86_64 and aarch64, and this machine is {machine}")
    return _ARCHITECTURES[machine]


def redirect_loader(loader: Path, libraries: str) -> None:
    """Make the dynamic loader search the folder ``libraries`` first, and no cache of the system it runs on.

    Raises:
        EnvironmentBuildError: it is not built as Debian's loaders are.
    """
    default = f"/lib/{architecture().triplet}/".encode()
    ours = f"{libraries}/".encode()
    # The loader knows the length of the folder, so that the new name is filled up with slashes.
    changes = {
        b"\0" + default + b"\0": b"\0" + ours.ljust(len(default), b"/") + b"\0",
        _CACHE + b"\0": _NO_CACHE + b"\0",
    }
    content = loader.read_bytes()
    for old, new in changes.items():
        if content.count(old) != 1 or len(old) != len(new):
            raise EnvironmentBuildError(
                f"{loader.name} is not the dynamic loader that rexlab knows to redirect; report this with the version "
                "of Debian's libc6, and allow uv to download Python meanwhile"
            )
        content = content.replace(old, new)
    loader.write_bytes(content)


def set_loader(program: Path, loader: str) -> bool:
    """Make a program name ``loader``, an absolute path; False when it names none (a script, or linked statically).

    Raises:
        EnvironmentBuildError: there is no room for the path.
    """
    content = bytearray(program.read_bytes())
    place = _interpreter_field(content)
    if place is None:
        return False
    offset, size = place
    new = loader.encode()
    if len(new) >= size:
        raise EnvironmentBuildError(f"{program.name} has no room for the path of the bundle's dynamic loader")
    content[offset : offset + size] = new.ljust(size, b"\0")
    program.write_bytes(content)
    return True


def _interpreter_field(content: bytearray) -> tuple[int, int] | None:
    """Offset and size of the loader's path in a 64-bit little-endian ELF file."""
    if content[:6] != b"\x7fELF\x02\x01":
        return None
    (table,) = struct.unpack_from("<Q", content, 32)
    entry_size, entries = struct.unpack_from("<HH", content, 54)
    for number in range(entries):
        entry = table + number * entry_size
        kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", content, entry)
        if kind == _PT_INTERP:
            return offset, size
    return None
