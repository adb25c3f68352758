"""What a program cannot see, reach or become."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.sandbox.conftest import Box

import rexlab
from rexlab.sandbox import Limits, Mount, SandboxSpec, landlock


@pytest.fixture
def hidden(base: Path, secret: str) -> Iterator[list[Path]]:
    """Files that hold the secret: in the home, a reference, a store, the machine's temporary folder."""
    home = Path.home() / f".rexlab-test-{secret[:8]}"
    temporary = Path(f"/tmp/rexlab-test-{secret[:8]}")
    files = [home, base / "reference/code/solution.py", base / "store/rexlab.db", temporary]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secret)
        file.chmod(0o644)
    yield files
    home.unlink()
    temporary.unlink()


def test_hidden_files_cannot_be_read_by_any_path(box: Box, hidden: list[Path], secret: str) -> None:
    code = """
import os, sys
paths = sys.argv[1:]
roots = ['', '/proc/1/root', '/proc/self/root', '/proc/%d/root' % os.getppid()]
roots += ['/proc/%s/root' % pid for pid in os.listdir('/proc') if pid.isdigit()]
roots += ['/proc/%s/cwd/../../../../../../..' % pid for pid in os.listdir('/proc') if pid.isdigit()]
for root in roots:
    for path in paths:
        for seen in (root + path, os.path.realpath('.') + '/../../../../../../..' + path):
            try:
                with open(seen) as file: print(file.read())
            except OSError: pass
"""
    result = box.python(code, *map(str, hidden))
    assert secret not in result.stdout
    assert result.ok, result.stderr


def test_another_trial_s_workspace_environment_and_memory_cannot_be_reached(box: Box, secret: str) -> None:
    other = box.base / "other"
    other.mkdir()
    code = """
import os, sys
pids = [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) != os.getpid()]
names = ('environ', 'cwd/f', 'root' + sys.argv[1])
for path in [sys.argv[1]] + [f'/proc/{pid}/{name}' for pid in pids for name in names]:
    try:
        with open(path) as file: print(path, file.read())
    except (OSError, UnicodeDecodeError): pass
for pid in pids:
    for name in ('mem', 'maps', 'syscall', 'auxv'):
        try:
            # Threads of the kernel have empty ones.
            if open(f'/proc/{pid}/{name}', 'rb').read(9): print('reached', pid, name)
        except OSError: pass
    for name in ('cwd', 'root', 'exe', 'fd/0', 'fd/1', 'fd/3'):
        try: print('reached', pid, os.readlink(f'/proc/{pid}/{name}'))
        except OSError: pass
"""
    neighbour_spec = box.spec(env={"TOKEN": secret}, mounts=(Mount(other, "/other", writable=True),), workdir="/other")
    with box.backend.create(neighbour_spec) as neighbour, ThreadPoolExecutor(1) as pool:
        script = f"echo {secret} > f; touch started; sleep 20 & wait"
        running = pool.submit(neighbour.exec, ["sh", "-c", script], timeout_s=30)
        deadline = time.monotonic() + 10
        while not (other / "started").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        own = box.base / "own"
        own.mkdir()
        spec = SandboxSpec("t-own", mounts=(Mount(own, "/workspace", writable=True),))
        with box.backend.create(spec) as sandbox:
            result = sandbox.exec(box.command(code, str(other / "f")), timeout_s=30)
        neighbour.close()
        assert running.result()
    assert secret not in result.stdout
    assert box.owns_processes or "reached" not in result.stdout


