"""For tests of the dashboard: no setting of whoever runs them."""

import os

import pytest


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """``Settings()`` has its defaults."""
    for name in [name for name in os.environ if name.startswith("REXLAB_") and name != "REXLAB_REQUIRE"]:
        monkeypatch.delenv(name)
