"""What reports read of every trial, kept beside it: paper, file recall, what each kind of verifier would say."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# of grades older than these columns, from their values; a claim against a one-sided check (its tolerance is 0, like an
# exact one's) cannot be judged from those, and stays unknown where every value is claimed
_BACKFILL = """
UPDATE grade SET
  claims_made = COALESCE((SELECT SUM(CASE WHEN m.claimed IS NOT NULL THEN 1 ELSE 0 END)
                          FROM metric m WHERE m.grade_id = grade.id), 0),
  claims_held = COALESCE((SELECT SUM(CASE WHEN m.claim THEN 1 ELSE 0 END)
                          FROM metric m WHERE m.grade_id = grade.id), 0),
  visible_passed = (SELECT MIN(CASE WHEN m.passed THEN 1 ELSE 0 END) = 1
                           AND (grade.outcome = 'passed' OR EXISTS (
                                SELECT 1 FROM metric f WHERE f.grade_id = grade.id AND NOT f.passed))
                    FROM metric m WHERE m.grade_id = grade.id AND NOT m.hidden HAVING COUNT(*) > 0),
  claim_passed = (SELECT MIN(CASE WHEN m.claimed IS NOT NULL AND ABS(m.claimed - m.target) <= m.tolerance
                                  THEN 1 ELSE 0 END) = 1
                  FROM metric m WHERE m.grade_id = grade.id AND NOT m.hidden
                  HAVING COUNT(*) > 0 AND (MIN(m.tolerance) > 0 OR COUNT(m.claimed) < COUNT(*)))
"""
_TRIAL = sa.table(
    "trial",
    sa.column("usage", sa.JSON()),
    sa.column("timings", sa.JSON()),
    sa.column("calls", sa.Integer()),
    sa.column("tokens", sa.Integer()),
    sa.column("cost_usd", sa.Float()),
    sa.column("solve_s", sa.Float()),
)


def upgrade() -> None:
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paper", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("gpus", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.add_column(sa.Column("file_recall", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("calls", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("tokens", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cost_usd", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("solve_s", sa.Float(), nullable=True))
    with op.batch_alter_table("grade", schema=None) as batch_op:
        batch_op.add_column(sa.Column("visible_passed", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("claim_passed", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("claims_made", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("claims_held", sa.Integer(), nullable=False, server_default="0"))
    op.execute(sa.text(_BACKFILL))
    usage, timings = _TRIAL.c.usage, _TRIAL.c.timings
    op.execute(
        _TRIAL.update().values(
            calls=usage["calls"].as_integer(),
            tokens=usage["input_tokens"].as_integer() + usage["output_tokens"].as_integer(),
            cost_usd=usage["cost_usd"].as_float(),
            solve_s=timings["solve"].as_float(),
        )
    )


def downgrade() -> None:
    with op.batch_alter_table("grade", schema=None) as batch_op:
        batch_op.drop_column("claims_held")
        batch_op.drop_column("claims_made")
        batch_op.drop_column("claim_passed")
        batch_op.drop_column("visible_passed")
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.drop_column("solve_s")
        batch_op.drop_column("cost_usd")
        batch_op.drop_column("tokens")
        batch_op.drop_column("calls")
        batch_op.drop_column("file_recall")
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.drop_column("gpus")
        batch_op.drop_column("paper")
