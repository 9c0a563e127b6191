"""A duty that is late climbs level by level (F4): those who stand in, the level above, those who run the programme.

One digest for each who answers for the level above, however many units are late. What waits in the outbox is withdrawn
when the last word of it is no longer true, and promised anew with what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.duties import days as duty_dates
from handlers.duties import workdays
from handlers.office import Office, local_day
from handlers.reaching import promises, ways
from handlers.text.readers import given_name
from messages.dates import local
from messages.types import Say
from storage import appointments, climbs, members, outbox, units
from storage.climbs import Late
from storage.database import Transaction
from storage.duties import Matter
from storage.tables import Duty, Right, Role, Rung

AFTER = {Rung.DEPUTY: 1, Rung.ABOVE: 2, Rung.STAFF: 4}
"""Working days after the last day on which each rung hears of it; the seeds name none."""
SLICE = 200
LATE = timedelta(days=3)
"""How long a digest that could not be sent is worth sending."""
LISTED = 15
"""As many units as one digest names."""
TOPIC = "climb"


@act(
    Needs.PROGRAM,
    tells="deputies of a unit that is late, officers of the level above, staff",
    unaudited="each message is a row of the outbox; how far it climbed is kept with the duty",
)
def enqueue_due(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> int:
    """Promise what has climbed by now; how many messages. Between 08:00 and the quiet hours only."""
    actors.require_program(actor)
    if not duty_dates.HOUR <= local(now).hour < office.quiet_hours[0]:
        return 0
    finished = climbs.climbed(db, now - duty_dates.KEPT)
    promised = 0
    for matter in climbs.overdue(db, now - duty_dates.KEPT, today=local_day(now), now=now):
        for rung in AFTER:
            known = (matter.duty_id, rung.value, matter.duty.due_at) in finished
            if not known and is_due(matter, rung) and promised < SLICE:
                promised += _climb(db, office, matter, rung)
    return promised


def is_due(matter: Matter, rung: Rung) -> bool:
    """Whether a rung's day has come."""
    return matter.today >= day_of(matter.duty.due_at, rung)


def day_of(bound: datetime, rung: Rung) -> date:
    """The local day on which a rung hears of a duty that had to be done before `bound`."""
    return workdays.after(duty_dates.last_day(bound), AFTER[rung])


def withdraw(db: Transaction, office: Office, matter: Matter, unit_id: int) -> None:
    """A unit has done it after all: what waits to be told of it is withdrawn, and told anew where others are late.

    Called when the unit's mark is written already.
    """
    outbox.cancel(db, reason="done", once_prefix=f"{_key(matter, Rung.DEPUTY)}:{unit_id}:")
    for above in (unit.id for unit in units.ancestors(db, unit_id) if unit.id is not None):
        for rung in (Rung.ABOVE, Rung.STAFF):
            if take_back(db, matter, rung, above):
                _digest(db, office, matter, rung, above, climbs.late(db, matter, under=above))


def take_back(db: Transaction, matter: Matter, rung: Rung, above: int) -> int:
    """Withdraw what still waits to be told, on a rung, to those who answer for a unit above; how many messages."""
    return outbox.cancel(db, reason="done", once_prefix=f"{_key(matter, rung)}:{above}:")


def forget(db: Transaction, duty: Duty) -> None:
    """A date was moved: what has climbed by the old one is no longer true."""
    outbox.cancel(db, reason="moved", once_prefix=f"climb:{duty.id}:")


def _climb(db: Transaction, office: Office, matter: Matter, rung: Rung) -> int:
    if rung is not Rung.DEPUTY:
        groups = grouped(db, matter, rung, climbs.late(db, matter))
        promised = sum(_digest(db, office, matter, rung, above, late) for above, late in groups.items())
        climbs.keep(db, matter, rung, reached=0, done=True)
        return promised
    row = climbs.climb(db, matter, rung)
    late = climbs.late(db, matter, after=row.reached if row else 0, limit=SLICE)
    promised = sum(_tell_deputies(db, office, matter, one) for one in late)
    reached = late[-1].unit_id if late else 0
    climbs.keep(db, matter, rung, reached=reached, done=len(late) < SLICE)
    return promised


