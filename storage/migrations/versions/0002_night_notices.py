"""What waits for the morning; strangers' rows of the outbox found without reading all of it

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "night_notice",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("about", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("topic", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("forget", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.PrimaryKeyConstraint("member_id", "about"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_strangers",
            ["account", "chat"],
            unique=False,
            sqlite_where=sa.text("member_id IS NULL AND chat <> ''"),
            postgresql_where=sa.text("member_id IS NULL AND chat <> ''"),
        )


def downgrade() -> None:
    """Take the tables back."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_strangers",
            sqlite_where=sa.text("member_id IS NULL AND chat <> ''"),
            postgresql_where=sa.text("member_id IS NULL AND chat <> ''"),
        )

    op.drop_table("night_notice")
