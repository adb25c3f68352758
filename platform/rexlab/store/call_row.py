"""The table of what trials asked of their models."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

import rexlab.store.models  # noqa: F401  (the tables it points to, and how constraints are named)
from rexlab.store.column_types import wide_column


class CallRow(SQLModel, table=True):
    """One request of a trial to its model, as the gateway metered it."""

    __tablename__ = "call"
    __table_args__ = (Index("ix_call_run", "run_id"),)

    id: int | None = Field(default=None, primary_key=True)
    trial_id: str = Field(foreign_key="trial.id", index=True)
    epoch: int
    """Which claim of the trial made it; a killed worker's calls were paid for too."""
    run_id: str = Field(foreign_key="run.id")
    number: int
    """Of the claim's calls, from 1."""
    at: float
    protocol: str
    """chat, responses, messages or embeddings"""
    model: str
    status: int
    """What the client got: 200, or an error's HTTP status."""
    failure: str = ""
    """Class of the provider's last failure, ``budget_exceeded`` for a call that was refused; empty when it worked."""
    retries: int = 0
    input_tokens: int | None = Field(default=None, sa_column=wide_column(nullable=True))
    """None: the provider did not say. Cached ones included."""
    cached_tokens: int | None = Field(default=None, sa_column=wide_column(nullable=True))
    output_tokens: int | None = Field(default=None, sa_column=wide_column(nullable=True))
    cost_usd: float | None = None
    """None: the price is unknown."""
    seconds: float = 0.0
    first_token_s: float | None = None