def grouped(db: Transaction, matter: Matter, rung: Rung, found: Iterable[Late]) -> dict[int, list[Late]]:
    """Units by who hears of them: the nearest unit above that anybody serves, or those that run the whole."""
    groups: dict[int, list[Late]] = {}
    nearest: dict[int | None, int | None] = {}
    for one in found:
        if one.parent_id not in nearest:
            nearest[one.parent_id] = _hearing(db, matter, rung, one.unit_id)
        above = nearest[one.parent_id]
        if above is not None:
            groups.setdefault(above, []).append(one)
    return groups


def _hearing(db: Transaction, matter: Matter, rung: Rung, unit_id: int) -> int | None:
    for unit in units.ancestors(db, unit_id):
        if unit.id is not None and _recipients(db, matter, rung, unit.id):
            return unit.id
    return None


def _recipients(db: Transaction, matter: Matter, rung: Rung, unit_id: int) -> list[int]:
    """Who answers for a unit on a rung, and can be written to."""
    if rung is Rung.STAFF:
        chosen: Iterable[int] = members.holders(db, unit_id, (Role.STAFF, Role.ADMIN), matter.now)
    else:
        chosen = appointments.serving(db, unit_id, Right.REPORT, now=matter.now, day=matter.today)
    people = list(chosen)
    reachable = ways.reachable(db, people) if people else set()
    return [member_id for member_id in people if member_id in reachable]


def _digest(db: Transaction, office: Office, matter: Matter, rung: Rung, above: int, late: list[Late]) -> int:
    if not late:
        return 0
    rows = [(one.name, _can_be_told(db, office, matter, one.unit_id)) for one in late[:LISTED]]
    values = {
        "duty": matter.duty.title,
        "due": matter.duty.due_at,
        "rows": rows,
        "count": len(late),
        "more": len(late) - len(rows),
    }
    return tell(db, office, matter, rung, above, Say("officer.escalation", values))


def tell(
    db: Transaction, office: Office, matter: Matter, rung: Rung, above: int, say: Say, *, version: str | None = None
) -> int:
    """One digest (`count` units) for each who hears of them on a rung; how many.

    A digest told anew counts fewer units than the one before; where it may not, it has a `version` of its own.
    """
    promised = 0
    for member_id in _recipients(db, matter, rung, above):
        own = replace(say, values={**say.values, "given_name": _given_name(db, member_id)})
        once = f"{_key(matter, rung)}:{above}:{member_id}:{version or say.values['count']}"
        promised += _push(db, office, matter, member_id, own, once)
    return promised


def _can_be_told(db: Transaction, office: Office, matter: Matter, unit_id: int) -> bool:
    """Whether anybody who answers for a unit can be written to; who cannot is named to the level above."""
    serving = appointments.serving(db, unit_id, Right.REPORT, now=matter.now, day=matter.today)
    return len(ways.out_of_reach(db, office, serving, matter.now)) < len(serving)


def _tell_deputies(db: Transaction, office: Office, matter: Matter, late: Late) -> int:
    promised = 0
    for member_id in appointments.deputies(db, late.unit_id, matter.now):
        values: dict[str, object] = {
            "given_name": _given_name(db, member_id),
            "duty": matter.duty.title,
            "unit": late.name,
            "due": matter.duty.due_at,
            "days": -duty_dates.days_left(matter.duty.due_at, matter.today),
        }
        once = f"{_key(matter, Rung.DEPUTY)}:{late.unit_id}:{member_id}"
        promised += _push(db, office, matter, member_id, Say("officer.overdue_deputy", values), once)
    return promised


def _push(db: Transaction, office: Office, matter: Matter, member_id: int, say: Say, once: str) -> int:
    ends = matter.now + LATE
    told = notices.push(db, office, member_id, say, topic=TOPIC, once=once, now=matter.now, expires_at=ends)
    return int(promises.is_promised(told))


def _key(matter: Matter, rung: Rung) -> str:
    return f"climb:{matter.duty_id}:{duty_dates.last_day(matter.duty.due_at):%Y%m%d}:{rung.value}"


def _given_name(db: Transaction, member_id: int) -> str:
    member = members.by_id(db, member_id)
    return given_name(member.name or "") if member else ""
