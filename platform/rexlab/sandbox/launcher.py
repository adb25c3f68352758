"""Start one program with next to no rights, and end all it started. Run as a script: ``python -I -S launcher.py FD``.

This is the process sandbox's supervisor. It reads a plan (see ``process_plan``) from descriptor FD, gives itself a
private view of the file system where the plan says so, starts the program in a child that first gives up every right,
waits for it, ends everything that is left, and writes ``exit N`` or ``failed WHY`` to the plan's status descriptor.

It imports little, because its start is part of every command's time; hence marshal, not json, and ``_signal``.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import ctypes
import marshal
import os
import resource
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing itself would take longer than all the rest
    from typing import Any, NoReturn

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 36, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, SECCOMP_MODE_FILTER = 47, 4, 2
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = -100, 0x8000, 1, 2
SYS_MOUNT_SETATTR, SYS_LANDLOCK_CREATE, SYS_LANDLOCK_ADD, SYS_LANDLOCK_RESTRICT = 442, 444, 445, 446
CAPABILITY_VERSION_3 = 0x20080522
SIGKILL, SIGPIPE, SIGUSR1, SIGTERM, SIGSTOP, SIGXFSZ = 9, 13, 10, 15, 19, 25

libc = ctypes.CDLL(None, use_errno=True)


def call(what: str, result: int) -> int:
    """Raise what the C library reports."""
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def syscall(what: str, number: int, *arguments: Any) -> int:
    return call(what, libc.syscall(number, *arguments))


def prctl(what: str, option: int, *arguments: int) -> None:
    call(what, libc.prctl(option, *(ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4])))


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    arguments = [None if text is None else text.encode() for text in (source, target, kind, data)]
    call(f"mount {target}", libc.mount(*arguments[:3], ctypes.c_ulong(flags), arguments[3]))


def mount_setattr(path: str, flags: int, add: int, remove: int) -> None:
    attributes = (ctypes.c_uint64 * 4)(add, remove, 0, 0)
    name = path.encode()
    syscall(f"protect {path}", SYS_MOUNT_SETATTR, AT_FDCWD, name, flags, ctypes.byref(attributes), ctypes.c_size_t(32))


def build_view(view: dict[str, Any]) -> None:
    """Cover folders the program must not reach, put back what it needs of them, and make the rest read-only."""
    uid, gid = os.getuid(), os.getgid()
    call("unshare", libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if view["user_namespace"] else 0)))
    if view["user_namespace"]:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is slow to import
                file.write(text)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    shown = [(path, os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)) for path in view["show"]]
    for path in view["cover"]:
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    for path, fd in shown:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
        mount(f"/proc/self/fd/{fd}", path, None, MS_BIND | MS_REC)
        os.close(fd)
    for path in view["hide"]:
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777,size={view['shared_memory']}")
    if view["own_proc"]:
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV, "hidepid=2")
    mount_setattr("/", AT_RECURSIVE, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0)
    for path in view["writable"]:
        mount_setattr(path, AT_RECURSIVE, 0, MOUNT_ATTR_RDONLY)


def landlock_ruleset(landlock: dict[str, Any]) -> int:
    """Make the kernel's list of what may be reached; a descriptor."""
    attributes = (ctypes.c_uint64 * 3)(landlock["files"], landlock["ports"], landlock["scoped"])
    ruleset = syscall("landlock", SYS_LANDLOCK_CREATE, ctypes.byref(attributes), ctypes.c_size_t(24), 0)
    for path, access in landlock["rules"]:
        fd = os.open(path, os.O_PATH)
        rule = ctypes.create_string_buffer(access.to_bytes(8, sys.byteorder) + fd.to_bytes(4, sys.byteorder), 12)
        syscall(f"landlock {path}", SYS_LANDLOCK_ADD, ruleset, 1, rule, 0)
        os.close(fd)
    return ruleset


