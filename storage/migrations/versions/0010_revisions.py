"""A count of changes on whatever two people may change at once; whether a receipt announced the level above

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COUNTED = ("broadcast", "duty", "member", "programme", "unit")


def upgrade() -> None:
    """Bring the tables forward: nobody was told before that the level above may come to read feedback.

    Not in a batch: SQLite would build these tables anew, away from under the rows that point to them.
    """
    for table in COUNTED:
        op.add_column(table, sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column(
        "feedback", sa.Column("climb_announced", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    """Take the columns back."""
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_column("climb_announced")
    for table in reversed(COUNTED):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("revision")
