"""Linking chats to one member: codes, addresses, and making one member of two.

Whether two may become one is decided in handlers/people/linking.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, UniqueConstraint, and_, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from messages.types import Address
from storage import callbacks, pseudonyms
from storage.database import Transaction
from storage.tables import Conversation, Draft, LinkCode, Member, MemberAddress

PURPOSE = "link"

_outbox = SQLModel.metadata.tables["outbox"]


def add_code(db: Transaction, code: str, *, member_id: int, expires: datetime) -> None:
    """Keep the digest of a member's new code; an older one ends."""
    db.execute(delete(LinkCode).where(col(LinkCode.member_id) == member_id))
    db.add(LinkCode(digest=db.seals.digest(PURPOSE, code), member_id=member_id, expires_at=expires))
    db.flush()


def owner(db: Transaction, code: str, now: datetime) -> Member | None:
    """Whose code this is, while it is good."""
    good = col(LinkCode.digest).in_(db.seals.digests(PURPOSE, code)), col(LinkCode.expires_at) > now
    return db.scalar(select(Member).join(LinkCode, col(LinkCode.member_id) == col(Member.id)).where(*good))


def use_code(db: Transaction, code: str) -> bool:
    """Use a code up; False when somebody was quicker."""
    spent = delete(LinkCode).where(col(LinkCode.digest).in_(db.seals.digests(PURPOSE, code)))
    return db.execute(spent.returning(col(LinkCode.digest))).scalar_one_or_none() is not None


def forget_codes(db: Transaction, now: datetime) -> None:
    """Drop codes past their time."""
    db.execute(delete(LinkCode).where(col(LinkCode.expires_at) <= now))


def add_address(db: Transaction, member: Member, address: Address, now: datetime) -> None:
    """A chat nobody had becomes one of a member's."""
    assert member.id is not None
    row = MemberAddress(account=address.account, chat=address.chat, member_id=member.id, linked_at=now, seen_at=now)
    db.add(row)
    db.flush()


def drop_addresses(db: Transaction, member_id: int, *, but: Address) -> list[Address]:
    """Unlink every other chat of a member; which."""
    mine = select(MemberAddress).where(col(MemberAddress.member_id) == member_id).order_by(col(MemberAddress.id))
    rows = {Address(row.account, row.chat): row for row in db.scalars(mine)}
    rows.pop(but, None)
    for row in rows.values():
        db.delete(row)
    db.flush()
    return list(rows)


def merge(db: Transaction, *, source: Member, target: Member, now: datetime) -> None:
    """Make one member of two: everything that names the source names the target from now on, wherever it stands.

    Of two unfinished forms of one kind the one touched last stays, of two rows of which there can be but one the
    target's. What either said without a name stays as it is, under the pseudonyms of then.
    """
    assert source.id is not None
    assert target.id is not None
    db.flush()
    pseudonyms.close(db, source.id)
    pseudonyms.begin_anew(db, target.id)
    callbacks.re_own(db, source.id, target.id)
    _keep_newest_drafts(db, source.id, target.id)
    db.execute(delete(LinkCode).where(col(LinkCode.member_id) == source.id))
    db.execute(delete(Conversation).where(col(Conversation.member_id) == source.id))
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            names_a_member = any(key.target_fullname == "member.id" for key in column.foreign_keys)
            if names_a_member:
                _re_own(db, table, column, source.id, target.id)
    db.execute(update(_outbox).where(_outbox.c.member_id == source.id).values(member_id=target.id))
    for name in ("name", "phone", "place", "unit_id", "other_unit", "group"):
        if getattr(target, name) is None:
            setattr(target, name, getattr(source, name))
        setattr(source, name, None)
    source.consent_version, source.news, source.erased_at = None, False, now
    db.flush()
    db.expire_all()


def _keep_newest_drafts(db: Transaction, source_id: int, target_id: int) -> None:
    both = select(Draft).where(col(Draft.member_id).in_((source_id, target_id))).order_by(col(Draft.updated_at).desc())
    kept: set[str] = set()
    for draft in db.scalars(both).all():
        if draft.form in kept:
            db.delete(draft)
        kept.add(draft.form)
    db.flush()


def _re_own(db: Transaction, table: Table, column: Column[Any], source_id: int, target_id: int) -> None:
    theirs = column == source_id
    if not _is_unique(table, column):
        db.execute(table.update().where(theirs).values({column.name: target_id}))
        return
    for row in db.execute(select(*table.primary_key.columns).where(theirs)).all():
        this = and_(*(key == value for key, value in zip(table.primary_key.columns, row, strict=True)))
        _move(db, table, column, this, target_id)


def _move(db: Transaction, table: Table, column: Column[Any], this: ColumnElement[bool], target_id: int) -> None:
    """Give one row to the target, unless the target has one in its place."""
    try:
        with db.savepoint():
            db.execute(table.update().where(this).values({column.name: target_id}))
    except IntegrityError:
        db.execute(table.delete().where(this))


def _is_unique(table: Table, column: Column[Any]) -> bool:
    """Whether there may be only so many rows of one member."""
    constrained = [each.columns for each in table.constraints if isinstance(each, UniqueConstraint)]
    indexed = [each.columns for each in table.indexes if each.unique]
    return column.primary_key or any(column.name in columns for columns in (*constrained, *indexed))