def test_nothing_is_written_outside_the_writable_mounts(box: Box) -> None:
    data = box.base / "data"
    data.mkdir(mode=0o777)
    data.chmod(0o777)
    (data / "file").write_text("as it was")
    (data / "file").chmod(0o666)
    outside = box.base / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    code = """
import os, sys
data, outside = sys.argv[1:]
def attempt(what, action):
    try: action(); print('did', what)
    except OSError: pass
folders = '/ /etc /usr /usr/lib /bin /root /home /var /var/tmp /run /opt /srv /dev /proc /sys'.split()
for folder in (*folders, data, outside, os.getcwd() + '/..'):
    attempt('create in ' + folder, lambda: os.close(os.open(folder + '/planted', os.O_CREAT | os.O_WRONLY)))
    attempt('mkdir in ' + folder, lambda: os.mkdir(folder + '/planted-folder'))
    attempt('link in ' + folder, lambda: os.symlink('/x', folder + '/planted-link'))
attempt('write', lambda: open(data + '/file', 'w').close())
attempt('truncate', lambda: os.truncate(data + '/file', 0))
attempt('remove', lambda: os.unlink(data + '/file'))
attempt('rename', lambda: os.rename(data + '/file', 'stolen'))
attempt('hard link', lambda: os.link(data + '/file', 'linked'))
for name in ('kernel/core_pattern', 'kernel/hostname', 'vm/drop_caches', 'kernel/ns_last_pid'):
    attempt(name, lambda: os.write(os.open('/proc/sys/' + name, os.O_WRONLY), b'1'))
attempt('sysrq', lambda: os.write(os.open('/proc/sysrq-trigger', os.O_WRONLY), b'h'))
"""
    with box.create(mounts=(Mount(data, "/data"),)) as sandbox:
        inside = sandbox.path("/data")
        result = sandbox.exec(box.command(code, inside, str(outside)), timeout_s=30)
    assert (result.stdout, result.stderr) == ("", "")
    assert (data / "file").read_text() == "as it was"
    assert list(outside.iterdir()) == []


def test_attributes_of_what_is_read_only_cannot_be_changed(box: Box) -> None:
    if box.variant == "process-open" and os.getuid() != 0:
        pytest.skip("programs run as the files' owner, and Landlock does not cover attributes, as its check says")
    data = box.base / "data"
    data.mkdir()
    (data / "file").touch(mode=0o644)
    code = """
import os, sys
for change in (lambda p: os.chmod(p, 0o777), lambda p: os.utime(p, (1, 1)), lambda p: os.setxattr(p, 'user.x', b'1')):
    for path in (sys.argv[1], sys.argv[1] + '/file'):
        try: change(path); print('changed', path)
        except OSError: pass
"""
    with box.create(mounts=(Mount(data, "/data"),)) as sandbox:
        assert sandbox.exec(box.command(code, sandbox.path("/data")), timeout_s=30).stdout == ""


def test_a_program_has_no_rights_and_no_way_to_any(box: Box) -> None:
    code = """
import os
status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())
print(*(status[name].strip() for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')))
print(status['NoNewPrivs'].strip(), status['Seccomp'].strip(), 0 in status['Uid'].split() + status['Gid'].split())
print(os.getuid() != 0, os.getgid() != 0, 0 not in os.getgroups())
for change in ('setuid(0)', 'setgid(0)', 'setgroups([0])', 'chroot("/")', 'nice(-5)', 'mknod("x", 0o60600, 0x100)'):
    try: eval('os.' + change); print('did', change)
    except OSError: pass
"""
    words = box.python(code).stdout.split()
    if box.variant == "process-open" and os.getuid() != 0:
        # An ordinary user cannot empty the bounding set, which bounds what new privileges could give, were there any.
        words[3] = "0" * 16
    assert words == ["0" * 16] * 5 + ["1", "2", "False"] + ["True"] * 3


