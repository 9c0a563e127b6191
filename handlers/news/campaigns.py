"""Slogans: which of a programme's stock goes to whom on which day (F3).

The plan is computed from the programme's dates, never stored: a moved end moves it. A job only looks whether a planned
moment has come; one that is more than a day past is dropped.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.office import Office, local_day
from handlers.reaching import reach, ways
from messages.dates import ZONE
from messages.types import Say
from storage import news, outbox, programmes
from storage.database import Transaction
from storage.news import Standing
from storage.tables import Policy, Priority, Programme, Slogan

HOUR = time(9)
"""When a slogan goes, local."""
SPARSE = timedelta(days=7)
DENSE = timedelta(days=2)
"""Between two slogans in a peak."""
LATEST = timedelta(days=1)
"""A slogan later than this is not sent at all."""
SLICE = 500
"""Members decided in one transaction."""

Spans = Sequence[tuple[date, date]]


class Planned(NamedTuple):
    """The next slogan of a programme."""

    at: datetime
    programme: str


def plan(opens: date, bound: date, peaks: Spans) -> Iterator[date]:
    """The days of a programme's slogans: weekly from its first day on, every second day in a peak, which begins with
    one. Bounds are the first day that is too late.
    """
    day = opens
    while day < bound:
        yield day
        in_peak = any(first <= day < end for first, end in peaks)
        following = day + (DENSE if in_peak else SPARSE)
        day = min([following, *(first for first, _ in peaks if day < first < following)])


def moments(programme: Programme) -> Iterator[datetime]:
    """The plan as moments at which the programme is open."""
    peaks = [(date.fromisoformat(first), date.fromisoformat(end)) for first, end in programme.details.get("peaks", ())]
    last = local_day(programme.closes_at) + timedelta(days=1)
    for day in plan(local_day(programme.opens_at), last, peaks):
        at = datetime.combine(day, HOUR, ZONE)
        if programme.opens_at <= at < programme.closes_at:
            yield at


@act(Needs.PROGRAM, tells="members who take news", unaudited="who was given which slogan is kept with the programme")
def enqueue_due(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> int:
    """Promise the slogans whose moment has come; how many. What several programmes plan for one day takes turns."""
    actors.require_program(actor)
    due = [(at, row) for row in programmes.all_open(db, now) if (at := _latest(row, now)) is not None]
    due.sort(key=lambda pair: zlib.crc32(f"{pair[0]:%Y%m%d}:{pair[1].id}".encode()))
    return sum(_promise_all(db, office, row, at, now) for at, row in due)


def next_planned(db: Transaction, after: datetime) -> Planned | None:
    """The next slogan of any programme, where anybody takes news."""
    if not news.anybody_listens(db):
        return None
    shown = [row for row in programmes.every(db) if not row.hidden and row.closes_at > after]
    coming = ((_next(row, after), row) for row in shown if programmes.slogans(db, row.id or 0))
    return min((Planned(at, row.name) for at, row in coming if at is not None), default=None)


def rules(office: Office) -> reach.Rules:
    """One slogan a day, and one place in the week left free for what staff write themselves."""
    return reach.Rules(office.quiet_hours, weekly=max(1, office.weekly_news - 1), daily=1)


def _latest(programme: Programme, now: datetime) -> datetime | None:
    past = [at for at in moments(programme) if now - LATEST < at <= now]
    return past[-1] if past else None


def _next(programme: Programme, after: datetime) -> datetime | None:
    return next((at for at in moments(programme) if at > after), None)


def _promise_all(db: Transaction, office: Office, programme: Programme, at: datetime, now: datetime) -> int:
    assert programme.id is not None
    stock = programmes.slogans(db, programme.id)
    member_ids = news.undecided(db, programme, local_day(at), at, SLICE) if stock else []
    if not member_ids:
        return 0
    allowed = ways.allowances(db, office, reach.What.NEWS, now, now)
    told = news.standings(
        db, member_ids, at=now, midnight=reach.midnight(now), counted=news.PROMISED, allowances=allowed
    )
    given = news.given(db, programme.id, member_ids)
    promised = 0
    for standing in told.values():
        before = given.get(standing.member_id, 0)
        may = reach.refusal(standing, rules(office)) is None
        if may:
            _promise(db, office, programme, stock[before % len(stock)], standing, at=at, now=now)
            promised += 1
        news.decide(
            db,
            member_id=standing.member_id,
            programme_id=programme.id,
            given_so_far=before + may,
            day=local_day(at),
        )
    db.write_out()
    return promised


def _promise(
    db: Transaction,
    office: Office,
    programme: Programme,
    slogan: Slogan,
    standing: Standing,
    *,
    at: datetime,
    now: datetime,
) -> None:
    assert standing.address is not None
    values = {"programme": programme.name, "slogan": slogan.text, "invitation": slogan.invitation}
    outbox.enqueue(
        db,
        standing.address,
        office.render(Say("news.slogan", values)),
        topic=news.TOPIC,
        member_id=standing.member_id,
        priority=Priority.BROADCAST,
        policy=Policy.AT_MOST_ONCE,
        now=now,
        due_at=reach.opening(now, office.quiet_hours),
        expires_at=at + LATEST,
        once=f"slogan:{programme.id}:{local_day(at):%Y%m%d}:{standing.member_id}",
    )
