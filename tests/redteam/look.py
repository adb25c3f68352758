"""The agent that looks: what stands in its sandbox, read by every means it has. Runs inside, prints JSON.

    python look.py SECRETS PLANTED STORE

SECRETS holds texts that must stand nowhere, each written backwards, so that this program's own files hold none; PLANTED
is a file with one of them; STORE is, backwards too, where rexlab keeps its things outside.
"""

import json
import os
import re
import socket
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

SECRETS = [line[::-1] for line in Path(sys.argv[1]).read_text().splitlines()]
NEEDLES = [secret.encode() for secret in SECRETS]
TEXTS = {".py", ".json", ".toml", ".diff", ".patch", ".md", ".ipynb", ".zip", ".whl", ".db"}
"""Endings of what is read in the system's own folders; elsewhere everything is."""
NAMES = re.compile(r"^(task\.toml|calibration\.json|mutation\.json|equivalent\.toml|reference\.patch|rexlab\.db.*)$")
CACHES = re.compile(
    r"^(__pycache__|.*\.py[co]|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.ipynb_checkpoints|.*\.egg-info)$"
)
SYSTEM = ("/usr", "/etc", "/lib", "/opt/rexlab/env", sys.base_prefix)
LIMIT = 16_000_000


def secrets_in(data: bytes) -> bool:
    return any(needle in data for needle in NEEDLES)


def read(path: str) -> bytes:
    """The file; nothing when it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def gives_away(path: str) -> bool:
    """Whether a secret stands in the file, or in a member of the archive that it is."""
    if secrets_in(read(path)):
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return any(secrets_in(archive.read(m)) for m in archive.infolist() if m.file_size < LIMIT)
    except (OSError, zipfile.BadZipFile, RuntimeError):
        return False


def walk() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {
        "secrets": [],
        "names": [],
        "caches": [],
        "sockets": [],
        "rexlab": [],
        "writable": [],
    }
    for folder, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if folder != "/" or f not in ("proc", "sys")]
        system = folder.startswith(SYSTEM)
        if os.access(folder, os.W_OK):
            found["writable"].append(folder)
        for name in [*folders, *files]:
            path = f"{folder.rstrip('/')}/{name}"
            if NAMES.match(name):
                found["names"].append(path)
            if CACHES.match(name) and not system:
                found["caches"].append(path)
            if name == "rexlab" and Path(path).is_dir() and os.listdir(path):
                found["rexlab"].append(path)
        for name in files:
            path = f"{folder.rstrip('/')}/{name}"
            kind = os.lstat(path)
            if stat.S_ISSOCK(kind.st_mode):
                found["sockets"].append(path)
            wanted = not system or Path(name).suffix in TEXTS
            if stat.S_ISREG(kind.st_mode) and kind.st_size < LIMIT and wanted and gives_away(path):
                found["secrets"].append(path)
    return found


def processes() -> dict[str, object]:
    """Of every process that can be seen: its command line, and whether anything readable of it gives a secret away."""
    lines, leaks = [], []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        lines.append(read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode("utf-8", "replace").strip())
        leaks += [f"{pid}/{what}" for what in ("cmdline", "environ", "maps") if secrets_in(read(f"/proc/{pid}/{what}"))]
        for place in ("cwd", "root"):
            try:
                target = str(Path(f"/proc/{pid}/{place}").readlink())
            except OSError:
                continue
            leaks += [] if target in ("/", "/workspace") else [f"{pid}/{place} {target}"]
    return {"lines": lines, "leaks": leaks}


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, errors="replace", check=False).stdout


def history() -> dict[str, object]:
    contents = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered"], capture_output=True, check=True
    ).stdout
    config = git("config", "--list", "--local", "--name-only").split()
    return {
        "commits": git("rev-list", "--all", "--reflog").split(),
        "head": git("rev-parse", "HEAD").strip(),
        "refs": git("for-each-ref", "--format=%(refname)").split(),
        "reflog": git("reflog", "--all").strip(),
        "unreachable": git("fsck", "--unreachable", "--no-reflogs", "--no-progress").strip(),
        "secrets": secrets_in(contents),
        "objects": contents.count(b" blob ") > 0,
        "odd_files": [
            p
            for p in (
                "objects/info/alternates",
                "logs",
                "packed-refs",
                "ORIG_HEAD",
                "FETCH_HEAD",
                "modules",
                "worktrees",
                "shallow",
            )
            if Path(".git", p).exists()
        ],
        "sections": sorted({name.split(".")[0] for name in config}),
        "author": git("log", "-1", "--format=%an %ae").strip(),
    }


def network() -> dict[str, object]:
    reached = []
    for address in (("1.1.1.1", 53), ("8.8.8.8", 443), ("172.17.0.1", 22), ("10.0.0.1", 80), ("169.254.169.254", 80)):
        with socket.socket() as probe:
            probe.settimeout(2)
            try:
                probe.connect(address)
                reached.append(address[0])
            except OSError:
                pass
    devices = [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
    unix = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines()[1:] if len(line.split()) > 7]
    return {"reached": reached, "devices": devices, "unix": unix}


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "planted": secrets_in(read(sys.argv[2])),
                "store": Path(sys.argv[3][::-1]).exists(),
                "walk": walk(),
                "processes": processes(),
                "history": history(),
                "network": network(),
                "environment": dict(os.environ),
                "leaking_variables": [k for k, v in os.environ.items() if secrets_in(f"{k}={v}".encode())],
                "root": sorted(os.listdir("/")),
                "run": sorted(os.listdir("/run")) if Path("/run").is_dir() else [],
                "task": sorted(os.listdir(os.environ["REXLAB_TASK"])),
            }
        )
    )
