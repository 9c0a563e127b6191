"""The browser chat's history, sealed: what the member wrote and what was delivered, in the order of ids.

Only the settling of an outbox row adds a line of ours (`outbox_id` is UNIQUE: delivery happens once).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlmodel import SQLModel

from messages.types import Address, Outbound
from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables import Line

_lines = SQLModel.metadata.tables["transcript"]
_addresses = SQLModel.metadata.tables["address"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of a chat, as a page shows it."""

    id: int
    mine: bool
    """Written by the member."""
    message: Outbound
    at: datetime


def write_mine(db: Transaction, address: Address, text: str, now: datetime) -> None:
    """Keep what the member wrote (or the label of the button pressed)."""
    _write(db, address, db.seals.seal(Outbound(text).to_json()), outbox_id=None, now=now)


def write_theirs(db: Transaction, address: Address, sealed: bytes, *, outbox_id: int, now: datetime) -> None:
    """Deliver an outbox row, sealed as it is; a second time changes nothing."""
    _write(db, address, sealed, outbox_id=outbox_id, now=now)


def since(db: Transaction, address: Address, after: int, *, limit: int = 200) -> list[Spoken]:
    """The lines after one id, oldest first."""
    query = _lines.select().where(_of(address), _lines.c.id > after).order_by(_lines.c.id).limit(limit)
    return _read(db, db.connection().execute(query))


def latest(db: Transaction, address: Address, *, limit: int = 200) -> list[Spoken]:
    """The last lines, oldest first."""
    query = _lines.select().where(_of(address)).order_by(_lines.c.id.desc()).limit(limit)
    return _read(db, db.connection().execute(query))[::-1]


def instant(db: Transaction, address: Address, line: int) -> datetime | None:
    """When a line of a chat was stored; None where it has none of this id."""
    at: datetime | None = (
        db.connection().execute(select(_lines.c.at).where(_of(address), _lines.c.id == line)).scalar_one_or_none()
    )
    return at


def purge(db: Transaction, *, before: datetime) -> int:
    """Drop lines older than this; how many."""
    return db.connection().execute(_lines.delete().where(_lines.c.at < before)).rowcount


def trim(db: Transaction, *, since: datetime, most_bytes: int) -> int:
    """Of chats that said something since then, drop the oldest lines beyond so many bytes; how many lines."""
    lines = _lines.c
    busy = select(lines.account, lines.chat).where(lines.at >= since).distinct().subquery()
    of_busy = and_(lines.account == busy.c.account, lines.chat == busy.c.chat)
    full = (
        select(lines.account, lines.chat)
        .join(busy, of_busy)
        .group_by(lines.account, lines.chat)
        .having(func.sum(func.length(lines.body)) > most_bytes)
    )
    dropped = 0
    for account, chat in db.connection().execute(full).all():
        kept, oldest = 0, 0
        newest_first = select(lines.id, func.length(lines.body)).where(lines.account == account, lines.chat == chat)
        for number, size in db.connection().execute(newest_first.order_by(lines.id.desc())):
            kept += size
            if kept > most_bytes:
                oldest = number
                break
        beyond = _lines.delete().where(lines.account == account, lines.chat == chat, lines.id <= oldest)
        dropped += db.connection().execute(beyond).rowcount
    return dropped


def erase(db: Transaction, address: Address) -> int:
    """Drop a chat's whole history; how many lines."""
    return db.connection().execute(_lines.delete().where(_of(address))).rowcount


def forget_mentions(db: Transaction, address: Address, mentions: Callable[[str], bool]) -> int:
    """Drop the lines of a chat that mention what must go; how many."""
    found = db.connection().execute(_lines.select().where(_of(address)))
    ids = [row.id for row in found if _mentions(db, row.body, mentions)]
    return db.connection().execute(_lines.delete().where(_lines.c.id.in_(ids))).rowcount if ids else 0


def _mentions(db: Transaction, body: bytes, mentions: Callable[[str], bool]) -> bool:
    try:
        return mentions(Outbound.from_json(db.seals.open(body)).text)
    except WrongKey:
        return False


def forget_strangers(db: Transaction, *, before: datetime) -> int:
    """Drop the lines of chats that belong to nobody who agreed; how many."""
    theirs = select(_addresses.c.id).where(_addresses.c.account == _lines.c.account, _addresses.c.chat == _lines.c.chat)
    return db.connection().execute(_lines.delete().where(_lines.c.at < before, ~theirs.exists())).rowcount


def _write(db: Transaction, address: Address, sealed: bytes, *, outbox_id: int | None, now: datetime) -> None:
    line = {
        "account": address.account,
        "chat": address.chat,
        "mine": outbox_id is None,
        "outbox_id": outbox_id,
        "body": sealed,
        "at": now,
    }
    db.write(Line, line, ignores=("outbox_id",))


def _of(address: Address) -> Any:
    return and_(_lines.c.account == address.account, _lines.c.chat == address.chat)


def _read(db: Transaction, found: Iterable[Row[Any]]) -> list[Spoken]:
    return [Spoken(row.id, row.mine, Outbound.from_json(db.seals.open(row.body)), row.at) for row in found]
