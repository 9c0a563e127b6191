"""The clock's round of the duties (F4): who is told today, promised by slices of units.

A question on facts: nothing is planned ahead, so that a restart, a second clock, a jump of the clock or a moved date
change nothing. What is kept is how far the round came and what was so then: while that is still so, there is nothing to
ask. What a reminder says stands in handlers/duties/acts.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers import notices
from handlers.context import Talk, asked_of
from handlers.duties import acts as duties
from handlers.duties import days as duty_dates
from handlers.duties.acts import Case
from handlers.office import Office, local_day
from handlers.reaching import reach, ways
from messages.dates import ZONE, local
from messages.types import Address, Say
from storage import duties as stored
from storage import duty_looks, offers
from storage.database import Transaction
from storage.duties import Matter, Owed
from storage.duty_looks import Look
from storage.tables import Kind, Notice, Priority

TOPIC = "duty"
ROUND = "duty round"
SLICE = 500
"""Units in one look: the writer is not held for longer."""
AHEAD = timedelta(days=12)
"""Longer before its end nobody is reminded of a duty (seven days and a weekend), unless its date was changed."""
BEHIND = timedelta(days=12)
"""Nor longer after: a day late, and what comes a week late."""
AGAIN = timedelta(minutes=10)
"""Some facts change without a sign: a chat that can be reached again, a message that expired, an officer who left."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a look brought: how many were promised; whether there is more to look at."""

    promised: int
    more: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what. `moved`: the date was changed and they do not know yet."""

    owed: Owed
    kind: Notice
    moved: bool


def enqueue_due(db: Transaction, office: Office, now: datetime) -> Round:
    """Promise what is due now, rendered now, to whoever answers for it now: one slice of it.

    Nothing before 08:00 but the news of a moved date, nothing in quiet hours; what waits at their beginning expires.
    """
    quiet_from, quiet_to = office.quiet_hours
    if not quiet_to <= local(now).hour < quiet_from:
        return Round(0, more=False)
    if not db.lock_if_free(ROUND):  # another clock is at it and goes on: to wait for it would be to look twice
        return Round(0, more=False)
    promised, room = 0, SLICE
    newest = duty_looks.newest_appointment(db)
    for look in duty_looks.looks(db, after=now - BEHIND, before=now + AHEAD, moved_after=now - duty_dates.LATE):
        facts = _facts(look, newest, now)
        if _is_over(look, facts, now):
            continue
        if room <= 0:
            return Round(promised, more=True)
        matter = stored.matter(db, look.duty_id, today=local_day(now), now=now)
        assert matter is not None
        begun = look.looked_to if look.facts == facts and look.done_at is None else 0
        unit_ids, last = duty_looks.owing(db, matter, begun, room)
        promised += _promise_all(db, office, matter, list(_due(db, matter, unit_ids)))
        over = last is None
        duty_looks.keep(db, look.duty_id, facts=facts, looked_to=last or begun, done_at=now if over else None)
        if not over:
            return Round(promised, more=True)
        room -= len(unit_ids)
    return Round(promised, more=False)


def _facts(look: Look, newest: int, now: datetime) -> str:
    """What changes whom to tell, as far as a glance shows it."""
    begun = local(now).hour >= duty_dates.HOUR
    return f"{local_day(now)} {begun:d} {look.due_at.isoformat()} {look.moved_at} {newest}"


def _is_over(look: Look, facts: str, now: datetime) -> bool:
    return look.facts == facts and look.done_at is not None and now - AGAIN < look.done_at <= now


def _due(db: Transaction, matter: Matter, unit_ids: Sequence[int]) -> Iterator[Told]:
    """Who of these units is told what about one duty."""
    if not unit_ids:
        return
    bound, today = matter.duty.due_at, matter.today
    untold = set(stored.untold_of_move(db, matter, unit_ids)) if _is_news(matter) else set()
    if local(matter.now).hour >= duty_dates.HOUR:
        kind = Notice.REMINDER if duty_dates.days_left(bound, today) >= 0 else Notice.OVERDUE
        reminded = _reminded(db, matter, unit_ids)
        yield from (Told(owed, kind, owed in untold) for owed in reminded)
        untold.difference_update(reminded)
    elif today in duty_dates.days(bound, matter.duty.every):
        return
    yield from (Told(owed, Notice.MOVED, moved=True) for owed in sorted(untold))


def _is_news(matter: Matter) -> bool:
    moved = matter.duty.moved_at
    return moved is not None and moved > matter.now - duty_dates.LATE and matter.duty.due_at > matter.now


def _reminded(db: Transaction, matter: Matter, unit_ids: Sequence[int]) -> list[Owed]:
    """Whose planned day has come, or the day to which they put it off."""
    planned = duty_dates.latest(matter.duty.due_at, matter.today, matter.duty.every)
    found: list[Owed] = []
    if planned is not None:
        found = stored.unreminded(db, matter, unit_ids, planned, duty_dates.instant(planned))
    return sorted({*found, *stored.asking_again(db, matter, unit_ids, matter.today - duty_dates.LATE)})


def _promise_all(db: Transaction, office: Office, matter: Matter, told: Sequence[Told]) -> int:
    """Promise what these are told; how many can be reached. What one needs to know is read for all at once."""
    ways_to = _ways(db, office, matter, told)
    reached = [one for one in told if one.owed.member_id in ways_to]
    cases = _cases(db, office, matter, reached)
    ends = datetime.combine(matter.today, time(office.quiet_hours[0]), ZONE)
    asked = {}
    for one in reached:
        member_id = one.owed.member_id
        once = f"duty:{matter.duty_id}:{one.owed.unit_id}:{member_id}:{matter.today:%Y%m%d}"
        say = _say(office, matter, one, cases[one.owed])
        address, due_at = ways_to[member_id]
        notices.enqueue(
            db,
            office,
            address,
            say,
            member_id=member_id,
            topic=TOPIC,
            priority=Priority.NOTICE,
            once=once,
            now=matter.now,
            due_at=due_at,
            expires_at=ends,
        )
        stored.note(db, matter, one.owed, kind=one.kind, once=f"{once}#0")
        if say.choices:
            asked[member_id] = asked_of(Talk(offered=say.choices, question=say.question))
    offers.make(db, asked)
    return len(reached)


def _ways(
    db: Transaction, office: Office, matter: Matter, told: Sequence[Told]
) -> dict[int, tuple[Address, datetime | None]]:
    """Where each of them is written to, and from when on; who cannot be reached is left out."""
    if not told:
        return {}
    members = {one.owed.member_id for one in told}
    chosen = ways.choose(db, office, members, ways.what_of(TOPIC, Priority.NOTICE), matter.now)
    return {
        number: (way.address, max(matter.now, found.at) if isinstance(found, reach.Later) else None)
        for number, (way, found) in chosen.items()
        if not way.unreachable
    }


def _cases(db: Transaction, office: Office, matter: Matter, told: Sequence[Told]) -> dict[Owed, Case]:
    unit_ids = {one.owed.unit_id for one in told}
    known = duty_looks.lineage(db, unit_ids)
    names = duty_looks.names(db, {one.owed.member_id for one in told})
    counted = matter.programme.kind == Kind.INITIATIVE
    counts = duty_looks.counts(db, matter.duty.programme_id, unit_ids) if counted else {}
    found = {}
    for one in told:
        unit_id = one.owed.unit_id
        receiver = duties.receiver(office, matter.duty, duty_looks.above(known, unit_id)[1:])
        progress = stored.summed(counts.get(unit_id, {}))
        found[one.owed] = Case(known[unit_id], names.get(one.owed.member_id), receiver, progress)
    return found


def _say(office: Office, matter: Matter, told: Told, case: Case) -> Say:
    if told.kind is Notice.MOVED:
        return duties.moved_news(matter, case.unit)
    return duties.worded(office, matter, case, moved=told.moved)
