"""Reminders of duties (F4): who is told today, in which words; marking as done, putting off, moving a date.

A question on facts, asked anew at every tick: nothing is planned ahead, so that a restart, a second clock, a jump of
the clock or a moved date change nothing. What an officer sees and presses stands in handlers/duty_desk.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from handlers import duty_dates, notices
from handlers.errors import Refusal
from handlers.flows.readers import given_name
from handlers.office import Office, local_day
from messages.dates import ZONE, local
from messages.types import Choice, Say
from storage import audit, duties, members, outbox, programmes, units
from storage.database import Transaction
from storage.duties import Matter, Owed
from storage.tables import Duty, DutyDone, Kind, Notice, Unit

SLICE = 200
"""As many as one look writes to: the writer is not held for longer."""


def enqueue_due(db: Transaction, office: Office, now: datetime) -> int:
    """Promise what is due now, rendered now, to whoever answers for it now; how many.

    Nothing before 08:00 but the news of a moved date, nothing in quiet hours; what waits at their beginning expires.
    """
    quiet_from, quiet_to = office.quiet_hours
    if not quiet_to <= local(now).hour < quiet_from:
        return 0
    promised = 0
    for matter in current(db, now):
        for owed, kind, moved in _due(db, matter, SLICE - promised):
            promised += _promise(db, office, matter, owed, kind, moved=moved)
        if promised >= SLICE:
            break
    return promised


def current(db: Transaction, now: datetime) -> list[Matter]:
    """Every duty that is due, ahead or not long past, the first to fall due first."""
    return duties.since(db, now - duty_dates.KEPT, today=local_day(now), now=now)


def _due(db: Transaction, matter: Matter, limit: int) -> Iterator[tuple[Owed, Notice, bool]]:
    """Who is told what about one duty; True: its date was changed and they do not know yet."""
    bound, today, now = matter.duty.due_at, matter.today, matter.now
    untold = set(duties.untold_of_move(db, matter, limit)) if _is_news(matter) else set()
    if local(now).hour >= duty_dates.HOUR:
        kind = Notice.REMINDER if duty_dates.days_left(bound, today) >= 0 else Notice.OVERDUE
        reminded = _reminded(db, matter, limit)
        yield from ((owed, kind, owed in untold) for owed in reminded)
        untold.difference_update(reminded)
    elif today in duty_dates.days(bound):
        return
    yield from ((owed, Notice.MOVED, True) for owed in sorted(untold))


def _is_news(matter: Matter) -> bool:
    moved = matter.duty.moved_at
    return moved is not None and moved > matter.now - duty_dates.LATE and matter.duty.due_at > matter.now


def _reminded(db: Transaction, matter: Matter, limit: int) -> list[Owed]:
    """Whose planned day has come, or the day to which they put it off."""
    planned = duty_dates.latest(matter.duty.due_at, matter.today)
    found: list[Owed] = []
    if planned is not None:
        found = duties.unreminded(db, matter, planned, duty_dates.instant(planned), limit)
    return sorted({*found, *duties.asking_again(db, matter, matter.today - duty_dates.LATE, limit)})


def _promise(db: Transaction, office: Office, matter: Matter, owed: Owed, kind: Notice, *, moved: bool) -> int:
    once = f"duty:{matter.duty_id}:{owed.unit_id}:{owed.member_id}:{matter.today:%Y%m%d}"
    say = _say(db, office, matter, owed, kind, moved=moved)
    ends = datetime.combine(matter.today, time(office.quiet_hours[0]), ZONE)
    told = notices.push(db, office, owed.member_id, say, topic="duty", once=once, now=matter.now, expires_at=ends)
    if told:
        duties.note(db, matter, owed, kind=kind, once=f"{once}#0")
    return int(told)


def _say(db: Transaction, office: Office, matter: Matter, owed: Owed, kind: Notice, *, moved: bool) -> Say:
    unit = units.by_id(db, owed.unit_id)
    assert unit is not None
    if kind is Notice.MOVED:
        return Say("officer.duty_moved", {"duty": matter.duty.title, "unit": unit.name, "due": matter.duty.due_at})
    return reminder(db, office, matter, unit, owed.member_id, moved=moved)


def reminder(db: Transaction, office: Office, matter: Matter, unit: Unit, member_id: int, *, moved: bool) -> Say:
    """One unit's duty as it stands now, with what may be pressed under it."""
    assert unit.id is not None
    left = duty_dates.days_left(matter.duty.due_at, matter.today)
    member = members.by_id(db, member_id)
    values: dict[str, object] = {
        "given_name": given_name(member.name or "") if member else "",
        "duty": matter.duty.title,
        "unit": unit.name,
        "due": matter.duty.due_at,
        "days": abs(left),
    }
    if left >= 0:
        values |= {
            "receiver": receiver(db, office, matter.duty, unit.id),
            "consequence": matter.duty.consequence,
            "moved": moved,
            "last": duty_dates.last_day(matter.duty.due_at),
            "weekend": duty_dates.last_day(matter.duty.due_at).weekday() >= duty_dates.SATURDAY,
            "counted": matter.programme.kind == Kind.INITIATIVE,
            **_progress(db, matter, unit.id),
        }
    choices = tuple(Choice(key, office.catalogue.label(key)) for key in ("duty_done", "snooze"))
    key = "officer.reminder" if left >= 0 else "officer.overdue"
    return Say(key, values, choices, f"duty@{matter.duty_id}.{unit.id}")


