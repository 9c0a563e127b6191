"""Pseudonyms of those who say something without a name; who is asked before two chats are linked

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from storage.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 2000
MEMBERS = sa.text("SELECT id, created_at FROM member")
KEPT = sa.text("SELECT id FROM member WHERE erased_at IS NULL ORDER BY id")
CHATS = sa.text("SELECT id, member_id, linked_at FROM address")
ALIASES = sa.text("SELECT old_id, member_id FROM member_alias ORDER BY old_id")


def upgrade() -> None:
    """Bring the tables forward."""
    pseudonym = op.create_table(
        "pseudonym",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=True),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("pseudonym", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pseudonym_address_id"), ["address_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pseudonym_member_id"), ["member_id"], unique=False)
    rows = list(_of_before(op.get_bind()))
    for start in range(0, len(rows), BATCH):
        op.bulk_insert(pseudonym, rows[start : start + BATCH])
    with op.batch_alter_table("member_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_alias_member_id"))
    op.drop_table("member_alias")
    with op.batch_alter_table("link_code", schema=None) as batch_op:
        batch_op.add_column(sa.Column("home", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("guest", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("guest_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("agreed_at", Instant(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_link_code_guest_id"), "member", ["guest_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_link_code_guest_id"), ["guest_id"], unique=False)


def _of_before(db: sa.Connection) -> Iterator[dict[str, Any]]:
    """What was said before lies sealed with the member's number; so that is the pseudonym of then.

    Where several chats read it, it is not current any more; it was used, for all we know, where the member began.
    """
    began = {row.id: row.created_at for row in db.execute(MEMBERS)}
    chats: dict[int, dict[Any, int]] = defaultdict(dict)
    counts: dict[int, int] = defaultdict(int)
    for chat, owner, linked_at in db.execute(CHATS):
        chats[owner][linked_at] = chat
        counts[owner] += 1
    was: dict[int, list[int]] = defaultdict(list)
    for old, owner in db.execute(ALIASES):
        was[owner].append(old)
    for (owner,) in db.execute(KEPT):
        alone = counts[owner] <= 1 and owner not in was
        for number in (owner, *was[owner]):
            where = None if alone else chats[owner].get(began[number])
            yield {"name": str(number), "member_id": owner, "address_id": where, "current": alone}
        if not alone:
            yield {"name": secrets.token_hex(16), "member_id": owner, "address_id": None, "current": True}


def downgrade() -> None:
    """Take the tables back; what was said under a random pseudonym is answered to nobody then."""
    with op.batch_alter_table("link_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_code_guest_id"))
        batch_op.drop_constraint(batch_op.f("fk_link_code_guest_id"), type_="foreignkey")
        for column in ("agreed_at", "guest_id", "guest", "home"):
            batch_op.drop_column(column)
    op.create_table(
        "member_alias",
        sa.Column("old_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.ForeignKeyConstraint(["old_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("old_id"),
    )
    with op.batch_alter_table("member_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_alias_member_id"), ["member_id"], unique=False)
    op.execute(
        "INSERT INTO member_alias (old_id, member_id) SELECT m.id, p.member_id FROM pseudonym p "
        "JOIN member m ON CAST(m.id AS TEXT) = p.name WHERE m.id <> p.member_id"
    )
    with op.batch_alter_table("pseudonym", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pseudonym_member_id"))
        batch_op.drop_index(batch_op.f("ix_pseudonym_address_id"))
    op.drop_table("pseudonym")
