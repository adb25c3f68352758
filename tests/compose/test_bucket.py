"""What profile s3 runs makes the bucket that the settings name, once, and says in a line why it cannot."""

import os
import re
import subprocess
import sys
import textwrap

from tests.support.compose import ROOT
from tests.support.s3 import S3, Keys, s3_environment


def made(url: str, endpoint: str, keys: Keys) -> "subprocess.CompletedProcess[str]":
    text = (ROOT / "docker-compose.yml").read_text()
    (block,) = re.findall(
        r"^  bucket:\n.*?    command:\n      - \|\n(.*?)^    environment:", text, re.DOTALL | re.MULTILINE
    )
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(block).replace("$$", "$")],
        env=os.environ | s3_environment(endpoint, keys) | {"REXLAB_ARTIFACTS_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_bucket_is_there_afterwards_and_a_second_time_is_none_too_many(s3: S3) -> None:
    for _ in range(2):
        done = made("s3://of-profile-s3/some/prefix", s3.endpoint, s3.keys)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "of-profile-s3" in [bucket["Name"] for bucket in s3.client.list_buckets()["Buckets"]]


def test_who_may_not_is_told_so_in_a_line(s3: S3) -> None:
    done = made("s3://of-nobody", s3.endpoint, s3.poor_keys)
    assert done.returncode == 1
    assert re.fullmatch(r"the bucket cannot be made: .*\n", done.stderr), done.stderr


def test_artifacts_in_a_folder_need_none(s3: S3) -> None:
    done = made("", s3.endpoint, s3.keys)
    assert (done.returncode, done.stderr) == (1, "set REXLAB_ARTIFACTS_URL=s3://BUCKET/PREFIX in .env\n")
