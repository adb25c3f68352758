"""docker compose up, an evaluation in sibling containers, its result on the web UI's page, and down again."""

import re
import secrets
import time

import psutil
import pytest
from tests.support.browser import chromium
from tests.support.compose import Project, build_images, require_compose
from tests.support.require import require
from tests.support.site import settle

SERVICES = ("db", "broker", "gateway", "worker", "webui")
NUMBER = "com.docker.compose.container-number"
SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "REXLAB_UI_TOKEN")


@pytest.fixture
def project(tmp_path):
    require_compose()
    require("docker")
    build_images()
    made = Project(tmp_path, f"rexlab-test-{secrets.token_hex(4)}")
    try:
        yield made
    finally:
        made("down", "--volumes", "--timeout", "20")


# one test, for what it shows is one story, and half a minute of starting belongs to each
@pytest.mark.compose
@pytest.mark.docker
@pytest.mark.browser
@pytest.mark.timeout(1200)
def test_one_command_starts_what_evaluates_and_shows_it_and_nothing_is_left(project):
    project("up", "--detach")
    none_is_root_and_none_shows_a_secret(project)
    doctor_says_that_the_engine_sees_the_data_root(project)

    printed = project.rexlab(
        *("run", "deis", "--harness", "oracle,noop", "--masks", "1", "--limit", "1", "--executor", "celery")
    )
    assert re.search(r"oracle \[ref\] .* passed 1", printed), printed
    assert re.search(r"noop .* no_patch 1", printed), printed

    # a second worker takes part in the next, and is shot at work: it is done all the same, and its sandbox is removed
    project("up", "--detach", "--no-recreate", "--scale", "worker=2")
    (second,) = [c for c in project.containers("worker") if c.labels[NUMBER] == "2"]
    eventually(lambda: b" listens to " in second.logs())
    with project.started(
        *("run", "deis", "--harness", "oracle", "--masks", "1", "--limit", "1", "--trials", "3"),
        *("--executor", "celery"),
    ) as running:
        eventually(lambda: project.sandboxes(second))
        second.kill()
        printed, _ = running.communicate(timeout=240)
    assert re.search(r"oracle \[ref\] .* passed 3", printed), printed
    eventually(lambda: not project.sandboxes(second))

    the_page_shows_it(project)

    project("down", "--volumes", "--timeout", "20")
    assert project.left() == []
    assert list((project.folder / "data" / "home" / "work").iterdir()) == []


def eventually(what):
    deadline = time.monotonic() + 120
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def none_is_root_and_none_shows_a_secret(project):
    for service in SERVICES:
        (container,) = project.containers(service)
        processes = container.top(ps_args="-eo pid,uid")["Processes"]
        assert processes
        assert [uid for _, uid in processes if uid == "0"] == [], service
    hidden = [project.variables[name] for name in SECRETS]
    shown = " ".join(" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    assert [secret for secret in hidden if secret in shown] == []
    logs = project("logs", "--no-color")
    assert [secret for secret in hidden if secret in logs] == []


def doctor_says_that_the_engine_sees_the_data_root(project):
    (line,) = re.findall(r'"name": "docker sees home",\s+"state": "(\w+)"', project.rexlab("doctor", "--json"))
    assert line == "ok"
    elsewhere = project(
        *("exec", "-T", "-e", "REXLAB_HOME=/tmp/elsewhere", "worker", "sh", "-c"),
        "mkdir -p /tmp/elsewhere && rexlab doctor --json",
        code=1,
    )
    assert "does not see /tmp/elsewhere: set REXLAB_HOME" in elsewhere


def the_page_shows_it(project):
    with chromium() as browser, browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"http://127.0.0.1:{project.port}/")
        page.get_by_label("Token").fill("a guess")
        page.get_by_label("Token").press("Enter")
        page.get_by_role("alert").get_by_text("not the token").wait_for()
        page.get_by_label("Token").fill(project.variables["REXLAB_UI_TOKEN"])
        page.get_by_label("Token").press("Enter")
        settle(page)
        page.get_by_text("5 trials, 2 runs, 2 agents, 1 task; no infrastructure errors").wait_for()
