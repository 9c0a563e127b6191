"""Programmes with real dates, their slogans and duties, and what happens next.

A programme is open while opens_at <= now < closes_at and it is not hidden. Who may change that is decided in handlers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Duty, Programme, Slogan

SHOWN = 10
"""As many programmes as one message lists of each sort."""
RECENT = timedelta(days=90)

_EVERY = select(Programme.__table__).order_by(col(Programme.id))  # type: ignore[attr-defined]


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


def known(db: Transaction, programme_id: int) -> Programme | None:
    """The programme of an id, as a copy to be read only (see `_all`)."""
    return next((row for row in _all(db) if row.id == programme_id), None)


def open_at(db: Transaction, now: datetime, kind: str) -> list[Programme]:
    """Those of a kind that are open, the one that closes first first. To be read only."""
    return [row for row in all_open(db, now) if row.kind == kind]


def all_open(db: Transaction, now: datetime) -> list[Programme]:
    """Those of every kind that are open, the one that closes first first. To be read only."""
    found = (row for row in _all(db) if not row.hidden and row.opens_at <= now < row.closes_at)
    return sorted(found, key=lambda row: (row.closes_at, row.id))


def upcoming(db: Transaction, now: datetime, kind: str) -> list[Programme]:
    """Those of a kind that will open, the nearest first. To be read only."""
    return _later(db, now, kind)[:SHOWN]


def all_upcoming(db: Transaction, now: datetime) -> list[Programme]:
    """Those of every kind that will open, the nearest first. To be read only."""
    return _later(db, now)[:SHOWN]


def closed_recently(db: Transaction, now: datetime) -> list[Programme]:
    """Those of every kind that closed in the last 90 days, the latest first. To be read only."""
    found = [row for row in _all(db) if not row.hidden and now - RECENT < row.closes_at <= now]
    return sorted(found, key=lambda row: row.closes_at, reverse=True)[:SHOWN]


def extendable(db: Transaction, now: datetime, days: int) -> list[Programme]:
    """Those that are open or closed in the last so many days, the latest end first. To be read only."""
    since = now - timedelta(days=days)
    found = [row for row in _all(db) if not row.hidden and row.opens_at <= now and row.closes_at > since]
    return sorted(found, key=lambda row: row.closes_at, reverse=True)


def newly_open(db: Transaction, now: datetime) -> list[Programme]:
    """Those that are open and not yet announced to those who asked."""
    new = col(Programme.announced_open).is_(False), _shown()
    within = and_(*new, col(Programme.opens_at) <= now, col(Programme.closes_at) > now)
    return list(db.scalars(select(Programme).where(within).order_by(col(Programme.closes_at), col(Programme.id))))


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


def criteria(programme: Programme) -> list[tuple[str, str, int]]:
    """A programme's scoring sheet: key, label and most points of each line."""
    return [(row["key"], row["label"], row["most"]) for row in programme.details.get("criteria", ())]


def recurring(programme: Programme) -> list[dict[str, Any]]:
    """What a programme owes again and again, as it keeps it: key, title, by, to, every, consequence."""
    return list(programme.details.get("recurring", ()))


def running(db: Transaction, now: datetime, until: datetime) -> list[Programme]:
    """Those that are open now or will have opened by a moment. To be read only."""
    return [row for row in _all(db) if not row.hidden and row.opens_at <= until and row.closes_at > now]


def quotas(programme: Programme) -> list[Mapping[str, Any]]:
    """The numbers a programme's plan sets, as it keeps them: key, title, by, to, count, limit, per, soft, on."""
    return list(programme.details.get("quotas", ()))


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


def _all(db: Transaction) -> tuple[Programme, ...]:
    """Copies of all there are, remembered while none changes: every turn asks. Nobody may change them."""

    def copies() -> tuple[Programme, ...]:
        return tuple(Programme(**row) for row in db.connection().execute(_EVERY).mappings())

    return db.remembered("programmes", copies)


def _later(db: Transaction, now: datetime, kind: str | None = None) -> list[Programme]:
    found = (row for row in _all(db) if not row.hidden and row.opens_at > now and kind in (None, row.kind))
    return sorted(found, key=lambda row: (row.opens_at, row.id))
