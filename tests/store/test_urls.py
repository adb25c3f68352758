"""Nothing that opens a door stands on a page."""

import pytest

from rexlab.store.urls import without_secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/data/artifacts", "/data/artifacts"),
        ("artifacts?password=not-a-url", "artifacts?password=not-a-url"),
        ("sqlite:////data/rex%20lab.db", "sqlite:////data/rex%20lab.db"),
        ("postgresql+psycopg://db/rexlab", "postgresql+psycopg://db/rexlab"),
        ("postgresql://me@db/rexlab", "postgresql://me@db/rexlab"),
        ("postgresql://me:pw@db:5432/rexlab", "postgresql://me:***@db:5432/rexlab"),
        ("postgresql://me:p@:w@db/rexlab", "postgresql://me:***@db/rexlab"),
        ("postgresql://me:@db/rexlab", "postgresql://me:***@db/rexlab"),
        ("postgresql:///rexlab?host=db&password=pw", "postgresql:///rexlab?host=db&password=***"),
        ("s3://KEY:SECRET@bucket/folder", "s3://KEY:***@bucket/folder"),
        (
            "https://store/a?X-Amz-Signature=abc&sslmode=on&api_key=1",
            "https://store/a?X-Amz-Signature=***&sslmode=on&api_key=***",
        ),
    ],
)
def test_passwords_are_hidden_and_the_rest_is_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
