"""Programmes with real dates, their slogans and duties, and what happens next.

A programme is open while opens_at <= now < closes_at and it is not hidden. Who may change that is decided in handlers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Duty, Programme, Slogan

SHOWN = 10
"""As many programmes as one message lists of each sort."""
RECENT = timedelta(days=90)


class Happening(StrEnum):
    """What happens of itself at an instant."""

    OPENS = "opens"
    CLOSES = "closes"
    DUE = "due"
    """A duty's last moment."""


@dataclass(frozen=True, slots=True)
class NextInstant:
    """The next thing that happens, of which programme; `duty_id` when it is a duty that falls due."""

    at: datetime
    happening: Happening
    programme_id: int
    duty_id: int | None = None


def add(db: Transaction, programme: Programme) -> int:
    """Keep a new programme; returns its id."""
    db.add(programme)
    db.flush()
    assert programme.id is not None
    return programme.id


def add_parts(db: Transaction, parts: Iterable[Slogan | Duty]) -> None:
    """Keep what belongs to a programme."""
    db.add_all(parts)
    db.flush()


def by_id(db: Transaction, programme_id: int) -> Programme | None:
    """The programme of an id."""
    return db.get(Programme, programme_id)


def by_code(db: Transaction, code: str) -> Programme | None:
    """The programme of a code."""
    return db.scalars(select(Programme).where(col(Programme.code) == code.strip().lower())).one_or_none()


def every(db: Transaction) -> list[Programme]:
    """All of them, hidden ones too, the latest to open first."""
    rows = select(Programme).order_by(col(Programme.opens_at).desc(), col(Programme.code))
    return list(db.scalars(rows))


def open_at(db: Transaction, now: datetime, kind: str) -> list[Programme]:
    """Those of a kind that are open, the one that closes first first."""
    return _open(db, now, col(Programme.kind) == kind)


def all_open(db: Transaction, now: datetime) -> list[Programme]:
    """Those of every kind that are open, the one that closes first first."""
    return _open(db, now)


def upcoming(db: Transaction, now: datetime, kind: str) -> list[Programme]:
    """Those of a kind that will open, the nearest first."""
    return _upcoming(db, now, col(Programme.kind) == kind)


def all_upcoming(db: Transaction, now: datetime) -> list[Programme]:
    """Those of every kind that will open, the nearest first."""
    return _upcoming(db, now)


def closed_recently(db: Transaction, now: datetime) -> list[Programme]:
    """Those of every kind that closed in the last 90 days, the latest first."""
    closed = (_shown(), col(Programme.closes_at) <= now, col(Programme.closes_at) > now - RECENT)
    return _first(db, select(Programme).where(*closed).order_by(col(Programme.closes_at).desc()))


def extendable(db: Transaction, now: datetime, days: int) -> list[Programme]:
    """Those that are open or closed in the last so many days, the nearest end first."""
    since = now - timedelta(days=days)
    wanted = (_shown(), col(Programme.opens_at) <= now, col(Programme.closes_at) > since)
    return _first(db, select(Programme).where(*wanted).order_by(col(Programme.closes_at).desc()))


def newly_open(db: Transaction, now: datetime) -> list[Programme]:
    """Those that are open and not yet announced to those who asked."""
    return _open(db, now, col(Programme.announced_open).is_(False))


def slogans(db: Transaction, programme_id: int) -> list[Slogan]:
    """A programme's slogans in their order."""
    wanted = select(Slogan).where(col(Slogan.programme_id) == programme_id)
    return list(db.scalars(wanted.order_by(col(Slogan.position))))


def duties(db: Transaction, programme_id: int) -> list[Duty]:
    """A programme's duties, the first to fall due first."""
    wanted = select(Duty).where(col(Duty.programme_id) == programme_id)
    return list(db.scalars(wanted.order_by(col(Duty.due_at), col(Duty.key))))


def questions(programme: Programme) -> list[Mapping[str, Any]]:
    """A programme's own questions as it keeps them: key, label, text, options, warned, warning, limit."""
    return list(programme.details.get("questions", ()))


def peak_shown(programme: Programme) -> str | None:
    """The programme's peaks as days, «10/03/2027 – 20/04/2027»; None without one."""
    spans = (tuple(map(date.fromisoformat, span)) for span in programme.details.get("peaks", ()))
    return ", ".join(f"{first:%d/%m/%Y} – {bound - timedelta(days=1):%d/%m/%Y}" for first, bound in spans) or None


def next_instant(db: Transaction, after: datetime) -> NextInstant | None:
    """What happens next of itself: a programme opens or closes, or a duty falls due; None when nothing is planned.

    Of what happens at once, an opening comes first and a duty last.
    """
    found = [
        _next_of(db, Happening.OPENS, col(Programme.opens_at), after),
        _next_of(db, Happening.CLOSES, col(Programme.closes_at), after),
        _next_duty(db, after),
    ]
    return min((instant for instant in found if instant), key=lambda instant: instant.at, default=None)


def name_of(db: Transaction, instant: NextInstant) -> str:
    """What happens then: the duty's title, or the programme's name."""
    duty = db.get(Duty, instant.duty_id) if instant.duty_id is not None else None
    if duty is not None:
        return duty.title
    programme = by_id(db, instant.programme_id)
    return programme.name if programme else ""


def _next_of(db: Transaction, happening: Happening, column: Mapped[datetime], after: datetime) -> NextInstant | None:
    earliest = select(column, col(Programme.id)).where(_shown(), column > after).order_by(column, col(Programme.id))
    row = db.execute(earliest.limit(1)).first()
    return NextInstant(row[0], happening, row[1]) if row else None


def _next_duty(db: Transaction, after: datetime) -> NextInstant | None:
    earliest = (
        select(Duty)
        .join(Programme, col(Programme.id) == col(Duty.programme_id))
        .where(_shown(), col(Duty.due_at) > after)
        .order_by(col(Duty.due_at), col(Duty.id))
    )
    duty = db.scalars(earliest.limit(1)).first()
    return NextInstant(duty.due_at, Happening.DUE, duty.programme_id, duty.id) if duty else None


def _shown() -> ColumnElement[bool]:
    return col(Programme.hidden).is_(False)


def _open(db: Transaction, now: datetime, *more: ColumnElement[bool]) -> list[Programme]:
    within = and_(_shown(), col(Programme.opens_at) <= now, col(Programme.closes_at) > now, *more)
    return list(db.scalars(select(Programme).where(within).order_by(col(Programme.closes_at), col(Programme.id))))


def _upcoming(db: Transaction, now: datetime, *more: ColumnElement[bool]) -> list[Programme]:
    later = and_(_shown(), col(Programme.opens_at) > now, *more)
    return _first(db, select(Programme).where(later).order_by(col(Programme.opens_at), col(Programme.id)))


def _first(db: Transaction, rows: Select[Programme]) -> list[Programme]:
    return list(db.scalars(rows.limit(SHOWN)))