def test_the_host_sees_an_unprivileged_user(box: Box, secret: str) -> None:
    """An id that is only unprivileged inside a user namespace would be root to the host's files."""
    with box.create() as sandbox, ThreadPoolExecutor(1) as pool:
        command = box.command("import time; open('started', 'w'); time.sleep(10)", secret)
        running = pool.submit(sandbox.exec, command, timeout_s=20)
        while not (box.workspace / "started").exists():
            time.sleep(0.02)
        owners = set()
        program = box.backend.interpreter().executable.encode() + b"\0-I\0-c"
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes()
                if secret.encode() in line and line.startswith(program):
                    owners.add((process / "status").read_text().split("Uid:")[1].split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
        sandbox.close()
        assert running.result()
    assert len(owners) == 1
    assert "0" not in owners


def test_two_sandboxes_of_root_have_different_users(box: Box) -> None:
    if os.getuid() != 0:
        pytest.skip("only root has user ids to give")
    other = box.base / "other"
    other.mkdir()
    with (
        box.create() as first,
        box.backend.create(type(box.spec())("t-2", mounts=(Mount(other, "/workspace", True),))) as second,
    ):
        ids = [sandbox.exec(["id", "-u"], timeout_s=10).stdout for sandbox in (first, second)]
    assert ids[0] != ids[1]


NAMESPACES_AND_KEYS = """
import ctypes, errno, platform, sys
fine = (errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.EBADF, errno.EACCES)
libc = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == 'x86_64'
calls = {
    'unshare user': (272 if x86 else 97, 0x10000000), 'unshare mount': (272 if x86 else 97, 0x20000),
    'unshare net': (272 if x86 else 97, 0x40000000), 'unshare pid': (272 if x86 else 97, 0x20000000),
    'clone user': (56 if x86 else 220, 0x10000000 | 17), 'keyctl': (250 if x86 else 219, 0, -3, 1),
    'add_key': (248 if x86 else 217, b'user', b'x', b'x', 1, -3), 'bpf': (321 if x86 else 280, 0, 0, 0),
    'mount': (165 if x86 else 40, b'none', b'/', b'tmpfs', 0, 0), 'open_by_handle': (304 if x86 else 265, -100, 0, 0),
    'kexec': (246 if x86 else 104, 0, 0, 0, 0), 'reboot': (169 if x86 else 142, 0, 0, 0, 0),
    'swapon': (167 if x86 else 224, b'/x', 0), 'perf': (298 if x86 else 241, 0, 0, -1, -1, 0),
    'ptrace': (101 if x86 else 117, 16, 1, 0, 0), 'userfaultfd': (323 if x86 else 282, 0),
    'process_vm_readv': (310 if x86 else 270, 1, 0, 0, 0, 0, 0), 'setns': (308 if x86 else 268, 0, 0),
}
for name, call in calls.items():
    if name in sys.argv: continue
    arguments = [ctypes.c_long(value) if isinstance(value, int) else value for value in call]
    if libc.syscall(*arguments) >= 0: print('did', name)
    elif ctypes.get_errno() not in fine: print(name, ctypes.get_errno())
"""


def test_namespaces_mounts_keys_tracing_and_the_machine_are_out_of_reach(box: Box) -> None:
    # In a container a program may trace what else is in the container, and only that.
    result = box.python(NAMESPACES_AND_KEYS, *(["ptrace"] if box.variant == "docker" else []))
    assert (result.stdout, result.ok) == ("", True), result.stderr


def test_the_filter_of_our_own_denies_io_uring_vsock_and_foreign_calling_conventions(box: Box) -> None:
    if box.variant == "docker":
        pytest.skip("the engine brings its own filter")
    code = """
import ctypes, errno, platform, socket
libc = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == 'x86_64'
for name, call in {'io_uring': (425, 1, 0), 'ptrace': (101 if x86 else 117, 0, 0, 0, 0)}.items():
    if libc.syscall(*call) != -1 or ctypes.get_errno() != errno.EPERM: print(name)
if x86 and (libc.syscall(0x40000000 + 39) != -1 or ctypes.get_errno() != errno.ENOSYS): print('x32')
for family in (40, 38, 17, 31):
    try: socket.socket(family, socket.SOCK_DGRAM); print('family', family)
    except PermissionError: pass
"""
    assert box.python(code).stdout == ""


def test_programs_cannot_signal_what_is_outside(box: Box) -> None:
    if os.getuid() != 0 and box.variant == "process-open" and not landlock.confines_signals():
        pytest.skip("this kernel cannot keep programs of one user from signalling each other")
    code = """
import os, sys
try: os.kill(int(sys.argv[1]), 0); print('reached')
except OSError: pass
try: os.kill(-1, 0)
except OSError: pass
"""
    assert box.python(code, str(os.getpid())).stdout == ""


def test_rexlab_s_own_files_are_not_seen_through_the_interpreter(box: Box) -> None:
    code = "import os, sys\ntry: print(os.listdir(sys.argv[1]))\nexcept OSError: print('[]')"
    assert box.python(code, str(Path(rexlab.__file__).parent), limits=Limits()).stdout == "[]\n"
