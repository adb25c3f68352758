"""Seeds have 32 bits without a sign, and tokens and sizes may have more: PostgreSQL's plain integers are too narrow."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("trial", "seed"),
    ("trial", "tokens"),
    ("artifact", "size"),
    ("call", "input_tokens"),
    ("call", "cached_tokens"),
    ("call", "output_tokens"),
)


def upgrade() -> None:
    _set_type(sa.BigInteger())


def downgrade() -> None:
    _set_type(sa.Integer())


def _set_type(kind: "sa.Integer") -> None:
    if op.get_bind().dialect.name == "sqlite":  # its integers have 63 bits
        return
    for table, column in _COLUMNS:
        op.alter_column(table, column, type_=kind)
