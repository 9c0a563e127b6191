"""Windows and quotas: when each chat last let us write to it, and how much of an account's allowance is used.

Facts only, as platforms tell them; what may be sent is decided in handlers/reaching/reach.py. Each function writes at
once, so that it may stand inside a turn or beside the settling of a send.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col

from messages.types import Address
from storage import lists
from storage.database import Transaction
from storage.tables import Quota, Window

windows = SQLModel.metadata.tables["chat_window"]
_quotas = SQLModel.metadata.tables["quota"]
_homes = SQLModel.metadata.tables["address"]
_members = SQLModel.metadata.tables["member"]
MESSAGES = "messages"
"""Counted by month, both ways, where a plan carries so many."""
PAID = "paid"
"""Sent by month where the platform charges."""
ALWAYS = "all"
"""The period of what never begins anew."""


@dataclass(frozen=True, slots=True)
class Way:
    """One address of a member, with what is known of it: a way by which something may reach them."""

    address: Address
    unreachable: bool = False
    """The platform refuses us there (blocked)."""
    interacted_at: datetime | None = None
    follows: bool | None = None
    free_left: int | None = None
    free_until: datetime | None = None
    paused_until: datetime | None = None


def ways(db: Transaction, member_ids: Collection[int]) -> dict[int, list[Way]]:
    """The addresses of members who agree to be written to, the one seen last first; who has none is left out."""
    theirs = and_(_homes.c.account == windows.c.account, _homes.c.chat == windows.c.chat)
    agreed = and_(_members.c.id == _homes.c.member_id, _members.c.consent_version.is_not(None))
    query = (
        select(
            _homes.c.member_id,
            _homes.c.account,
            _homes.c.chat,
            _homes.c.unreachable_at,
            windows.c.interacted_at,
            windows.c.follows,
            windows.c.free_left,
            windows.c.free_until,
            windows.c.paused_until,
        )
        .select_from(_homes.join(_members, agreed).outerjoin(windows, theirs))
        .where(lists.among(db, _homes.c.member_id, member_ids))
        .order_by(_homes.c.seen_at.desc(), _homes.c.id)
    )
    found: dict[int, list[Way]] = {}
    for member_id, account, chat, unreachable_at, *facts in db.connection().execute(query):
        found.setdefault(member_id, []).append(Way(Address(account, chat), unreachable_at is not None, *facts))
    return found


def note_interaction(db: Transaction, address: Address, at: datetime) -> None:
    """Its person wrote, or did what counts as much: the window begins anew, and what was left of the last is past.

    An event that was delivered late never moves a window back.
    """
    _keep(db, address, {"interacted_at": at, "free_left": None, "free_until": None}, newer="interacted_at")


def note_free(db: Transaction, address: Address, left: int | None, until: datetime | None) -> None:
    """How many free replies are left, as the platform said after a send."""
    _keep(db, address, {"free_left": left, "free_until": until})


def note_follow(db: Transaction, address: Address, follows: bool, at: datetime) -> None:
    """Its person follows the account, which opens the window as a message does; or no longer does."""
    if follows:
        note_interaction(db, address, at)
    _keep(db, address, {"follows": follows})


def pause(db: Transaction, address: Address, until: datetime) -> None:
    """A person of ours talks there by hand until then; a later end stays."""
    _keep(db, address, {"paused_until": until}, newer="paused_until")


def resume(db: Transaction, address: Address) -> None:
    """Nobody of ours talks there by hand any more."""
    _keep(db, address, {"paused_until": None})


def of(db: Transaction, addresses: Collection[Address]) -> dict[Address, Window]:
    """What is known of these chats; one of which nothing is known is left out."""
    if not addresses:
        return {}
    found = db.scalars(select(Window).where(_at(db, addresses)).execution_options(populate_existing=True))
    return {Address(row.account, row.chat): row for row in found}


def forget(db: Transaction, addresses: Collection[Address]) -> None:
    """Their person is erased, or never agreed."""
    if addresses:
        db.execute(delete(Window).where(_at(db, addresses)))


def _at(db: Transaction, addresses: Collection[Address]) -> ColumnElement[bool]:
    return lists.at(db, col(Window.account), col(Window.chat), addresses)


def forget_strangers(db: Transaction, *, before: datetime) -> int:
    """Drop the windows of chats that belong to nobody who agreed and were last heard of before; how many."""
    known = and_(_homes.c.account == windows.c.account, _homes.c.chat == windows.c.chat)
    old = or_(windows.c.interacted_at.is_(None), windows.c.interacted_at < before)
    gone = windows.delete().where(old, ~select(_homes.c.id).where(known).exists())
    return db.connection().execute(gone).rowcount


def count(db: Transaction, account: str, kind: str, period: str, n: int = 1) -> int:
    """Count `n` more; how many that makes."""
    insert = _insert(db, _quotas).values(account=account, kind=kind, period=period, used=n)
    added = insert.on_conflict_do_update(
        index_elements=["account", "kind", "period"], set_={"used": _quotas.c.used + insert.excluded.used}
    )
    return int(db.connection().execute(added.returning(_quotas.c.used)).scalar_one())


def note_limit(db: Transaction, account: str, kind: str, period: str, *, used: int, limit: int | None) -> None:
    """What the platform itself says of an allowance."""
    insert = _insert(db, _quotas).values(account=account, kind=kind, period=period, used=used, limit=limit)
    told = {"used": insert.excluded.used, "limit": insert.excluded.limit}
    db.connection().execute(insert.on_conflict_do_update(index_elements=["account", "kind", "period"], set_=told))


def used(db: Transaction, account: str, kind: str, period: str) -> int:
    """How many were counted."""
    kept = quota(db, account, kind, period)
    return kept.used if kept else 0


def quota(db: Transaction, account: str, kind: str, period: str) -> Quota | None:
    """One allowance; None when nothing was counted."""
    return db.get(Quota, (account, kind, period), populate_existing=True)


def quotas(db: Transaction, accounts: Collection[str], periods: Collection[str]) -> dict[tuple[str, str, str], Quota]:
    """Every allowance of these accounts in these periods, by account, kind and period."""
    wanted = col(Quota.account).in_(accounts), col(Quota.period).in_(periods)
    found = db.scalars(select(Quota).where(*wanted).execution_options(populate_existing=True))
    return {(row.account, row.kind, row.period): row for row in found}


def counted_since(db: Transaction, prefix: str, day: str) -> list[tuple[str, str, int]]:
    """What was counted by day under kinds that begin so, from a day on: account, kind, how many."""
    by = (_quotas.c.account, _quotas.c.kind)
    query = select(*by, func.sum(_quotas.c.used)).where(_quotas.c.period >= day, _quotas.c.period != ALWAYS)
    query = query.where(_quotas.c.kind.startswith(prefix, autoescape=True)).group_by(*by).order_by(*by)
    return [(account, kind, int(number)) for account, kind, number in db.connection().execute(query)]


def known_chats(db: Transaction, account: str) -> int:
    """How many chats of an account have ever been heard from."""
    mine = windows.c.account == account, windows.c.interacted_at.is_not(None)
    return int(db.connection().execute(select(func.count()).select_from(windows).where(*mine)).scalar_one())


def last_heard(db: Transaction, account: str) -> datetime | None:
    """When anybody of an account was last heard from."""
    return db.scalar(select(func.max(col(Window.interacted_at))).where(col(Window.account) == account))


def _keep(db: Transaction, address: Address, facts: Mapping[str, Any], *, newer: str | None = None) -> None:
    """Write facts of one chat; with `newer` only when that moment is later than the one that is kept."""
    insert = _insert(db, windows).values(account=address.account, chat=address.chat, **facts)
    changed: dict[str, Any] = {name: insert.excluded[name] for name in facts}
    if newer is not None:
        kept: ColumnElement[Any] = windows.c[newer]
        is_newer = or_(kept.is_(None), kept < insert.excluded[newer])
        changed = {name: case((is_newer, insert.excluded[name]), else_=windows.c[name]) for name in facts}
    db.connection().execute(insert.on_conflict_do_update(index_elements=["account", "chat"], set_=changed))


def _insert(db: Transaction, table: Any) -> Any:
    kind = postgresql if db.dialect == "postgresql" else sqlite
    return kind.insert(table)
