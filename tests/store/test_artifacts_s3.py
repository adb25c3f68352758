"""Artifacts in a bucket: as in a folder, seen by every process at once, and told in a line when they cannot be kept."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256

import pytest
from s3fs import S3FileSystem
from tests.support.s3 import S3, Keys, s3_environment

from rexlab.errors import InputError, NotFoundError, StoreError
from rexlab.store.artifacts import Artifacts
from rexlab.store.models import ArtifactRow

TRIAL = "r1-abc-00001"
MOST_S = 5.0


@pytest.fixture
def bucket(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of the server that the environment names."""
    enter(monkeypatch, s3.endpoint, s3.keys)
    yield s3.new_bucket()
    S3FileSystem.clear_instance_cache()


@pytest.fixture
def artifacts(bucket: str) -> Artifacts:
    return Artifacts(f"s3://{bucket}/some/folder")


def enter(monkeypatch: pytest.MonkeyPatch, endpoint: str, keys: Keys) -> None:
    """From now on, the environment is one with these keys."""
    S3FileSystem.clear_instance_cache()
    for name, value in s3_environment(endpoint, keys).items():
        monkeypatch.setenv(name, value)


def objects(s3: S3, bucket: str) -> list[str]:
    return [found["Key"] for found in s3.client.list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.mark.parametrize("data", [b"", b"diff --git\r\n\0\xff", bytes(range(256)) * 5000])
def test_bytes_come_back_as_they_were_saved(artifacts: Artifacts, s3: S3, bucket: str, data: bytes) -> None:
    row = artifacts.save(TRIAL, 2, "patch", "patch.diff", data)
    assert (row.trial_id, row.kind, row.path) == (TRIAL, "patch", f"r1-abc/{TRIAL}/2-patch.diff")
    assert (row.size, row.sha256) == (len(data), sha256(data).hexdigest())
    assert artifacts.load(row) == data
    artifacts.require(row)
    assert objects(s3, bucket) == [f"some/folder/{row.path}"]


def test_two_claims_of_one_trial_do_not_write_over_each_other(artifacts: Artifacts) -> None:
    first, second = (artifacts.save(TRIAL, epoch, "patch", "patch.diff", b"%d" % epoch) for epoch in (1, 2))
    assert (artifacts.load(first), artifacts.load(second)) == (b"1", b"2")


@pytest.mark.parametrize("damage", [b"", b"other", b"content\n"])
def test_damage_is_noticed(artifacts: Artifacts, s3: S3, bucket: str, damage: bytes) -> None:
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    s3.client.put_object(Bucket=bucket, Key=f"some/folder/{row.path}", Body=damage)
    sentence = rf"^trial {TRIAL}: the artifact s3://{bucket}/some/folder/{row.path} is not what was saved$"
    with pytest.raises(StoreError, match=sentence):
        artifacts.load(row)
    if len(damage) != row.size:
        with pytest.raises(StoreError, match=sentence):
            artifacts.require(row)


def test_an_object_that_is_gone_is_told_however_it_is_asked_for(artifacts: Artifacts, s3: S3, bucket: str) -> None:
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    artifacts.require(row)
    s3.client.delete_object(Bucket=bucket, Key=f"some/folder/{row.path}")
    for ask in (artifacts.load, artifacts.require, artifacts.open):
        with pytest.raises(NotFoundError, match=rf"^trial {TRIAL}: the artifact s3://.*/1-patch\.diff is gone$"):
            ask(row)


def test_a_part_is_read_without_the_rest(artifacts: Artifacts) -> None:
    row = artifacts.save(TRIAL, 1, "agent_stdout", "agent-stdout.txt", bytes(range(256)) * 40_000)
    with artifacts.open(row) as file:
        file.seek(10_200_000)
        assert file.read(10) == bytes((10_200_000 + n) % 256 for n in range(10))
        assert file.seek(0, 2) == row.size
        assert file.cache.total_requested_bytes < 3_000_000  # type: ignore[attr-defined]


IN_ANOTHER_PROCESS = """
import sys
from rexlab.store.artifacts import Artifacts
from rexlab.store.models import ArtifactRow
artifacts = Artifacts(sys.argv[1])
for line in sys.stdin:
    path, size, digest = line.split()
    row = ArtifactRow(trial_id=sys.argv[2], kind="patch", path=path, size=int(size), sha256=digest)
    artifacts.require(row)
    print(artifacts.load(row).decode(), flush=True)
"""


def test_what_one_process_saves_the_others_see_at_once(artifacts: Artifacts, bucket: str) -> None:
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, f"s3://{bucket}/some/folder", TRIAL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        for epoch in range(1, 6):
            row = artifacts.save(TRIAL, epoch, "patch", "patch.diff", f"number {epoch}".encode())
            reader.stdin.write(f"{row.path} {row.size} {row.sha256}\n")
            reader.stdin.flush()
            assert reader.stdout.readline() == f"number {epoch}\n"
        reader.stdin.close()


def test_a_forked_process_has_connections_of_its_own(artifacts: Artifacts) -> None:
    before = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"of the parent")
    children: dict[int, int] = {}
    for epoch in (2, 3, 4):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                assert artifacts.load(before) == b"of the parent"
                artifacts.save(TRIAL, epoch, "patch", "patch.diff", b"of a child")
                code = 0
            finally:
                os._exit(code)
        children[epoch] = pid
        assert artifacts.load(before) == b"of the parent"
    for epoch, pid in children.items():
        assert os.waitpid(pid, 0)[1] == 0
        data = b"of a child"
        path = f"r1-abc/{TRIAL}/{epoch}-patch.diff"
        row = ArtifactRow(trial_id=TRIAL, kind="patch", path=path, size=len(data), sha256=sha256(data).hexdigest())
        assert artifacts.load(row) == data


