"""Numbers of the system calls the filter speaks about, per processor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """One processor's view of the kernel."""

    audit: int
    """``AUDIT_ARCH_*``."""
    has_x32: bool
    """Whether a second calling convention shares the architecture's number."""
    calls: dict[str, int]


def _table(text: str) -> dict[str, int]:
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


_SINCE_5_1 = """
    io_uring_setup 425 io_uring_enter 426 io_uring_register 427 open_tree 428 move_mount 429 fsopen 430 fsconfig 431
    fsmount 432 fspick 433 clone3 435 pidfd_getfd 438 process_madvise 440 mount_setattr 442 quotactl_fd 443
    memfd_secret 447 process_mrelease 448 open_tree_attr 467
"""
"""Since Linux 5.1 a new call has one number everywhere."""

ARCHITECTURES = {
    "x86_64": Architecture(
        audit=0xC000003E,
        has_x32=True,
        calls=_table(
            """
            ioctl 16 shmget 29 shmat 30 shmctl 31 socket 41 socketpair 53 clone 56 semget 64 semop 65 semctl 66 shmdt 67
            msgget 68 msgsnd 69 msgrcv 70 msgctl 71 ptrace 101 syslog 103 uselib 134 vhangup 153 modify_ldt 154
            pivot_root 155 _sysctl 156 adjtimex 159 chroot 161 acct 163 settimeofday 164 mount 165 umount2 166
            swapon 167 swapoff 168 reboot 169 iopl 172 ioperm 173 create_module 174 init_module 175 delete_module 176
            quotactl 179 lookup_dcookie 212 semtimedop 220 clock_settime 227 mq_open 240 mq_unlink 241 kexec_load 246
            add_key 248 request_key 249 keyctl 250 unshare 272 perf_event_open 298 fanotify_init 300 fanotify_mark 301
            prlimit64 302 name_to_handle_at 303 open_by_handle_at 304 clock_adjtime 305 setns 308 process_vm_readv 310
            process_vm_writev 311 kcmp 312 finit_module 313 memfd_create 319 kexec_file_load 320 bpf 321
            userfaultfd 323
            """
            + _SINCE_5_1
        ),
    ),
    "aarch64": Architecture(
        audit=0xC00000B7,
        has_x32=False,
        calls=_table(
            """
            lookup_dcookie 18 ioctl 29 umount2 39 mount 40 pivot_root 41 chroot 51 vhangup 58 quotactl 60 acct 89
            unshare 97 kexec_load 104 init_module 105 delete_module 106 clock_settime 112 syslog 116 ptrace 117
            reboot 142 settimeofday 170 adjtimex 171 mq_open 180 mq_unlink 181 msgget 186 msgctl 187 msgrcv 188
            msgsnd 189 semget 190 semctl 191 semtimedop 192 semop 193 shmget 194 shmctl 195 shmat 196 shmdt 197
            socket 198 socketpair 199 add_key 217 request_key 218 keyctl 219 clone 220 swapon 224 swapoff 225
            perf_event_open 241 prlimit64 261 fanotify_init 262 fanotify_mark 263 name_to_handle_at 264
            open_by_handle_at 265 clock_adjtime 266 setns 268 process_vm_readv 270 process_vm_writev 271 kcmp 272
            finit_module 273 memfd_create 279 bpf 280 userfaultfd 282 kexec_file_load 294
            """
            + _SINCE_5_1
        ),
    ),
}
