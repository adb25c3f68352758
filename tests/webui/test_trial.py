"""The page Trial: what it says of a trial in every state, and that what an agent wrote stays text."""

import time

import pytest
from streamlit.testing.v1 import AppTest
from tests.support.shell import Shell
from tests.webui.conftest import OpenApp

from rexlab.store.artifacts import Artifacts
from rexlab.store.database import open_engine, writing
from rexlab.store.models import ArtifactRow, GradeRow, Outcome, State, TrialRow
from rexlab.store.queries import artifacts_of, grades_of

HOSTILE = (
    "<script>alert(1)</script> ![x](http://evil.example/x.png) [x](javascript:alert(1)) :red[x] $x$ \x1b[31mred\x1b[0m"
)


def trials(shell: Shell, agent: str, masks: int = 1) -> list[dict]:
    listed = shell.json("trials", "list", "latest")
    return [t for t in listed if t["agent"].startswith(agent) and t["masks"] == masks]


def first(shell: Shell, agent: str, masks: int = 1) -> str:
    return trials(shell, agent, masks)[0]["id"]


def engine_of(shell: Shell):
    return open_engine(f"sqlite:///{shell.home / 'rexlab.db'}")


def change(shell: Shell, trial_id: str, **values: object) -> None:
    with writing(engine_of(shell)) as session:
        row = session.get(TrialRow, trial_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def change_grade(shell: Shell, trial_id: str, **values: object) -> None:
    engine = engine_of(shell)
    with writing(engine) as session:
        row = session.get(GradeRow, grades_of(engine, trial_id)[-1].id)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def overwrite(shell: Shell, trial_id: str, kind: str, data: bytes) -> None:
    """Another content of an artifact, as if it had been saved so."""
    engine = engine_of(shell)
    with writing(engine) as session:
        old = next(a for a in artifacts_of(engine, trial_id) if a.kind == kind)
        new = Artifacts(str(shell.home / "artifacts")).save(trial_id, 9, kind, f"{kind}-other", data)
        row = session.get(ArtifactRow, old.id)
        row.path, row.size, row.sha256 = new.path, new.size, new.sha256
        session.add(row)


def said(test: AppTest) -> str:
    """All text of the page but code and tables."""
    kinds = (test.title, test.markdown, test.caption, test.info, test.warning, test.error, test.subheader, test.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def whole(test: AppTest) -> None:
    assert not test.exception
    assert not test.error


def test_without_an_id_it_asks_for_one_and_lists_the_newest(app: OpenApp, filled: Shell) -> None:
    test = app("trial")
    whole(test)
    assert test.text_input(key="trial-id").label == "Trial id"
    assert len(test.dataframe[0].value) == len(shell_trials(filled))
    test.text_input(key="trial-id").input(first(filled, "oracle"))
    test.button[0].click().run()
    assert test.title[0].value == f"Trial {first(filled, 'oracle')}".replace("-", "\\-")


def shell_trials(shell: Shell) -> list[dict]:
    return shell.json("trials", "list", "latest")


def test_an_unknown_id_is_told(app: OpenApp) -> None:
    test = app("trial", id="r000000-000000-00001")
    whole(test)
    assert "There is no trial" in test.warning[0].value


def test_a_bare_store_says_what_to_do(app: OpenApp, bare: Shell) -> None:
    test = app("trial", shell=bare)
    whole(test)
    assert "No trial has been run yet" in test.info[0].value


def test_the_oracle_stands_beside_the_reference(app: OpenApp, filled: Shell) -> None:
    test = app("trial", id=first(filled, "oracle"))
    whole(test)
    assert {m.label: m.value for m in test.metric}["Credit"] == "100.0 %"
    versions = [c.value for c in test.code if c.language == "python"]
    assert versions[0] == versions[1]
    assert any(c.value.startswith("diff --git") for c in test.code if c.language == "diff")
    assert "the same as the reference" in said(test)


def test_the_mutant_differs_from_the_reference(app: OpenApp, filled: Shell) -> None:
    test = app("trial", id=first(filled, "mutant"))
    whole(test)
    versions = [c.value for c in test.code if c.language == "python"]
    assert versions[0] != versions[1]
    assert any(c.value.startswith("--- reference") for c in test.code)


def test_an_empty_patch_is_said_to_be_one(app: OpenApp, filled: Shell) -> None:
    test = app("trial", id=first(filled, "noop"))
    whole(test)
    assert "changed nothing" in said(test)
    assert "left as it was masked" in said(test)


@pytest.mark.parametrize("tab", ["Patch", "Metrics", "Prompt", "Timeline", "Files"])
@pytest.mark.parametrize("agent", ["oracle", "noop", "mutant"])
def test_every_part_opens_by_its_address(app: OpenApp, filled: Shell, agent: str, tab: str) -> None:
    test = app("trial", id=first(filled, agent), tab=tab)
    whole(test)
    assert test.segmented_control(key="tab").value == tab


def test_values_can_be_cut_down_to_those_that_fail(app: OpenApp, filled: Shell) -> None:
    chosen = next(t["id"] for t in trials(filled, "mutant", 2) + trials(filled, "mutant") if 0 < (t["credit"] or 0) < 1)
    test = app("trial", id=chosen, tab="Metrics")
    whole(test)
    table = test.dataframe[0].value
    assert {"● yes", "✕ no"} == set(table["Passes"])
    assert "(hidden)" in " ".join(table["Experiment"])
    test.toggle(key="only-failing").set_value(True).run()
    whole(test)
    assert set(test.dataframe[0].value["Passes"]) == {"✕ no"}


def test_the_prompt_is_shown_as_text(app: OpenApp, own: Shell) -> None:
    trial_id = first(own, "oracle")
    overwrite(own, trial_id, "prompt", HOSTILE.encode() + b"\xff\0" + b"x" * 200_000)
    test = app("trial", shell=own, id=trial_id, tab="Prompt")
    whole(test)
    assert "<script>alert(1)</script>" in test.code[0].value
    assert "\x1b" not in test.code[0].value
    assert "\0" not in test.code[0].value
    assert len(test.code[0].value) < 10_000
    assert "<script>" not in said(test)


def test_what_an_agent_caused_to_be_said_is_never_markup(app: OpenApp, own: Shell) -> None:
    trial_id = first(own, "oracle")
    odd = [{"path": HOSTILE, "reason": HOSTILE}]
    notes = [f"hardcoded_numbers: {HOSTILE}"]
    flags = ["hardcoded_numbers", "dropped_files"]
    change_grade(own, trial_id, detail=HOSTILE, notes=notes, dropped=odd, elsewhere=[HOSTILE], flags=flags)
    test = app("trial", shell=own, id=trial_id)
    whole(test)
    for markup in ("<script>", "![x]", "[x](", ":red[", "$x$", "\x1b"):
        assert markup not in said(test).replace("\\", "\0")
    assert "alert" in said(test)


def test_a_patch_that_does_not_apply_is_still_shown(app: OpenApp, own: Shell) -> None:
    trial_id = first(own, "oracle")
    overwrite(own, trial_id, "patch", b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-<script>\n+other\n")
    test = app("trial", shell=own, id=trial_id)
    whole(test)
    assert "cannot be set beside the reference" in test.warning[0].value
    assert "-<script>" in test.code[-1].value


def test_artifacts_that_are_gone_are_told(app: OpenApp, own: Shell) -> None:
    trial_id = first(own, "oracle")
    for file in (own.home / "artifacts").glob(f"*/{trial_id}/*"):
        file.unlink()
    test = app("trial", shell=own, id=trial_id, tab="Files")
    assert not test.exception
    assert len(test.error) >= 3
    assert all("gone" in e.value for e in test.error)
    test = app("trial", shell=own, id=trial_id, tab="Patch")
    assert not test.exception
    assert ["gone" in e.value for e in test.error] == [True]


def test_a_trial_that_waits_or_runs_says_so_and_becomes_complete(app: OpenApp, own: Shell) -> None:
    trial_id = first(own, "noop")
    change(own, trial_id, state=State.QUEUED, outcome=None, started_at=None, finished_at=None, timings={})
    test = app("trial", shell=own, id=trial_id, tab="Metrics")
    whole(test)
    assert "waiting for a worker" in said(test)
    change(own, trial_id, state=State.RUNNING, started_at=time.time() - 65)
    test.run()
    whole(test)
    assert "1 min 05 s" in said(test)
    change(own, trial_id, state=State.FINISHED, outcome=Outcome.NO_PATCH, finished_at=time.time())
    test.run()
    whole(test)
    assert "waiting" not in said(test)
    assert "no patch" in said(test)


def test_a_flagged_patch_can_be_accepted_with_a_reason(app: OpenApp, own: Shell) -> None:
    trial_id = first(own, "oracle")
    change_grade(own, trial_id, outcome=Outcome.WRONG_RESULT, flags=["tampered"], notes=["tampered: only the whole"])
    test = app("trial", shell=own, id=trial_id)
    whole(test)
    accept = next(b for b in test.button if "count as passed" in b.label)
    accept.click().run()
    assert "reason is empty" in test.error[0].value
    test.text_input(key="accept-why").input("an honest refactoring")
    next(b for b in test.button if "count as passed" in b.label).click().run()
    whole(test)
    assert [g.reason for g in grades_of(engine_of(own), trial_id)] == ["trial", "review"]
    assert "Accepted by a person" in said(test).replace("\\", "")
    assert not [b for b in test.button if "count as passed" in b.label]
    assert "Earlier grades (1)" in [e.label for e in test.expander]


def test_a_read_only_server_offers_no_decision(app: OpenApp, own: Shell) -> None:
    trial_id = first(own, "oracle")
    change_grade(own, trial_id, outcome=Outcome.WRONG_RESULT, flags=["tampered"])
    own.variables["REXLAB_UI_READ_ONLY"] = "1"
    test = app("trial", shell=own, id=trial_id)
    whole(test)
    assert not [b for b in test.button if "count as passed" in b.label]


def test_one_trial_leads_to_the_next(app: OpenApp, filled: Shell) -> None:
    ids = [t["id"] for t in shell_trials(filled)]
    test = app("trial", id=ids[0], tab="Metrics")
    assert not [b for b in test.button if b.label == "Previous"]
    next(b for b in test.button if b.label == "Next").click().run()
    whole(test)
    assert test.title[0].value.replace("\\", "") == f"Trial {ids[1]}"
    assert test.segmented_control(key="tab").value == "Metrics"
