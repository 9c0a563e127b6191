"""Failed sends counted by day; what waits for its member found without reading the whole outbox

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

import storage.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = {0: "reply", 3: "notice", 9: "broadcast"}
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
WAITING = "state = 'ready' AND reason IS NOT NULL"


def upgrade() -> None:
    """Bring the tables forward."""
    failures = op.create_table(
        "delivery_failure",
        sa.Column("account", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", "reason", "day"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_waiting",
            ["member_id"],
            unique=False,
            sqlite_where=sa.text(WAITING),
            postgresql_where=sa.text(WAITING),
        )
    _count_what_is_there(failures)


def _count_what_is_there(failures: sa.Table) -> None:
    """What failed before it was counted, as far as its rows are still there."""
    outbox = sa.table(
        "outbox",
        *(sa.column(name) for name in ("account", "priority", "reason", "state")),
        sa.column("settled_at", storage.types.Instant()),
    )
    failed = sa.select(outbox.c.account, outbox.c.priority, outbox.c.reason, outbox.c.settled_at).where(
        outbox.c.state == "failed", outbox.c.settled_at.is_not(None)
    )
    numbers: Counter[tuple[str, str, str, date]] = Counter()
    for account, priority, reason, at in op.get_bind().execute(failed):
        numbers[account, KINDS.get(priority, "notice"), reason or "unknown", at.astimezone(VIETNAM).date()] += 1
    rows = [
        {"account": account, "kind": kind, "reason": reason, "day": day, "count": number}
        for (account, kind, reason, day), number in sorted(numbers.items())
    ]
    if rows:
        op.bulk_insert(failures, rows)


def downgrade() -> None:
    """Take the tables back."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_waiting", sqlite_where=sa.text(WAITING), postgresql_where=sa.text(WAITING))

    op.drop_table("delivery_failure")
