"""Duties (F4): what a reminder says; marking as done, putting off, telling what hinders, moving a date.

Who is told today is the clock's round, handlers/duties/rounds.py; what an officer sees stands in desk.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers import actors, notices, revisions
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.duties import climbing, forewarning
from handlers.duties import days as duty_dates
from handlers.duties.desk import Owing, current, find
from handlers.errors import Refusal
from handlers.office import Office, local_day
from handlers.reaching import reach, ways
from handlers.text.readers import given_name
from messages.types import Choice, Say
from storage import addressees, appointments, audit, duties, members, outbox, programmes, units
from storage.database import Transaction
from storage.duties import Matter, Owed, Progress
from storage.tables import Duty, DutyDone, Kind, Right, Unit


@dataclass(frozen=True, slots=True)
class Case:
    """One unit's duty and what a reminder of it says besides."""

    unit_id: int
    unit: str
    name: str | None
    """Of whoever is reminded."""
    receiver: str
    """To whom it is sent; empty when to nobody."""
    progress: Progress


@dataclass(frozen=True, slots=True)
class Reported:
    """What keeps a unit from its duty was told."""

    owing: Owing
    above: str
    """The unit whose officers were told; empty where nobody could be."""


class Wording:
    """What is said of one duty today: what is the same for everybody is looked up once."""

    def __init__(self, office: Office, matter: Matter) -> None:
        duty, left = matter.duty, duty_dates.days_left(matter.duty.due_at, matter.today)
        last = duty_dates.last_day(duty.due_at)
        self._where, self._is_ahead = (matter.duty_id, duty.revision), left >= 0
        self._of_duty: dict[str, object] = {"duty": duty.title, "due": duty.due_at}
        self._of_day: dict[str, object] = {**self._of_duty, "days": abs(left)}
        if self._is_ahead:
            self._of_day |= {
                "consequence": duty.consequence,
                "last": last,
                "weekend": last.weekday() >= duty_dates.SATURDAY,
                "counted": matter.programme.kind == Kind.INITIATIVE,
                "quota": duty.quota,
            }
        keys = ("duty_done", "snooze") if self._is_ahead else ("duty_done", "obstacle", "snooze")
        self._choices = tuple(Choice(key, office.catalogue.label(key)) for key in keys)

    def moved_news(self, unit: str) -> Say:
        """Its date was changed, and there is nothing else to say today."""
        return Say("officer.duty_moved", {**self._of_duty, "unit": unit})

    def reminder(self, case: Case, *, moved: bool) -> Say:
        """One unit's duty as it stands now, with what may be pressed under it."""
        values = {**self._of_day, "given_name": given_name(case.name or ""), "unit": case.unit}
        if self._is_ahead:
            values |= {
                "receiver": case.receiver,
                "moved": moved,
                "received": case.progress.received,
                "appraised": case.progress.appraised,
                "selected": case.progress.selected,
            }
        key = "officer.reminder" if self._is_ahead else "officer.overdue"
        duty_id, revision = self._where
        return Say(key, values, self._choices, f"duty@{duty_id}.{case.unit_id}.{revision}")


def reminder(db: Transaction, office: Office, matter: Matter, unit: Unit, member_id: int, *, moved: bool) -> Say:
    """One unit's duty as it stands now, with what may be pressed under it."""
    assert unit.id is not None
    member = members.by_id(db, member_id)
    case = Case(
        unit.id,
        unit.name,
        member.name if member else None,
        receiver(office, matter.duty, units.ancestors(db, unit.id)),
        duties.progress(db, matter.duty.programme_id, unit.id),
    )
    return Wording(office, matter).reminder(case, moved=moved)


def receiver(office: Office, duty: Duty, above: Iterable[Unit]) -> str:
    """To whom it is sent: the nearest unit above of that level, else the level itself; empty when to nobody."""
    if duty.to_level is None:
        return ""
    nearest = (unit.name for unit in above if unit.level == duty.to_level)
    return next(nearest, None) or office.catalogue.label(f"level.{duty.to_level}")


@act(Right.REPORT, audit="duty.done", revision=True)
def finish(
    db: Transaction,
    office: Office,
    actor: Actor,
    duty_id: int,
    unit_id: int,
    *,
    now: datetime,
    seen: int | None = None,
) -> DutyDone:
    """An officer says that a unit has done it; who says so after another gets the first mark."""
    _seen(find(db, actor, duty_id, unit_id, now), seen)
    return fulfil(db, office, duty_id, Owed(unit_id, actor.me), now)


def fulfil(db: Transaction, office: Office, duty_id: int, owed: Owed, now: datetime) -> DutyDone:
    """A unit has done it: nobody hears of it again, not even by what waits in the outbox. The first mark stays.

    No right is asked: it follows from what the unit was allowed to do, as sending a list that is long enough or an
    award file.
    """
    earlier = duties.done(db, duty_id, owed.unit_id)
    if earlier is not None:
        return earlier
    for notice in duties.notices(db, duty_id, owed.unit_id, local_day(now)):
        outbox.cancel(db, reason="done", member_id=notice.member_id, once_prefix=notice.once)
    kept = duties.mark_done(db, duty_id, owed, now)
    matter = duties.matter(db, duty_id, today=local_day(now), now=now)
    if matter is not None:
        climbing.withdraw(db, office, matter, owed.unit_id)
        forewarning.withdraw(db, office, matter, owed.unit_id)
    details = {"unit": owed.unit_id}
    audit.record(db, action="duty.done", actor_id=owed.member_id, now=now, subject=str(duty_id), details=details)
    return kept


