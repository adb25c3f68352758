"""Settings come from the environment, options win over it, and what cannot be used is told with the variable's name."""

import os
from pathlib import Path

import pytest

from rexlab.errors import InputError
from rexlab.settings import bundled, load_settings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.startswith("REXLAB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_everything_lies_below_the_home_folder_by_default(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.home == tmp_path / ".rexlab"
    assert settings.store_url == f"sqlite:///{tmp_path}/.rexlab/rexlab.db"
    assert settings.artifact_root == f"{tmp_path}/.rexlab/artifacts"
    assert 1 <= settings.workers <= 8


def test_the_home_folder_stays_where_it_was_when_the_current_folder_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = load_settings(home="here")
    monkeypatch.chdir("/")
    assert settings.home == tmp_path / "here"


def test_a_tilde_is_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load_settings(home="~/lab").home == Path("/home/somebody/lab")


def test_the_environment_sets_and_options_win_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REXLAB_WORKERS", "3")
    monkeypatch.setenv("REXLAB_DATABASE_URL", "postgresql://host/db")
    monkeypatch.setenv("REXLAB_ARTIFACTS_URL", "s3://bucket/x")
    monkeypatch.setenv("REXLAB_KEEP_WORKSPACES", "1")
    monkeypatch.setenv("REXLAB_REQUIRE", "docker")
    settings = load_settings(workers=None)
    assert (settings.workers, settings.keep_workspaces) == (3, True)
    assert (settings.store_url, settings.artifact_root) == ("postgresql://host/db", "s3://bucket/x")
    assert load_settings(workers=5).workers == 5


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "WORKERS", "DATABASE_URL", "SANDBOX"):
        monkeypatch.setenv(f"REXLAB_{name}", "")
    assert load_settings() == load_settings()
    assert (load_settings().home, load_settings().sandbox) == (tmp_path / ".rexlab", "auto")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WORKERS", "many", "setting REXLAB_WORKERS = 'many': Input should be a valid integer"),
        ("WORKERS", "0", "setting REXLAB_WORKERS = '0': Input should be greater than or equal to 1"),
        ("WORKERS", "257", "setting REXLAB_WORKERS = '257': Input should be less than or equal to 256"),
        ("LEASE_S", "1", "setting REXLAB_LEASE_S = '1': Input should be greater than 1"),
        ("LEASE_S", "inf", "setting REXLAB_LEASE_S = 'inf': Input should be a finite number"),
        ("LEASE_S", "nan", "setting REXLAB_LEASE_S = 'nan': Input should be a finite number"),
        ("KEEP_WORKSPACES", "maybe", "setting REXLAB_KEEP_WORKSPACES = 'maybe': Input should be a valid boolean"),
        ("HOME", "~nobody-of-this-name/x", "setting REXLAB_HOME = '~nobody-of-this-name/x': Value error, Could not"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"REXLAB_{name}", value)
    with pytest.raises(InputError) as error:
        load_settings()
    assert str(error.value).startswith(said)


def test_an_option_that_cannot_be_used_is_told_too() -> None:
    with pytest.raises(InputError, match=r"^setting REXLAB_WORKERS = 0: "):
        load_settings(workers=0)


def test_search_paths_come_before_the_bundled_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    settings = load_settings(tasks_path="mine::~/theirs", harnesses_path="/h")
    assert settings.task_folders == [
        tmp_path / "mine",
        Path("/home/somebody/theirs"),
        tmp_path / "tasks",
        bundled("tasks"),
    ]
    assert settings.harness_folders == [Path("/h"), bundled("harnesses")]


def test_a_search_path_of_an_unknown_user_is_bad_input() -> None:
    with pytest.raises(InputError, match=r"^the search path '~nobody-of-this-name' cannot be used: "):
        _ = load_settings(tasks_path="~nobody-of-this-name").task_folders


def test_what_ships_with_rexlab_is_found() -> None:
    assert (bundled("tasks") / "classic" / "ef21" / "task.toml").is_file()
    assert (bundled("harnesses") / "oracle" / "harness.toml").is_file()
