"""Programs from Debian packages, made to run where Debian's own folders are not: fetched by apt, installed nowhere."""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import EnvironmentBuildError
from rexlab.harness.bundle_tools import run_tool
from rexlab.harness.elf import architecture, redirect_loader, set_loader

_ALWAYS = ("libc6", "libstdc++6", "libgcc-s1")
_TIMEOUT_S = 900
_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
_OS_RELEASE = Path("/etc/os-release")

# The host's configuration stays in force where it says how to reach the network; its hooks are for the host's packages.
_CONFIGURATION = """\
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "{folder}/none";
Dir::Etc::preferences "{folder}/none";
Dir::Etc::preferencesparts "{folder}/none";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Install-Recommends "false";
APT::Sandbox::User "{user}";
Debug::NoLocking "true";
"""


@dataclass(frozen=True)
class DebianRoot:
    """Unpacked packages of one Debian release."""

    folder: Path
    """Holds one folder per package, named by it."""
    versions: dict[str, str]

    def programs(self, package: str) -> list[Path]:
        """The programs a package brings."""
        places = (self.folder / package / place for place in ("usr/bin", "bin"))
        return sorted(p for place in places if place.is_dir() for p in place.iterdir() if p.is_file())


def fetch_packages(suite: str, packages: Sequence[str], scratch: Path) -> DebianRoot:
    """Download packages with everything they depend on, checked by Debian's keys, and unpack each below ``scratch``.

    Works for an ordinary user too: nothing of the host's packages is read or changed.

    Raises:
        EnvironmentBuildError: this machine has no apt or no key, the mirror does not answer, or a package is missing.
    """
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise EnvironmentBuildError(f"{tool} is missing, which fetches Debian's packages for harness bundles")
    for place in ("state/lists/partial", "cache/archives/partial", "none", "root"):
        (scratch / place).mkdir(parents=True)
    (scratch / "status").touch()
    (scratch / "sources.list").write_text(f"deb [signed-by={_keyring()}] {_mirror()} {suite} main\n")
    configuration = scratch / "apt.conf"
    user = "root" if os.getuid() == 0 else ""
    configuration.write_text(_CONFIGURATION.format(folder=scratch, user=user))
    apt = ["apt-get", "-c", str(configuration), "-q", "-y"]
    _run([*apt, "update", "-o", "APT::Update::Error-Mode=any"], f"reach the Debian mirror for {suite}")
    _run([*apt, "--download-only", "install", *_ALWAYS, *packages], f"download {', '.join(packages)} of {suite}")
    versions = {}
    for archive in sorted((scratch / "cache" / "archives").glob("*.deb")):
        name, version = _run(["dpkg-deb", "-W", "--showformat", "${Package} ${Version}", str(archive)], "read").split()
        versions[name] = version
        _run(["dpkg-deb", "-x", str(archive), str(scratch / "root" / name)], f"unpack {name}")
    return DebianRoot(scratch / "root", versions)


def install_libraries(root: DebianRoot, folder: Path, inside: str) -> None:
    """Put all shared libraries into ``folder``, which sandboxes see at ``inside``, and the loader with them."""
    folder.mkdir()
    kind = architecture()
    for package in root.folder.iterdir():
        for place in ("lib", "usr/lib"):
            for file in (package / place / kind.triplet).glob("*.so*"):
                if file.is_file():
                    shutil.copyfile(file, folder / file.name)
    loader = folder / kind.loader
    redirect_loader(loader, inside)
    loader.chmod(0o755)


def install_program(program: Path, place: Path, loader: str) -> None:
    """Copy a program to ``place``; one that is not a script starts through ``loader`` from now on."""
    shutil.copyfile(program, place)
    set_loader(place, loader)
    place.chmod(0o755)


def install_python(root: DebianRoot, version: str, folder: Path, loader: str) -> None:
    """Put Debian's Python into ``folder``: ``bin/python3.X`` and its standard library."""
    name = f"python{version}"
    (folder / "bin").mkdir(parents=True)
    for package in root.folder.iterdir():
        library = package / "usr" / "lib" / name
        if library.is_dir():
            shutil.copytree(library, folder / "lib" / name, symlinks=True, dirs_exist_ok=True)
        if (package / "usr" / "bin" / name).is_file():
            install_program(package / "usr" / "bin" / name, folder / "bin" / name, loader)
    # a hook for Debian's crash reports, which points out of the folder
    (folder / "lib" / name / "sitecustomize.py").unlink(missing_ok=True)


def _keyring() -> Path:
    for path in _KEYRINGS:
        if path.is_file():
            return path
    raise EnvironmentBuildError("Debian's keys are missing; install the package debian-archive-keyring and try again")


def _mirror() -> str:
    """``REXLAB_MIRROR``, as for the base image, or the mirror this machine itself was installed from."""
    if given := os.environ.get("REXLAB_MIRROR"):
        return given
    release = dict(re.findall(r'^(ID|VERSION_CODENAME)="?([^"\n]*)"?$', _OS_RELEASE.read_text(), re.MULTILINE))
    if release.get("ID") == "debian":
        listed = _run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT) $(CREATED_BY)"],
            "list this machine's sources",
        )
        names = {release.get("VERSION_CODENAME"), "stable", "oldstable", "testing", "unstable", "sid"}
        for line in listed.splitlines():
            uri, suite, component, kind = line.split()
            if suite in names and component == "main" and kind == "Packages":
                return uri
    raise EnvironmentBuildError(
        "there is no Debian mirror among this machine's package sources; set REXLAB_MIRROR to the URL of one"
    )


def _run(command: list[str], purpose: str) -> str:
    return run_tool(
        command,
        purpose,
        "REXLAB_MIRROR names another mirror",
        env={"DEBIAN_FRONTEND": "noninteractive"},
        timeout_s=_TIMEOUT_S,
    )
