"""The filter, run here by a little machine of our own, for both processors."""

import errno
import platform
import struct

import pytest

from rexlab.sandbox import seccomp
from rexlab.sandbox.syscalls import ARCHITECTURES

ALLOW = 0
OPEN = seccomp.Policy(families=(1, 2, 10, 16), own_ipc=True, own_pids=True, anonymous_files=True)
CLOSED = seccomp.Policy(families=(1,), own_ipc=False, own_pids=False, anonymous_files=False)


def verdict(code: bytes, arch: int, number: int, *arguments: int) -> int:
    """The error a call fails with, 0 when it is allowed."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *(list(arguments) + [0] * 6)[:6])
    program = list(struct.iter_unpack("=HBBI", code))
    word, place = 0, 0
    while True:
        operation, if_true, if_false, operand = program[place]
        place += 1
        if operation == 0x20:
            word = struct.unpack_from("=I", data, operand)[0]
        elif operation == 0x06:
            return ALLOW if operand == 0x7FFF0000 else operand & 0xFFFF
        else:
            holds = {0x15: word == operand, 0x35: word >= operand, 0x45: bool(word & operand)}[operation]
            place += if_true if holds else if_false


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(platform, "machine", lambda: request.param)
    return str(request.param)


def test_dangerous_calls_fail_and_ordinary_ones_pass(machine: str) -> None:
    arch = ARCHITECTURES[machine]
    code = seccomp.assemble(OPEN)
    for name in ("mount", "ptrace", "bpf", "keyctl", "setns", "io_uring_setup", "reboot", "userfaultfd", "pivot_root"):
        assert verdict(code, arch.audit, arch.calls[name]) == errno.EPERM, name
    assert verdict(code, arch.audit, arch.calls["clone3"]) == errno.ENOSYS
    for number in (0, 1, 2, 3, 60, 231, 257, 439):
        if number not in arch.calls.values():
            assert verdict(code, arch.audit, number) == ALLOW


def test_what_matters_is_the_arguments(machine: str) -> None:
    arch = ARCHITECTURES[machine]
    code = seccomp.assemble(OPEN)
    threads = 0x3D0F00
    assert verdict(code, arch.audit, arch.calls["clone"], threads) == ALLOW
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(code, arch.audit, arch.calls["clone"], threads | flag) == errno.EPERM
        assert verdict(code, arch.audit, arch.calls["unshare"], flag) == errno.EPERM
    assert verdict(code, arch.audit, arch.calls["ioctl"], 0, 0x5401) == ALLOW
    assert verdict(code, arch.audit, arch.calls["ioctl"], 0, 0x5412) == errno.EPERM
    # Only the lower half of an ioctl's number counts to the kernel.
    assert verdict(code, arch.audit, arch.calls["ioctl"], 0, 0x5412 | 1 << 32) == errno.EPERM


def test_other_calling_conventions_are_no_way_around(machine: str) -> None:
    arch = ARCHITECTURES[machine]
    code = seccomp.assemble(OPEN)
    assert verdict(code, 0x40000003, 21) == errno.ENOSYS
    if arch.has_x32:
        assert verdict(code, arch.audit, 0x40000000 | 101) == errno.ENOSYS


def test_a_policy_decides_on_sockets_queues_limits_and_files_in_memory(machine: str) -> None:
    arch = ARCHITECTURES[machine]
    cases = {
        ("socket", 1): (ALLOW, ALLOW),
        ("socket", 2): (ALLOW, errno.EPERM),
        ("socket", 16): (ALLOW, errno.EPERM),
        ("socket", 40): (errno.EPERM, errno.EPERM),
        ("shmget", 0): (ALLOW, errno.EPERM),
        ("mq_open", 0): (ALLOW, errno.EPERM),
        ("prlimit64", 0): (ALLOW, ALLOW),
        ("prlimit64", 7): (ALLOW, errno.EPERM),
        ("memfd_create", 0): (ALLOW, errno.ENOSYS),
    }
    for (name, argument), expected in cases.items():
        seen = tuple(
            verdict(seccomp.assemble(policy), arch.audit, arch.calls[name], argument) for policy in (OPEN, CLOSED)
        )
        assert seen == expected, (name, argument)
