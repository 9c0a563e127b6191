"""The clock's round of the duties (F4): who is told today, promised by slices of units.

A question on facts: nothing is planned ahead, so that a restart, a second clock, a jump of the clock or a moved date
change nothing. What is kept is how far the round came and what was so then: while that is still so, there is nothing to
ask. What a reminder says stands in handlers/duties/acts.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.duties import acts as duties
from handlers.duties import audience
from handlers.duties import days as duty_dates
from handlers.duties.acts import Case
from handlers.duties.audience import Told
from handlers.office import Office, local_day
from handlers.reaching import reach, ways
from messages.dates import ZONE, local
from messages.types import Address
from storage import addressees, duty_looks
from storage import duties as stored
from storage.database import Transaction
from storage.duties import Matter, Owed
from storage.duty_looks import Look
from storage.tables import Kind, Notice, Priority, Unit

TOPIC = "duty"
ROUND = "duty round"
SLICE = 750
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


@act(Needs.PROGRAM, tells="whoever answers for a unit's duty", unaudited="what was said to whom is kept with the duty")
def enqueue_due(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> Round:
    """Promise what is due now, rendered now, to whoever answers for it now: one slice of it.

    Nothing before 08:00 but the news of a moved date, nothing in quiet hours; what waits at their beginning expires.
    """
    actors.require_program(actor)
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
        span, found = addressees.next_span(db, matter, begun, room)
        promised += _promise_all(db, office, matter, audience.told(db, matter, span))
        over = found < room
        duty_looks.keep(db, look.duty_id, facts=facts, looked_to=span.to, done_at=now if over else None)
        if not over:
            return Round(promised, more=True)
        room -= found
    return Round(promised, more=False)


def _facts(look: Look, newest: int, now: datetime) -> str:
    """What changes whom to tell, as far as a glance shows it."""
    begun = local(now).hour >= duty_dates.HOUR
    return f"{local_day(now)} {begun:d} {look.due_at.isoformat()} {look.moved_at} {newest}"


def _is_over(look: Look, facts: str, now: datetime) -> bool:
    return look.facts == facts and look.done_at is not None and now - AGAIN < look.done_at <= now


def _owing(matter: Matter, told: Sequence[Told], above: Mapping[int, Sequence[Unit]]) -> list[Told]:
    """Of these units those below the one that runs the programme, or itself."""
    run_by = matter.programme.unit_id
    running = {parent_id for parent_id, chain in above.items() if any(unit.id == run_by for unit in chain)}
    if run_by is None:
        return list(told)
    return [one for one in told if one.holding.unit_id == run_by or one.holding.parent_id in running]


def _promise_all(db: Transaction, office: Office, matter: Matter, told: Sequence[Told]) -> int:
    """Promise what these are told; how many can be reached. What one needs to know is read for all at once."""
    above = duty_looks.above(db, {one.holding.parent_id for one in told if one.holding.parent_id is not None})
    owing = _owing(matter, told, above)
    ways_to = _ways(db, office, matter, owing)
    reached = [one for one in owing if one.holding.member_id in ways_to]
    wording = duties.Wording(office, matter)
    day = f"{matter.today:%Y%m%d}"
    ends = datetime.combine(matter.today, time(office.quiet_hours[0]), ZONE)
    for one, case in _cases(db, office, matter, reached, above):
        member_id = one.holding.member_id
        once = f"duty:{matter.duty_id}:{case.unit_id}:{member_id}:{day}"
        say = wording.moved_news(case.unit) if one.kind is Notice.MOVED else wording.reminder(case, moved=one.moved)
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
        stored.note(db, matter, Owed(case.unit_id, member_id), kind=one.kind, once=f"{once}#0")
    return len(reached)


def _ways(
    db: Transaction, office: Office, matter: Matter, told: Sequence[Told]
) -> dict[int, tuple[Address, datetime | None]]:
    """Where each of them is written to, and from when on; who cannot be reached is left out."""
    if not told:
        return {}
    members = {one.holding.member_id for one in told}
    chosen = ways.choose(db, office, members, ways.what_of(TOPIC, Priority.NOTICE), matter.now)
    return {
        number: (way.address, max(matter.now, found.at) if isinstance(found, reach.Later) else None)
        for number, (way, found) in chosen.items()
        if not way.unreachable
    }


def _cases(
    db: Transaction, office: Office, matter: Matter, told: Sequence[Told], above: Mapping[int, Sequence[Unit]]
) -> Iterator[tuple[Told, Case]]:
    unit_ids = {one.holding.unit_id for one in told}
    counted = matter.programme.kind == Kind.INITIATIVE
    counts = duty_looks.counts(db, matter.duty.programme_id, unit_ids) if counted and unit_ids else {}
    nothing, to_nobody = stored.summed({}), duties.receiver(office, matter.duty, ())
    receivers = {parent_id: duties.receiver(office, matter.duty, chain) for parent_id, chain in above.items()}
    for one in told:
        held, count = one.holding, counts.get(one.holding.unit_id)
        receiver = receivers.get(held.parent_id, to_nobody) if held.parent_id is not None else to_nobody
        progress = stored.summed(count) if count else nothing
        yield one, Case(held.unit_id, held.unit, held.name, receiver, progress)
