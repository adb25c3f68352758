#!/usr/bin/env python3
"""Debian's chromium, to which the machine's network never changes.

Chromium gives up the requests it is opening (``ERR_NETWORK_CHANGED``) whenever an address of any interface comes or
goes, and each container of a test beside it brings one. It learns of them from a route netlink socket; where the system
has none it takes the network as always there. So this program forbids itself that socket, and becomes chromium.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

CHROMIUM = "/usr/bin/chromium"

AF_NETLINK, NETLINK_ROUTE = 16, 0
SOCKET_CALL = {"x86_64": 41, "aarch64": 198}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
NUMBER, FAMILY, PROTOCOL = 0, 16, 32
"""Where the kernel's record of a call has its number, and a socket's first and third argument."""


def forbid_route_socket(socket_call: int) -> None:
    """Let ``socket(AF_NETLINK, …, NETLINK_ROUTE)`` fail in this process, and in all it starts, for good."""
    steps = [
        (LOAD, 0, 0, NUMBER),
        (JUMP_IF_EQUAL, 0, 5, socket_call),
        (LOAD, 0, 0, FAMILY),
        (JUMP_IF_EQUAL, 0, 3, AF_NETLINK),
        (LOAD, 0, 0, PROTOCOL),
        (JUMP_IF_EQUAL, 0, 1, NETLINK_ROUTE),
        (RETURN, 0, 0, FAIL | errno.EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, *arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program)),
    ):
        if libc.prctl(option, *(ctypes.c_ulong(value) for value in arguments), ctypes.c_ulong(0), ctypes.c_ulong(0)):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    forbid_route_socket(SOCKET_CALL[platform.machine()])
    os.execv(CHROMIUM, [CHROMIUM, *sys.argv[1:]])
