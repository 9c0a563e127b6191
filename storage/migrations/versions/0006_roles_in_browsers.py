"""No role is in force in a browser: what was shown and what waits there for officers goes; who handed out a code

Members' own lines stay. Lines of ours cannot be told apart without the key, so that all of them go from the browsers of
members who hold or held a role.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.types import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DEMO = ("demo-member", "demo-officer", "demo-staff")
TOPICS = ("officer", "duty", "climb", "care", "staff", "role", "files", "reply")
UNSENT = ("ready", "claimed", "held")

address = sa.table("address", sa.column("account"), sa.column("chat"), sa.column("member_id"))
appointment = sa.table("appointment", sa.column("member_id"))
lines = sa.table("transcript", sa.column("account"), sa.column("chat"), sa.column("mine", sa.Boolean()))
outbox = sa.table(
    "outbox",
    *(sa.column(name) for name in ("account", "chat", "topic", "state", "reason", "body")),
    sa.column("forget", sa.Boolean()),
    sa.column("settled_at", Instant()),
    sa.column("lease_until", Instant()),
)


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("invited_by", sa.Integer(), nullable=True))
        batch_op.create_foreign_key("fk_pairing_invited_by_member", "member", ["invited_by"], ["id"])
    browsers = sa.select(address.c.chat).where(
        address.c.account == "web",
        address.c.chat.not_in(DEMO),
        address.c.member_id.in_(sa.select(appointment.c.member_id)),
    )
    op.execute(lines.delete().where(lines.c.account == "web", ~lines.c.mine, lines.c.chat.in_(browsers)))
    waiting = sa.and_(
        outbox.c.account == "web",
        outbox.c.state.in_(UNSENT),
        outbox.c.topic.in_(TOPICS),
        outbox.c.chat.in_(browsers),
    )
    op.execute(outbox.delete().where(waiting, outbox.c.forget))
    ended = {"state": "cancelled", "reason": "role_rests", "settled_at": datetime.now(UTC)}
    op.execute(outbox.update().where(waiting).values(**ended, lease_until=None, body=None))


def downgrade() -> None:
    """Take the tables back; what was erased stays so."""
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.drop_constraint("fk_pairing_invited_by_member", type_="foreignkey")
        batch_op.drop_column("invited_by")
