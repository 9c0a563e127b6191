"""Duties that recur (seed 004 III.2: «mỗi ngày»): the next ones of each are laid down ahead, as ordinary duties.

What is laid down is a fact like any other: it can be moved, done, reminded of. An extended programme brings more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.duties import workdays
from handlers.office import local_day
from messages.dates import ZONE
from messages.programmes import Every
from storage import programmes
from storage.database import Transaction
from storage.tables import Duty, Programme

AHEAD = timedelta(days=12)
"""As long before its end as anybody is reminded of a duty."""
DAY = timedelta(days=1)


@act(Needs.PROGRAM, audit="duty.lay_down")
def lay_down(db: Transaction, actor: Actor, *, now: datetime) -> int:
    """Lay down what falls due within the next days, of every programme that is open by then; how many were new."""
    actors.require_program(actor)
    today = local_day(now)
    laid = 0
    for programme in programmes.running(db, now, now + AHEAD):
        wanted = {key: duty for rule in programmes.recurring(programme) for key, duty in _due(programme, rule, today)}
        known = {duty.key for duty in programmes.duties(db, programme.id or 0)} if wanted else set()
        new = [duty for key, duty in wanted.items() if key not in known]
        programmes.add_parts(db, new)
        if new:
            actors.record(db, actor, "duty.lay_down", now=now, subject=programme.code, details={"duties": len(new)})
        laid += len(new)
    return laid


def _due(programme: Programme, rule: dict[str, Any], today: date) -> Iterator[tuple[str, Duty]]:
    """Each duty that a rule brings from today on, with its key."""
    assert programme.id is not None
    first, last = local_day(programme.opens_at), local_day(programme.closes_at - timedelta(microseconds=1))
    day = max(first, today)
    while day <= min(last, today + AHEAD):
        if _falls_due(Every(rule["every"]), day, last):
            key = f"{rule['key']}-{day:%Y%m%d}"
            yield (
                key,
                Duty(
                    programme_id=programme.id,
                    key=key,
                    title=rule["title"],
                    by_level=rule["by"],
                    to_level=rule["to"],
                    due_at=datetime.combine(day + DAY, time(), ZONE),
                    consequence=rule["consequence"],
                    every=rule["every"],
                ),
            )
        day += DAY


def _falls_due(every: Every, day: date, last: date) -> bool:
    if every is Every.DAY:
        return workdays.is_workday(day)
    return (day + DAY).day == 1 or day == last