def reopen(
    db: Transaction, duty_id: int, owed: Owed, *, done_at: datetime, still: datetime | None, now: datetime
) -> None:
    """What a unit had done at a moment counts no more: the duty is owed again and its reminders go on; where something
    else of `still` does it, it is done since then. A mark that is not of that moment was made by hand and stays.
    """
    mark = duties.done(db, duty_id, owed.unit_id)
    if mark is None or mark.at != done_at:
        return
    if still is not None:
        mark.at = still
        return
    duties.forget_done(db, mark)
    details = {"unit": owed.unit_id}
    audit.record(db, action="duty.reopen", actor_id=owed.member_id, now=now, subject=str(duty_id), details=details)


@act(Right.REPORT, audit="duty.put_off", revision=True)
def put_off(
    db: Transaction, actor: Actor, duty_id: int, unit_id: int, *, now: datetime, seen: int | None = None
) -> date:
    """Remind this member again the next day at 08:00; which day that is."""
    _seen(find(db, actor, duty_id, unit_id, now), seen)
    until = local_day(now) + timedelta(days=1)
    duties.snooze(db, duty_id, Owed(unit_id, actor.me), until)
    _record(db, actor, "put_off", duty_id, unit_id, now)
    return until


@act(Right.REPORT, audit="duty.obstacle", tells="officers of the nearest unit above that has any")
def report_obstacle(
    db: Transaction, office: Office, actor: Actor, duty_id: int, unit_id: int, text: str, *, now: datetime
) -> Reported:
    """Keep what keeps a unit from doing its duty, and tell the nearest level above."""
    owing = find(db, actor, duty_id, unit_id, now)
    duties.report_obstacle(db, duty_id, Owed(unit_id, actor.me), text, now)
    _record(db, actor, "obstacle", duty_id, unit_id, now)
    return Reported(owing, _tell_above(db, office, actor.me, owing, text, now))


def _tell_above(db: Transaction, office: Office, member_id: int, owing: Owing, text: str, now: datetime) -> str:
    member = members.by_id(db, member_id)
    values = {
        "unit": owing.unit.name,
        "duty": owing.matter.duty.title,
        "due": owing.matter.duty.due_at,
        "words": text,
        "name": (member.name if member else None) or "",
        "phone": member.phone if member else None,
    }
    say, morning = Say("officer.obstacle", values), reach.opening(now, office.quiet_hours)
    for above in units.ancestors(db, owing.unit_id):
        serving = appointments.serving(db, above.id or 0, Right.REPORT, now=now, day=local_day(now))
        told = [
            notices.push(db, office, other, say, topic="officer", once=None, now=now, due_at=morning)
            for other in serving
            if other != member_id
        ]
        if any(told):
            return above.name
    return ""


@act(Needs.STAFF, audit="duty.move", revision=True)
def move(
    db: Transaction,
    actor: Actor,
    code: str,
    key: str,
    due_at: datetime,
    *,
    now: datetime,
    seen: int | None = None,
) -> Duty:
    """Set another date for a duty of a programme; the clock tells those concerned and reminds them by the new date."""
    programme = programmes.by_code(db, code)
    if programme is None or programme.id is None:
        raise Refusal("planning.no_programme", code=code)
    actors.require_running(db, actor, programme.unit_id, now)
    known = {duty.key: duty for duty in programmes.duties(db, programme.id)}
    if key not in known:
        raise Refusal("planning.no_duty", duty=key, known=", ".join(known))
    if due_at <= now:
        raise Refusal("planning.due_past", due=due_at)
    duty = known[key]
    revisions.hold(db, duty, seen, "planning.duty_changed", duty=duty.title)
    if duty.due_at == due_at:
        raise Refusal("planning.due_same", due=due_at)
    duty.due_at, duty.moved_at = due_at, now
    duty.revision += 1
    climbing.forget(db, duty)
    details = {"key": key, "due": due_at.isoformat()}
    actors.record(db, actor, "duty.move", now=now, subject=programme.code, details=details)
    return duty


def next_reminder(db: Transaction, now: datetime) -> tuple[datetime, str] | None:
    """When the next reminder falls due that somebody will get, and of what; None when none is ahead."""
    found = []
    for matter in current(db, now):
        days = (*duty_dates.days(matter.duty.due_at, matter.duty.every), *duties.snoozed_until(db, matter.duty_id))
        ahead = [at for at in map(duty_dates.instant, days) if at > now]
        if ahead and any(ways.reachable(db, [one.member_id]) for one in addressees.everybody(db, matter)):
            found.append((min(ahead), matter.duty.title))
    return min(found, default=None)


def _seen(owing: Owing, seen: int | None) -> None:
    """It is due when they saw it was. The duty's row stays free: a whole level marks it in the same hour."""
    revisions.compare(owing.matter.duty, seen, "officer.duty_changed", duty=owing.matter.duty.title)


def _record(db: Transaction, actor: Actor, step: str, duty_id: int, unit_id: int, now: datetime) -> None:
    actors.record(db, actor, f"duty.{step}", now=now, subject=str(duty_id), details={"unit": unit_id})