def drop_rights(plan: dict[str, Any]) -> None:
    """Keep no identity, no capability, and no way to any."""
    capability = 0
    while libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) == 0:
        capability += 1
    prctl("ambient capabilities", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    if plan["become"]:
        os.setgroups([])
        os.setresgid(plan["gid"], plan["gid"], plan["gid"])
        os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    header, nothing = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    call("capset", libc.capset(ctypes.byref(header), ctypes.byref(nothing)))


def install_filter(code: bytes) -> None:
    """Put the process under the system-call filter."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    program = Program(len(code) // 8, code)
    reference = ctypes.cast(ctypes.byref(program), ctypes.c_void_p).value or 0
    prctl("seccomp", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, reference)


def become_program(plan: dict[str, Any], supervisor: int) -> NoReturn:
    """In the child: give up every right and become the program."""
    os.setsid()
    for name, value in plan["rlimits"]:
        resource.setrlimit(name, (value, value))
    os.sched_setaffinity(0, plan["processors"])
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(plan["oom_score"])
    for signal in (SIGPIPE, SIGXFSZ, SIGUSR1, SIGTERM):
        _signal.signal(signal, _signal.SIG_DFL)
    prctl("no new privileges", PR_SET_NO_NEW_PRIVS, 1)
    ruleset = landlock_ruleset(plan["landlock"]) if plan["landlock"] else None
    drop_rights(plan)
    prctl("death signal", PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)
    os.chdir(plan["workdir"])
    os.umask(0o022)
    if ruleset is not None:
        syscall("landlock", SYS_LANDLOCK_RESTRICT, ruleset, 0)
    install_filter(plan["seccomp"])
    os.closerange(3, plan["status"])
    os.closerange(plan["status"] + 1, 65536)
    try:
        os.execvpe(plan["argv"][0], plan["argv"], plan["env"])  # noqa: S606
    except OSError as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        os.write(2, f"rexlab: cannot run {plan['argv'][0]}: {error.strerror}\n".encode(errors="replace"))
        os._exit(127 if missing else 126)


def children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:  # noqa: PTH123
            found = [int(child) for child in file.read().split()]
        threads = os.listdir(f"/proc/{pid}/task")
        for thread in threads:
            if int(thread) != pid:
                with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123
                    found += [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return found


def end_everything() -> None:
    """End whatever runs below this process, which adopts what its descendants leave behind, so nothing gets away."""
    while True:
        # Stopped first, so that nothing forks away while the rest is looked for.
        for signal in (SIGSTOP, SIGKILL):
            queue = children(os.getpid())
            while queue:
                pid = queue.pop()
                try:
                    os.kill(pid, signal)
                except ProcessLookupError:
                    continue
                queue += children(pid)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def main() -> None:
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        plan: dict[str, Any] = marshal.load(file)  # noqa: S302 - written by our caller
    status: int = plan["status"]
    os.set_inheritable(status, False)

    def stop(_signal_number: int, _frame: object) -> NoReturn:
        end_everything()
        os._exit(0)

    try:
        if plan["view"]:
            build_view(plan["view"])
        prctl("subreaper", PR_SET_CHILD_SUBREAPER, 1)
        for signal in (SIGUSR1, SIGTERM):
            _signal.signal(signal, stop)
        prctl("death signal", PR_SET_PDEATHSIG, SIGUSR1)
        if os.getppid() != plan["caller"]:
            return
        supervisor = os.getpid()
        program = os.fork()
        if program == 0:
            become_program(plan, supervisor)
    except BaseException as error:
        # Also reached in the child, when a right could not be given up: nothing may run then.
        os.write(status, f"failed {error}\n".encode(errors="replace"))
        os._exit(1)
    while True:
        pid, code = os.waitpid(-1, 0)
        if pid == program:
            break
    end_everything()
    number = os.waitstatus_to_exitcode(code)
    os.write(status, f"exit {number if number >= 0 else 128 - number}\n".encode())


if __name__ == "__main__":
    main()