def test_a_bucket_that_can_be_written_is_usable(artifacts: Artifacts, s3: S3, bucket: str) -> None:
    artifacts.require_usable()
    artifacts.require_usable()
    assert objects(s3, bucket) == ["some/folder/.writable"]


def refusal(url: str) -> str:
    """What is said of a place where nothing can be kept; it takes no longer than a person waits."""
    began = time.monotonic()
    with pytest.raises(StoreError) as error:
        Artifacts(url).require_usable()
    assert time.monotonic() - began < MOST_S
    sentence = str(error.value)
    assert sentence.startswith(f"artifacts cannot be kept in {url}: ")
    assert "\n" not in sentence
    return sentence.removeprefix(f"artifacts cannot be kept in {url}: ")


def test_a_bucket_that_is_not_there_is_told_and_not_made(bucket: str, s3: S3) -> None:
    assert refusal(f"s3://{bucket}x/folder") == "The specified bucket does not exist"
    with pytest.raises(StoreError, match=f"^trial {TRIAL}: cannot write artifact s3://{bucket}x/"):
        Artifacts(f"s3://{bucket}x").save(TRIAL, 1, "patch", "patch.diff", b"x")
    assert f"{bucket}x" not in [found["Name"] for found in s3.client.list_buckets()["Buckets"]]


def test_keys_that_open_nothing_are_told_without_the_secret(
    artifacts: Artifacts, bucket: str, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    said = {}
    for name, keys in {
        "denied": s3.poor_keys,
        "secret": Keys(s3.keys.access, "of-somebody-else"),
        "access": Keys("nobody", "of-somebody-else"),
    }.items():
        enter(monkeypatch, s3.endpoint, keys)
        said[name] = refusal(f"s3://{bucket}")
        assert keys.secret not in said[name]
        with pytest.raises(StoreError, match=f"^trial {TRIAL}: cannot write artifact .*/2-patch.diff: "):
            artifacts.save(TRIAL, 2, "patch", "patch.diff", b"x")
        for ask in (artifacts.load, artifacts.require, artifacts.open):
            with pytest.raises(StoreError, match=f"^trial {TRIAL}: cannot read artifact .*/1-patch.diff: Forbidden$"):
                ask(row)
    assert said["denied"] == "Access Denied"
    assert said["secret"].startswith("The request signature we calculated does not match")
    assert said["access"].startswith("The AWS Access Key Id you provided does not exist")


def test_no_keys_at_all_are_told(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refusal(f"s3://{bucket}") == "Unable to locate credentials"


def test_a_server_that_is_not_there_or_does_not_answer_is_told(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        enter(monkeypatch, endpoint, s3.keys)
        assert refusal("s3://bucket/folder").startswith(f'Could not connect to the endpoint URL: "{endpoint}/bucket')
        silent.listen()
        enter(monkeypatch, endpoint, s3.keys)
        assert refusal("s3://bucket/folder") == "it does not answer"


def test_a_server_that_comes_back_was_waited_for(s3: S3, monkeypatch: pytest.MonkeyPatch, bucket: str) -> None:
    """A short outage costs no trial: the server here refuses the first connections."""
    artifacts = Artifacts(f"s3://{bucket}")
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    enter(monkeypatch, f"http://127.0.0.1:{port}", s3.keys)
    code = (
        "import socket, sys, threading, time\n"
        "time.sleep(1.0)\n"
        "server = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "def pump(a, b):\n"
        "    while data := a.recv(65536): b.sendall(data)\n"
        "    b.shutdown(socket.SHUT_WR)\n"
        "while True:\n"
        "    near, _ = server.accept()\n"
        "    far = socket.create_connection(('127.0.0.1', int(sys.argv[2])))\n"
        "    for pair in ((near, far), (far, near)): threading.Thread(target=pump, args=pair, daemon=True).start()\n"
    )
    relay = subprocess.Popen([sys.executable, "-c", code, str(port), s3.endpoint.rsplit(":", 1)[1]])
    try:
        after = artifacts.save(TRIAL, 2, "patch", "patch.diff", b"changed")
        assert [artifacts.load(found) for found in (row, after)] == [b"content", b"changed"]
    finally:
        relay.kill()
        relay.wait()


@pytest.mark.parametrize("url", ["s3://KEY:hush@bucket/x", "s3://KEY@bucket/x"])
def test_keys_in_the_address_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(InputError, match=r"^the artifacts URL .* cannot be used: keys of S3 belong into AWS_") as error:
        Artifacts(url)
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("url", ["nosuch://host/x", "s4://bucket"])
def test_a_url_that_is_none_is_bad_input(url: str) -> None:
    with pytest.raises(InputError, match=rf"^the artifacts URL '{url}' cannot be used: Protocol not known"):
        Artifacts(url)
