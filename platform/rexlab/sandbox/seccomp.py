"""Assemble the system-call filter every bubblewrap and process sandbox runs under.

A deny list in plain BPF: what reaches kernel parts that an experiment never needs and that exploits like (namespaces,
mounts, keys, bpf, io_uring, tracing ...) fails with an ordinary error, everything else passes.
"""

import errno
import platform
import struct
from dataclasses import dataclass

from rexlab.sandbox.syscalls import ARCHITECTURES, Architecture

_LOAD, _JEQ, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NR, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24

_NAMESPACE_FLAGS = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_FIRST_X32_CALL = 0x40000000

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16

_FORBIDDEN = {
    "other namespaces, other roots, mounts": """
        setns chroot pivot_root mount umount2 move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick
        mount_setattr""",
    "other processes' memory and files": """
        ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd
        open_by_handle_at name_to_handle_at""",
    "kernel parts with a large attack surface": """
        bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register fanotify_init fanotify_mark
        add_key request_key keyctl memfd_secret modify_ldt lookup_dcookie uselib""",
    "the machine": """
        kexec_load kexec_file_load init_module finit_module delete_module create_module reboot swapon swapoff acct
        quotactl quotactl_fd settimeofday clock_settime clock_adjtime adjtimex iopl ioperm syslog vhangup _sysctl""",
}
_SHARED_IPC = """
    shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink"""


@dataclass(frozen=True)
class Policy:
    """What differs between sandboxes."""

    families: tuple[int, ...]
    """Socket address families a program may use."""
    own_ipc: bool
    """Whether System V and POSIX message queues are the sandbox's own (else they are denied)."""
    own_pids: bool
    """Whether the sandbox has its own process ids (else other processes' limits are out of reach)."""
    anonymous_files: bool
    """Whether memory in anonymous files is measured (else ``memfd_create`` is denied)."""


def supported() -> bool:
    """Whether a filter can be assembled for this processor."""
    return platform.machine() in ARCHITECTURES


def assemble(policy: Policy) -> bytes:
    """The filter as an array of ``struct sock_filter``, for the processor this runs on.

    Raises:
        KeyError: the processor is unknown; ask ``supported`` first.
    """
    arch = ARCHITECTURES[platform.machine()]
    code = _Code()
    code.load(_ARCH)
    code.unless_equal(arch.audit, errno.ENOSYS)
    code.load(_NR)
    if arch.has_x32:
        code.if_at_least(_FIRST_X32_CALL, errno.ENOSYS)
    names = " ".join(_FORBIDDEN.values()).split()
    if not policy.own_ipc:
        names += _SHARED_IPC.split()
    for name in names:
        if name in arch.calls:
            code.if_equal(arch.calls[name], errno.EPERM)
    # The C library falls back to clone, whose flags stand where a filter can see them.
    code.if_equal(arch.calls["clone3"], errno.ENOSYS)
    if not policy.anonymous_files:
        code.if_equal(arch.calls["memfd_create"], errno.ENOSYS)
    _arguments(code, arch, policy)
    code.finish()
    return code.assembled()


def _arguments(code: "_Code", arch: Architecture, policy: Policy) -> None:
    """Calls that are fine but for some of their arguments."""
    for name in ("clone", "unshare"):
        with_flags = _Code()
        with_flags.load(_ARG0)
        with_flags.if_any_bit(_NAMESPACE_FLAGS, errno.EPERM)
        with_flags.finish()
        code.when_equal(arch.calls[name], with_flags)
    terminal = _Code()
    terminal.load(_ARG1)
    terminal.if_equal(_TIOCSTI, errno.EPERM)
    terminal.if_equal(_TIOCLINUX, errno.EPERM)
    terminal.finish()
    code.when_equal(arch.calls["ioctl"], terminal)
    for name in ("socket", "socketpair"):
        family = _Code()
        family.load(_ARG0)
        for allowed in policy.families:
            family.allow_if_equal(allowed)
        family.deny(errno.EPERM)
        code.when_equal(arch.calls[name], family)
    if not policy.own_pids:
        limits = _Code()
        limits.load(_ARG0)
        limits.allow_if_equal(0)
        limits.deny(errno.EPERM)
        code.when_equal(arch.calls["prlimit64"], limits)


class _Code:
    """Instructions in the making."""

    def __init__(self) -> None:
        self._instructions: list[tuple[int, int, int, int]] = []

    def load(self, offset: int) -> None:
        self._add(_LOAD, 0, 0, offset)

    def if_equal(self, value: int, error: int) -> None:
        self._add(_JEQ, 0, 1, value)
        self.deny(error)

    def unless_equal(self, value: int, error: int) -> None:
        self._add(_JEQ, 1, 0, value)
        self.deny(error)

    def if_at_least(self, value: int, error: int) -> None:
        self._add(_JGE, 0, 1, value)
        self.deny(error)

    def if_any_bit(self, mask: int, error: int) -> None:
        self._add(_JSET, 0, 1, mask)
        self.deny(error)

    def allow_if_equal(self, value: int) -> None:
        self._add(_JEQ, 0, 1, value)
        self.finish()

    def when_equal(self, value: int, body: "_Code") -> None:
        """Run ``body``, which must end in a verdict, when the loaded word is ``value``."""
        self._add(_JEQ, 0, len(body._instructions), value)
        self._instructions += body._instructions

    def deny(self, error: int) -> None:
        self._add(_RETURN, 0, 0, _ERRNO | error)

    def finish(self) -> None:
        self._add(_RETURN, 0, 0, _ALLOW)

    def assembled(self) -> bytes:
        return b"".join(struct.pack("=HBBI", *instruction) for instruction in self._instructions)

    def _add(self, operation: int, if_true: int, if_false: int, operand: int) -> None:
        self._instructions.append((operation, if_true, if_false, operand))
