"""Which files of the user's a command shows to the sandbox."""

import pytest

from rexlab.errors import InputError
from rexlab.harness.agent_files import agent_files, command_variables, copy_files
from rexlab.harness.manifest import load_harness
from rexlab.settings import bundled

HARNESS = load_harness(bundled("harnesses") / "command")


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "main.py").write_text("print()")
    (tmp_path / "run.sh").write_text("true")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "run.sh").write_text("false")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(command):
    return set(agent_files(HARNESS, {"program": command}))


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("python ./agent/main.py --fast", {"main.py"}),
        ("python ./agent", {"agent"}),
        ("sh run.sh && true", {"run.sh"}),
        ("python agent", set()),
        ("ls / .. ./. ../ ~ /etc/passwd /usr /proc/self", set()),
        ("cat missing.txt", set()),
        ("echo run", set()),
    ],
)
def test_only_files_and_folders_that_are_named_and_stand_apart_are_shown(here, command, names):
    assert shown(command) == names


def test_neither_the_home_nor_the_current_folder_nor_the_tasks_are_shown(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here / "agent"))
    assert shown(f"ls {here} {here}/ ./agent {bundled('tasks')} {bundled('tasks').parent}/") == set()


def test_nothing_of_rexlabs_own_home_is_shown(here, monkeypatch):
    monkeypatch.setenv("REXLAB_HOME", str(here / "agent"))
    assert shown("ls ./agent; python ./agent/main.py; sh run.sh") == {"run.sh"}


def test_two_files_of_one_name_are_refused(here):
    with pytest.raises(InputError, match=r"two files called 'run.sh'"):
        shown("sh run.sh; sh ./other/run.sh")


def test_the_command_points_inside_and_is_otherwise_as_typed(here):
    command = "X='a b' python ./agent/main.py \"$HOME\" | tee $REXLAB_OUT/log"
    variables = command_variables(HARNESS, {"program": command}, inside=lambda path: path)
    expected = command.replace("./agent/main.py", "/opt/rexlab/agent/main.py")
    assert variables == {"REXLAB_PARAM_PROGRAM": expected}


def test_one_file_named_in_two_ways_is_replaced_in_both(here):
    variables = command_variables(HARNESS, {"program": "sh run.sh; ./run.sh;./run.sh2"}, inside=lambda path: path)
    assert variables["REXLAB_PARAM_PROGRAM"] == ("sh /opt/rexlab/agent/run.sh; /opt/rexlab/agent/run.sh;./run.sh2")


def test_copies_leave_history_and_caches_behind(here):
    (here / "agent" / ".git").mkdir()
    (here / "agent" / "__pycache__").mkdir()
    copy_files(agent_files(HARNESS, {"program": "python ./agent"}), here / "copied")
    assert sorted(p.name for p in (here / "copied" / "agent").iterdir()) == ["main.py"]
