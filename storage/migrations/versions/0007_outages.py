"""Platforms that cannot be reached: since when, and what is tried to find out whether they can be again

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

import storage.types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENTS = ("out_since", "probe_at", "trial_at", "back_at")


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("budget", schema=None) as batch_op:
        batch_op.add_column(sa.Column("doubts", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch_op.add_column(
            sa.Column("probe", sqlmodel.sql.sqltypes.AutoString(), server_default=sa.text("'send'"), nullable=False)
        )
        batch_op.add_column(sa.Column("probes", sa.Integer(), server_default=sa.text("0"), nullable=False))
        for name in MOMENTS:
            batch_op.add_column(sa.Column(name, storage.types.Instant(timezone=True), nullable=True))


def downgrade() -> None:
    """Take the tables back."""
    with op.batch_alter_table("budget", schema=None) as batch_op:
        for name in (*MOMENTS, "probes", "probe", "doubts"):
            batch_op.drop_column(name)
