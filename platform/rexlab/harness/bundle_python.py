"""A bundle's interpreter: a Python that uv downloads, else Debian's with its own loader and libraries."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from rexlab.errors import EnvironmentBuildError
from rexlab.harness.bundle_tools import run_tool
from rexlab.harness.debian_root import fetch_packages, install_libraries, install_program, install_python
from rexlab.harness.elf import architecture

INSIDE = "/opt/rexlab/bundle"
"""Where sandboxes find the bundle; its programs hold this path, so it cannot be used anywhere else."""
LOADER = f"{INSIDE}/ld.so"
"""The dynamic loader of programs from Debian packages."""
_LIBRARIES = "l"  # short, because it must fit into the loader in place of Debian's own folder
_SUITES = {"3.11": "bookworm", "3.13": "trixie"}
_NEWEST = "trixie"
_UV = "uv"
_DOWNLOAD_TIMEOUT_S = 600
_COMPILE = Path(__file__).with_name("bundle_compile.py")


@dataclass(frozen=True)
class BundleInterpreter:
    """An interpreter in a bundle that is being built."""

    bundle: Path
    minor: str
    """``3.13``"""
    version: str
    """``3.13.5``"""
    source: str
    """``uv`` or Debian's release."""
    debian: dict[str, str]
    """Version by Debian package, of all that were unpacked."""

    def compile_modules(self) -> None:
        """Compile everything once: sandboxes see the bundle read-only.

        Raises:
            EnvironmentBuildError: the interpreter failed.
        """
        places = [self.bundle / place / f"python{self.minor}" for place in ("python/lib", "lib")]
        _run_python(self.bundle, self.minor, self.source, str(_COMPILE), str(self.bundle), INSIDE, *map(str, places))


def install_interpreter(
    minor: str, programs: Sequence[str], bundle: Path, scratch: Path, report: Callable[[str], None]
) -> BundleInterpreter:
    """Put Python ``minor`` and the Debian packages ``programs`` into the bundle.

    Raises:
        EnvironmentBuildError: neither uv nor Debian can provide them; the text says what both said.
    """
    report(f"Python {minor}")
    refusal = _download(minor, bundle / "python", scratch)
    if refusal and minor not in _SUITES:
        raise EnvironmentBuildError(
            f"Python {minor} is in no Debian release, and uv could not download it; reach its download server, or a "
            f"mirror of it (UV_PYTHON_INSTALL_MIRROR):\n{refusal}"
        )
    suite = _SUITES.get(minor, _NEWEST)
    packages = [*([f"python{minor}"] if refusal else []), *programs]
    versions = {}
    if packages:
        report(f"{', '.join(packages)} from Debian's {suite}" + ("; uv could not download Python" if refusal else ""))
        try:
            root = fetch_packages(suite, packages, scratch / "debian")
        except EnvironmentBuildError as error:
            also = f"\nuv could not download Python either: {refusal.splitlines()[-1]}" if refusal else ""
            raise EnvironmentBuildError(f"{error}{also}") from error
        install_libraries(root, bundle / _LIBRARIES, f"{INSIDE}/{_LIBRARIES}")
        (bundle / "ld.so").symlink_to(f"{_LIBRARIES}/{architecture().loader}")
        if refusal:
            install_python(root, minor, bundle / "python", LOADER)
        for package in programs:
            for program in root.programs(package):
                install_program(program, bundle / "bin" / program.name, LOADER)
        versions = root.versions
    _make_virtual(minor, bundle)
    source = suite if refusal else _UV
    version = _run_python(bundle, minor, source, "-c", "import platform; print(platform.python_version())").strip()
    return BundleInterpreter(bundle, minor, version, source, versions)


def _download(minor: str, place: Path, scratch: Path) -> str:
    """Have uv download Python to ``place``; returns why it could not, or nothing."""
    try:
        run_tool(
            [
                find_uv_bin(),
                "python",
                "install",
                minor,
                "--install-dir",
                str(scratch / "uv"),
                "--no-bin",
            ],
            f"download Python {minor}",
            "see that its download server can be reached",
            env={"UV_HTTP_RETRIES": "1", "UV_PYTHON_DOWNLOADS": "manual"},
            timeout_s=_DOWNLOAD_TIMEOUT_S,
        )
    except EnvironmentBuildError as error:
        return str(error)
    (installed,) = (p for p in (scratch / "uv").glob("cpython-*") if p.is_dir() and not p.is_symlink())
    shutil.move(installed, place)
    return ""


def _make_virtual(minor: str, bundle: Path) -> None:
    """Make the bundle a virtual environment of the interpreter in its folder ``python``."""
    (bundle / "lib" / f"python{minor}" / "site-packages").mkdir(parents=True)
    (bundle / "bin" / "python").symlink_to(f"../python/bin/python{minor}")
    for name in ("python3", f"python{minor}"):
        (bundle / "bin" / name).symlink_to("python")
    (bundle / "pyvenv.cfg").write_text(f"home = {INSIDE}/python/bin\ninclude-system-site-packages = false\n")


def _run_python(bundle: Path, minor: str, source: str, *arguments: str) -> str:
    """Run the interpreter here, where the path of a Debian Python's loader means nothing."""
    loader = []
    if source != _UV:
        loader = [str(bundle / "ld.so"), "--library-path", str(bundle / _LIBRARIES)]
    return run_tool(
        [*loader, str(bundle / "python" / "bin" / f"python{minor}"), "-I", "-S", *arguments],
        f"run the bundle's Python {minor}",
        "report this with the text below",
    )
