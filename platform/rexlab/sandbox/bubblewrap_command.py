"""The bubblewrap command line: what a program in the sandbox sees, and which rights bubblewrap keeps."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rexlab.sandbox.base import Interpreter, Mount, SandboxSpec
from rexlab.sandbox.host import hidden_folders

_SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "alternatives", "ssl/certs", "mime.types")
_SYS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
_NETWORK_FILES = {
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
KEPT_BY_ROOT = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
"""What bubblewrap, run by root, keeps for ``setpriv``, which drops it before the program starts."""


@dataclass(frozen=True)
class Descriptors:
    """Descriptors bubblewrap inherits."""

    status: int
    """It writes there which process is the sandbox's first, and how the program ended."""
    block: int
    """It waits until something can be read there, with everything set up and the program not started."""
    seccomp: int
    files: dict[str, int]
    """Path inside to a descriptor that holds the file's content."""


def generated_files(uid: int, gid: int) -> dict[str, str]:
    """Files of /etc that are made for the sandbox instead of shown from the host."""
    return {
        "/etc/passwd": f"root:x:0:0::/nonexistent:/usr/sbin/nologin\nrexlab:x:{uid}:{gid}::/tmp:/bin/sh\n",
        "/etc/group": f"root:x:0:\nrexlab:x:{gid}:\n",
        **_NETWORK_FILES,
    }


def view(spec: SandboxSpec, interpreter: Interpreter, tmp_bytes: int, shm_bytes: int) -> list[str]:
    """The arguments that build the file system."""
    arguments: list[str] = []
    made: set[Path] = set()

    def ancestors(target: str) -> None:
        for folder in reversed(Path(target).parents):
            # Bubblewrap makes missing parents for the owner only; programs inside have another id.
            if str(folder) != "/" and folder not in made:
                made.add(folder)
                arguments.extend(("--perms", "0755", "--dir", str(folder)))

    for folder in _SYSTEM_FOLDERS:
        path = Path(folder)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), folder]
        elif path.is_dir():
            arguments += ["--ro-bind", folder, folder]
    arguments += ["--perms", "0755", "--dir", "/etc"]
    made.add(Path("/etc"))
    for name in _ETC:
        ancestors(f"/etc/{name}")
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for folder in _SYS:
        ancestors(folder)
        arguments += ["--ro-bind-try", folder, folder]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    for node in dict.fromkeys(node for gpu in spec.gpus for node in gpu.nodes):
        arguments += ["--dev-bind", str(node), f"/dev/{node.name}"]
    arguments += ["--perms", "1777", "--size", str(shm_bytes), "--tmpfs", "/dev/shm"]
    arguments += ["--perms", "1777", "--size", str(tmp_bytes), "--tmpfs", "/tmp"]
    made |= {Path("/usr"), Path("/tmp"), Path("/dev")}
    for root in interpreter.roots:
        ancestors(str(root))
        arguments += ["--ro-bind", str(root), str(root)]
        made.add(root)
    for hidden in hidden_folders([Path("/usr"), *interpreter.roots]):
        arguments += ["--tmpfs", str(hidden), "--remount-ro", str(hidden)]
    for mount in sorted(spec.mounts, key=_depth):
        ancestors(mount.target)
        arguments += ["--bind" if mount.writable else "--ro-bind", str(mount.source.resolve()), mount.target]
        made.add(Path(mount.target))
    return arguments


def _depth(mount: Mount) -> int:
    return len(Path(mount.target).parts)


def command(
    program: str,
    descriptors: Descriptors,
    *,
    seen: Sequence[str],
    workdir: str,
    argv: Sequence[str],
    user: tuple[int, int],
) -> list[str]:
    """The whole command line; ``seen`` is what ``view`` gave, ``user`` the ids programs run as.

    Run by root, bubblewrap makes no user namespace (so that folders only root can enter can be mounted, and every
    sandbox has an id of its own on the host) and ``setpriv`` becomes that id, without any capability, inside.
    """
    line = [program, "--die-with-parent", "--new-session"]
    line += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    line += ["--hostname", "rexlab", "--json-status-fd", str(descriptors.status)]
    line += ["--block-fd", str(descriptors.block), "--seccomp", str(descriptors.seccomp)]
    uid, gid = map(str, user)
    if os.getuid() == 0:
        line += ["--cap-drop", "ALL", *(word for name in KEPT_BY_ROOT for word in ("--cap-add", name))]
        become = [setpriv(), "--reuid", uid, "--regid", gid, "--clear-groups", "--bounding-set", "-all"]
        become += ["--inh-caps", "-all", "--no-new-privs", "--"]
    else:
        line += ["--unshare-user", "--uid", uid, "--gid", gid]
        become = [setpriv(), "--no-new-privs", "--"]
    line += seen
    for path, fd in descriptors.files.items():
        line += ["--perms", "0644", "--ro-bind-data", str(fd), path]
    # Last, because nothing can be made below a read-only root.
    line += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", workdir]
    return [*line, "--", *become, *argv]


_LOADER_VARIABLES = re.compile(
    "(LD_|MALLOC_).*|GLIBC_TUNABLES|GCONV_PATH|GETCONF_DIR|LOCPATH|NLSPATH|TZDIR|"
    "HOSTALIASES|LOCALDOMAIN|NIS_PATH|RES_OPTIONS|RESOLV_HOST_CONF"
)
"""Variables by which a program can be made to load code or files: what the kernel keeps from set-user-id programs."""


def harmless(env: Mapping[str, str]) -> dict[str, str]:
    """The environment that bubblewrap and ``setpriv``, which still have rights to lose, may have too."""
    return {name: value for name, value in env.items() if not _LOADER_VARIABLES.fullmatch(name)}


def assignments(env: Mapping[str, str]) -> list[str]:
    """Words before the command line that set the rest of the environment, once all rights are lost."""
    rest = [f"{name}={value}" for name, value in env.items() if _LOADER_VARIABLES.fullmatch(name)]
    return ["/usr/bin/env", *rest] if rest else []


def setpriv() -> str:
    """Path of ``setpriv``; empty when there is none below /usr or /bin, the only place visible inside."""
    return shutil.which("setpriv", path="/usr/bin:/bin:/usr/sbin:/sbin") or ""
