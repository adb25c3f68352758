"""Models: what a trial asked of one, its parameters, strategies; and what a grade noticed beside its numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("harness_folder", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("label", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("model_params", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("strategy", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("simulated", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.add_column(sa.Column("usage", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("selection", sa.JSON(), nullable=True))
    with op.batch_alter_table("grade", schema=None) as batch_op:
        batch_op.add_column(sa.Column("elsewhere", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("notes", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trial_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("cached_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("first_token_s", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_call_run_id_run")),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name=op.f("fk_call_trial_id_trial")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_trial_id"), ["trial_id"], unique=False)
        batch_op.create_index("ix_call_run", ["run_id"], unique=False)


def downgrade() -> None:
    op.drop_table("call")
    with op.batch_alter_table("grade", schema=None) as batch_op:
        batch_op.drop_column("notes")
        batch_op.drop_column("elsewhere")
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.drop_column("selection")
        batch_op.drop_column("usage")
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.drop_column("simulated")
        batch_op.drop_column("strategy")
        batch_op.drop_column("model_params")
        batch_op.drop_column("label")
        batch_op.drop_column("harness_folder")
