"""Who works on a run and how soon, and what memory its tasks need, so that trials find a worker that has it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("executor", sa.String(), nullable=False, server_default="local"))
        batch_op.add_column(sa.Column("priority", sa.String(), nullable=False, server_default="normal"))
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("memory_mb", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.drop_column("memory_mb")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_column("priority")
        batch_op.drop_column("executor")