def receiver(db: Transaction, office: Office, duty: Duty, unit_id: int) -> str:
    """To whom it is sent: the nearest unit above of that level, else the level itself; empty when to nobody."""
    if duty.to_level is None:
        return ""
    above = (unit.name for unit in units.ancestors(db, unit_id) if unit.level == duty.to_level)
    return next(above, None) or office.catalogue.label(f"level.{duty.to_level}")


def _progress(db: Transaction, matter: Matter, unit_id: int) -> dict[str, object]:
    counts = duties.progress(db, matter.duty.programme_id, unit_id)
    return {
        "received": counts.received,
        "appraised": counts.appraised,
        "selected": counts.selected,
        "quota": matter.duty.quota,
    }


def finish(db: Transaction, duty_id: int, owed: Owed, now: datetime) -> DutyDone:
    """A unit has done it: nobody is reminded again, not even by what waits in the outbox. The first mark stays."""
    earlier = duties.done(db, duty_id, owed.unit_id)
    if earlier is not None:
        return earlier
    for notice in duties.notices(db, duty_id, owed.unit_id, local_day(now)):
        outbox.cancel(db, reason="done", member_id=notice.member_id, once_prefix=notice.once)
    kept = duties.mark_done(db, duty_id, owed, now)
    details = {"unit": owed.unit_id}
    audit.record(db, action="duty.done", actor_id=owed.member_id, now=now, subject=str(duty_id), details=details)
    return kept


def put_off(db: Transaction, duty_id: int, owed: Owed, now: datetime) -> date:
    """Remind this member again the next day at 08:00; which day that is."""
    until = local_day(now) + timedelta(days=1)
    duties.snooze(db, duty_id, owed, until)
    return until


def move(db: Transaction, code: str, key: str, due_at: datetime, *, actor_id: int | None, now: datetime) -> Duty:
    """Set another date for a duty; the clock tells those concerned and reminds them by the new date."""
    programme = programmes.by_code(db, code)
    if programme is None or programme.id is None:
        raise Refusal("planning.no_programme", code=code)
    known = {duty.key: duty for duty in programmes.duties(db, programme.id)}
    if key not in known:
        raise Refusal("planning.no_duty", duty=key, known=", ".join(known))
    if due_at <= now:
        raise Refusal("planning.due_past", due=due_at)
    duty = known[key]
    if duty.due_at == due_at:
        raise Refusal("planning.due_same", due=due_at)
    duty.due_at, duty.moved_at = due_at, now
    details = {"key": key, "due": due_at.isoformat()}
    audit.record(db, action="duty.move", actor_id=actor_id, now=now, subject=programme.code, details=details)
    return duty


def next_reminder(db: Transaction, now: datetime) -> tuple[datetime, str] | None:
    """When the next reminder falls due that somebody will get, and of what; None when none is ahead."""
    found = []
    for matter in current(db, now):
        days = (*duty_dates.days(matter.duty.due_at), *duties.snoozed_until(db, matter.duty_id))
        ahead = [at for at in map(duty_dates.instant, days) if at > now]
        if ahead and duties.addressees(db, matter, 1):
            found.append((min(ahead), matter.duty.title))
    return min(found, default=None)
