"""Before a duty falls due: units of which nobody can be reminded are named to the level above (F4).

Once for each date of a duty, in one message for each who answers for the level above, while there is time to call them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.duties import climbing
from handlers.duties import days as duty_dates
from handlers.office import Office, local_day
from handlers.reaching import ways
from messages.dates import local
from messages.types import Say
from storage import addressees, appointments, climbs, members, units
from storage.addressees import Holding
from storage.climbs import Late
from storage.database import Transaction
from storage.duties import Matter
from storage.tables import Right, Rung

BEFORE = 3
"""Days before the last day on which they are named: at the second reminder."""
AHEAD = timedelta(days=BEFORE + 2)
"""A bound lies up to a day and eight hours behind its last day (`duty_dates.last_day`)."""
CHUNK = 500


@act(
    Needs.PROGRAM,
    tells="officers of the level above",
    unaudited="each message is a row of the outbox; how far it climbed is kept with the duty",
)
def enqueue_due(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> int:
    """Promise what is to be said now; how many messages. Between 08:00 and the quiet hours only."""
    actors.require_program(actor)
    if not duty_dates.HOUR <= local(now).hour < office.quiet_hours[0]:
        return 0
    told = climbs.climbed(db, now)
    promised = 0
    for matter in climbs.upcoming(db, before=now + AHEAD, today=local_day(now), now=now):
        known = (matter.duty_id, Rung.UNREACHED.value, matter.duty.due_at) in told
        if not known and duty_dates.days_left(matter.duty.due_at, matter.today) <= BEFORE:
            promised += _name(db, office, matter)
    return promised


def withdraw(db: Transaction, office: Office, matter: Matter, unit_id: int) -> None:
    """A unit has done it after all: a list that still waits is withdrawn, and told anew where others are left.

    Called when the unit's mark is written already.
    """
    if climbs.climb(db, matter, Rung.UNREACHED) is None:
        return
    for above in (unit.id for unit in units.ancestors(db, unit_id) if unit.id is not None):
        if climbing.take_back(db, matter, Rung.UNREACHED, above):
            late = climbs.late(db, matter, under=above)
            owed = addressees.answering_of(db, matter, [one.unit_id for one in late])
            silent = _groups(db, office, matter, late, owed).get(above)
            if silent:
                _tell(db, office, matter, above, silent, version=f"without {unit_id}")


def _name(db: Transaction, office: Office, matter: Matter) -> int:
    groups = _groups(db, office, matter, climbs.late(db, matter), list(addressees.everybody(db, matter)))
    promised = sum(_tell(db, office, matter, above, silent) for above, silent in groups.items())
    climbs.keep(db, matter, Rung.UNREACHED, reached=0, done=True)
    return promised


def _groups(
    db: Transaction, office: Office, matter: Matter, late: Sequence[Late], owed: Sequence[Holding]
) -> dict[int, list[Late]]:
    """Of units that are late those of whose officers (`owed`) nobody can be reminded now, by who hears of them."""
    people = sorted({one.member_id for one in owed})
    chunks = (people[start : start + CHUNK] for start in range(0, len(people), CHUNK))
    lost = {number for chunk in chunks for number in ways.out_of_reach(db, office, chunk, matter.now)}
    reached = {one.unit_id for one in owed if one.member_id not in lost}
    silent = [one for one in late if one.unit_id not in reached]
    return climbing.grouped(db, matter, Rung.UNREACHED, silent)


def _tell(
    db: Transaction, office: Office, matter: Matter, above: int, silent: list[Late], *, version: str | None = None
) -> int:
    rows = [(one.name, list(_names(db, matter, one.unit_id))) for one in silent[: climbing.LISTED]]
    values = {
        "duty": matter.duty.title,
        "due": matter.duty.due_at,
        "rows": rows,
        "count": len(silent),
        "more": len(silent) - len(rows),
    }
    say = Say("officer.unreached", values)
    return climbing.tell(db, office, matter, Rung.UNREACHED, above, say, version=version)


def _names(db: Transaction, matter: Matter, unit_id: int) -> Iterator[str]:
    """Who ought to be reminded of a unit's duty; nobody where it has no officer."""
    for member_id in appointments.serving(db, unit_id, Right.REPORT, now=matter.now, day=matter.today):
        member = members.by_id(db, member_id)
        if member is not None and member.name:
            yield member.name
