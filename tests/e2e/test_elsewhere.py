"""The same commands with the store in PostgreSQL and the artifacts in a bucket; and what is said when they are away."""

import json
import socket
import time

import pytest
from tests.support.s3 import s3_environment

pytestmark = pytest.mark.postgres
MOST_S = 5.0


@pytest.fixture
def elsewhere(shell, postgres_url, s3):
    shell.variables |= s3_environment(s3.endpoint, s3.keys)
    shell.variables["REXLAB_DATABASE_URL"] = postgres_url
    shell.variables["REXLAB_ARTIFACTS_URL"] = f"s3://{s3.new_bucket()}/lab"
    return shell


def test_a_run_is_made_looked_at_graded_again_and_reported_on(elsewhere, s3):
    elsewhere("run", "moments", "--harness", "oracle,noop,mutant", "--masks", "1", "--limit", "2", "--seed", "3")
    trials = elsewhere.json("trials", "list", "latest")
    assert {(t["agent"].split()[0], t["outcome"]) for t in trials} >= {("oracle", "passed"), ("noop", "no_patch")}
    assert len(trials) == 6
    (run,) = elsewhere.json("runs", "list")
    assert (run["status"], run["finished"]) == ("finished", 6)

    passed = next(t["id"] for t in trials if t["outcome"] == "passed")
    assert "diff --git" in elsewhere("trials", "show", passed, "--diff").stdout
    assert "[exited, exit code 0" in elsewhere("trials", "show", passed, "--log").stdout
    assert elsewhere.json("trials", "show", passed, "--metrics")["metrics"]
    elsewhere("regrade", run["id"])
    assert elsewhere.json("trials", "show", passed)["grades"][-1]["reason"] == "regrade"

    board = json.loads(elsewhere("leaderboard", "--format", "json").stdout)
    assert {row["agent"].split()[0]: row["passed"] for row in board["rows"]}["oracle"] == 2
    assert "oracle" in elsewhere("report", "latest").stdout
    bucket, prefix = elsewhere.variables["REXLAB_ARTIFACTS_URL"].removeprefix("s3://").split("/")
    keys = [found["Key"] for found in s3.client.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")["Contents"]]
    assert [key for key in keys if key.startswith(f"{prefix}/{run['id']}/{passed}/")]
    assert not (elsewhere.home / "artifacts").exists()
    assert not (elsewhere.home / "rexlab.db").exists()


def findings(shell, code):
    done = shell("doctor", "--json", code=code)
    return {found["name"]: found for found in json.loads(done.stdout)}


def test_the_doctor_finds_both(elsewhere):
    found = findings(elsewhere, 0)
    assert (found["store"]["state"], found["artifacts"]["state"]) == ("ok", "ok")
    assert found["store"]["detail"].endswith(": 0 runs")
    assert found["artifacts"]["detail"] == elsewhere.variables["REXLAB_ARTIFACTS_URL"]


def test_what_is_away_is_told_at_once_and_without_a_secret(elsewhere, postgres, s3):
    secrets = (postgres.password, s3.keys.secret)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        elsewhere.variables["REXLAB_DATABASE_URL"] = f"postgresql://rexlab:{postgres.password}@127.0.0.1:{port}/db"
        elsewhere.variables["AWS_ENDPOINT_URL_S3"] = f"http://127.0.0.1:{port}"
        found = findings(elsewhere, 1)
        assert [found[name]["state"] for name in ("store", "artifacts")] == ["problem", "problem"]
        for command in (("run", "moments", "--harness", "noop"), ("runs", "list")):
            began = time.monotonic()
            done = elsewhere(*command, code=1)
            assert time.monotonic() - began < MOST_S * (4 if command[0] == "run" else 1)  # with rexlab's own start
            assert done.stderr.splitlines()[-1].startswith("error: cannot open the store postgresql://rexlab:***@")
            assert not any(secret in done.stdout + done.stderr + str(found) for secret in secrets)
