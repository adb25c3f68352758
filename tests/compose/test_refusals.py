"""Nothing starts without its secrets, and no secret that works is in the repository."""

import re
import subprocess

import pytest
from tests.support.compose import ROOT, clean_environment, require_compose
from tests.support.require import require

pytestmark = pytest.mark.compose
NEEDED = (
    *("POSTGRES_PASSWORD", "REDIS_PASSWORD", "REXLAB_UI_TOKEN"),
    *("REXLAB_DATA", "REXLAB_UID", "REXLAB_GID", "DOCKER_GID"),
)
GIVEN = dict.fromkeys(NEEDED, "7") | {"REXLAB_DATA": "/srv/rexlab", "REXLAB_CLUSTER_ADDRESS": "10.0.0.1"}


def configured(program, env_file, *files):
    names = [word for file in files for word in ("--file", file)]
    return subprocess.run(
        [*program, *names, "--env-file", env_file, "config", "--quiet"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def written(folder, variables):
    file = folder / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return file


def test_with_everything_set_the_files_are_accepted_by_every_compose_here(tmp_path):
    for program in require_compose():
        for also in ((), ("docker-compose.gpu.yml",), ("docker-compose.cluster.yml",)):
            done = configured(program, written(tmp_path, GIVEN), "docker-compose.yml", *also)
            assert (done.returncode, done.stderr) == (0, ""), (program, also)


@pytest.mark.parametrize("name", NEEDED)
def test_what_is_missing_is_named(tmp_path, name):
    for program in require_compose():
        done = configured(program, written(tmp_path, {k: v for k, v in GIVEN.items() if k != name}))
        assert done.returncode != 0
        assert f"set {name} in .env" in done.stderr, done.stderr


def test_an_empty_secret_is_none(tmp_path):
    for program in require_compose():
        done = configured(program, written(tmp_path, {**GIVEN, "REDIS_PASSWORD": ""}))
        assert done.returncode != 0
        assert "set REDIS_PASSWORD in .env" in done.stderr, done.stderr


def test_the_example_holds_no_value_that_works(tmp_path):
    for program in require_compose():
        done = configured(program, ROOT / ".env.example")
        assert done.returncode != 0
        assert "in .env" in done.stderr


def test_the_example_names_every_variable_of_the_files_and_no_other():
    used = {"COMPOSE_FILE", "COMPOSE_PROFILES"}  # Compose's own
    for file in ("docker-compose.yml", "docker-compose.gpu.yml", "docker-compose.cluster.yml"):
        text = (ROOT / file).read_text()
        used |= set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", text))
        used |= set(re.findall(r"^      ([A-Z][A-Z0-9_]+):$", text, re.MULTILINE))
        used |= set(re.findall(r"^  ([A-Z][A-Z0-9_]+):$", text, re.MULTILINE))
    named = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == used


def test_the_script_writes_secrets_of_its_own_for_their_owner_alone_and_never_over_others(tmp_path):
    require("docker")
    made = []
    for name in ("one", "two"):
        given = {"ENV_FILE": str(tmp_path / name), "REXLAB_DATA": str(tmp_path / "data")}
        for again in (False, True):
            done = subprocess.run(
                [ROOT / "containers" / "make-env.sh"],
                env=clean_environment() | given,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert done.returncode == again
        assert "is there already" in done.stderr
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        made.append(dict(line.split("=", 1) for line in (tmp_path / name).read_text().splitlines()[1:]))
    for secret in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "REXLAB_UI_TOKEN", "REXLAB_FLOWER_LOGIN"):
        assert len(made[0][secret]) >= 48
        assert made[0][secret] != made[1][secret]
    assert made[0]["REXLAB_UID"] != "0"
    assert (tmp_path / "data" / "home").stat().st_uid == int(made[0]["REXLAB_UID"])
