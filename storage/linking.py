"""Linking chats to one member: codes, addresses, and making one member of two.

Whether two may become one is decided in handlers/people/linking.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, UniqueConstraint, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from messages.types import Address
from storage import callbacks, pseudonyms
from storage.database import Transaction
from storage.tables import Conversation, Draft, LinkCode, Member, MemberAddress

PURPOSE = "link"

_outbox = SQLModel.metadata.tables["outbox"]


def add_code(db: Transaction, code: str, *, member_id: int, home: Address, expires: datetime) -> None:
    """Keep the digest of a member's new code and where it was given out; an older one ends."""
    db.execute(delete(LinkCode).where(col(LinkCode.member_id) == member_id))
    digest = db.seals.digest(PURPOSE, code)
    db.add(LinkCode(digest=digest, member_id=member_id, home=_sealed(db, home), expires_at=expires))
    db.flush()


def by_code(db: Transaction, code: str, now: datetime) -> LinkCode | None:
    """What is known of a code, while it is good."""
    good = col(LinkCode.digest).in_(db.seals.digests(PURPOSE, code)), col(LinkCode.expires_at) > now
    return db.scalars(select(LinkCode).where(*good).execution_options(populate_existing=True)).one_or_none()


def claim(db: Transaction, row: LinkCode, *, guest: Address, guest_id: int | None, until: datetime) -> bool:
    """A code was typed in a chat; False when another chat was quicker."""
    facts = {"guest": _sealed(db, guest), "guest_id": guest_id, "expires_at": until}
    return _change(db, row, col(LinkCode.guest).is_(None), facts)


def agree(db: Transaction, row: LinkCode, *, now: datetime, until: datetime) -> bool:
    """The guest says yes; False when that was said before, or it is over."""
    open_ = and_(col(LinkCode.guest).is_not(None), col(LinkCode.agreed_at).is_(None))
    return _change(db, row, open_, {"agreed_at": now, "expires_at": until})


def _change(db: Transaction, row: LinkCode, only: ColumnElement[bool], facts: Mapping[str, Any]) -> bool:
    this = and_(col(LinkCode.digest) == row.digest, only)
    changed = db.execute(update(LinkCode).where(this).values(**facts), execution_options={"synchronize_session": False})
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        return False
    db.refresh(row)
    return True


def end(db: Transaction, row: LinkCode) -> bool:
    """A code is used up, or given up; False when somebody was quicker. What is known of it stays in `row`."""
    db.expunge(row)
    gone = delete(LinkCode).where(col(LinkCode.digest) == row.digest)
    gone = gone.execution_options(synchronize_session=False)
    return db.execute(gone.returning(col(LinkCode.digest))).scalar_one_or_none() is not None


def expired(db: Transaction, now: datetime) -> Sequence[LinkCode]:
    """Codes past their time."""
    return db.scalars(select(LinkCode).where(col(LinkCode.expires_at) <= now).order_by(col(LinkCode.digest))).all()


def of_member(db: Transaction, member_id: int) -> Sequence[LinkCode]:
    """The codes a member gave out, and those they typed."""
    theirs = or_(col(LinkCode.member_id) == member_id, col(LinkCode.guest_id) == member_id)
    return db.scalars(select(LinkCode).where(theirs).order_by(col(LinkCode.digest))).all()


def chat(db: Transaction, sealed: bytes) -> Address:
    """The chat that is named in a code's row."""
    account, number = db.seals.open(sealed)
    return Address(account, number)


def _sealed(db: Transaction, address: Address) -> bytes:
    return db.seals.seal([address.account, address.chat])


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
    db.execute(delete(LinkCode).where(or_(col(LinkCode.member_id) == source.id, col(LinkCode.guest_id) == source.id)))
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
