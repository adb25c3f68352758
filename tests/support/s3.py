"""A real server that speaks S3, as a process of the tests' own on 127.0.0.1: moto's."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from botocore.session import Session

_REGION = "us-east-1"
_START_S = 60.0
_TRIES = 5


@dataclass(frozen=True)
class Keys:
    """What a user of the server signs requests with."""

    access: str
    secret: str


@dataclass(frozen=True)
class S3:
    """A running server that lets only its users in."""

    endpoint: str
    keys: Keys
    """May do everything."""
    poor_keys: Keys
    """May do nothing."""

    @property
    def client(self) -> Any:
        """A client that is not the one under test."""
        return _client("s3", self.endpoint, self.keys)

    def new_bucket(self) -> str:
        """The name of an empty one."""
        name = f"bucket-{uuid4().hex}"
        self.client.create_bucket(Bucket=name)
        return name


def s3_environment(endpoint: str, keys: Keys) -> dict[str, str]:
    """The variables by which any client finds a server."""
    return {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": keys.access,
        "AWS_SECRET_ACCESS_KEY": keys.secret,
        "AWS_DEFAULT_REGION": _REGION,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def s3_server() -> Iterator[S3]:
    """A running server, ended afterwards, with what it holds."""
    process, endpoint = _start()
    try:
        rich, poor = (_new_user(endpoint, name) for name in ("rich", "poor"))
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        _client("iam", endpoint, Keys("any", "any")).put_user_policy(
            UserName="rich", PolicyName="all", PolicyDocument=json.dumps(everything)
        )
        httpx.post(f"{endpoint}/moto-api/reset-auth", content=b"0").raise_for_status()  # from now on it asks who it is
        yield S3(endpoint, rich, poor)
    finally:
        process.kill()
        process.wait()


def _start() -> tuple["subprocess.Popen[bytes]", str]:
    for _ in range(_TRIES):
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(  # if these tests are killed, the kernel ends the server
            ["setpriv", "--pdeathsig", "KILL", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if _answers(process, f"http://127.0.0.1:{port}"):
            return process, f"http://127.0.0.1:{port}"
        process.kill()
        process.wait()
    raise RuntimeError("moto's server does not start")


def _answers(process: "subprocess.Popen[bytes]", endpoint: str) -> bool:
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return httpx.get(f"{endpoint}/moto-api/").is_success
        except httpx.TransportError:
            time.sleep(0.05)
    return False


def _new_user(endpoint: str, name: str) -> Keys:
    iam = _client("iam", endpoint, Keys("any", "any"))
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"])


def _client(service: str, endpoint: str, keys: Keys) -> Any:
    return Session().create_client(
        service,
        region_name=_REGION,
        endpoint_url=endpoint,
        aws_access_key_id=keys.access,
        aws_secret_access_key=keys.secret,
    )
