"""Officers who are found in a browser only: their role rests until they have a chat in which it is in force."""

from __future__ import annotations

from datetime import datetime

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.office import Office
from handlers.reaching import reach
from messages.types import Say
from storage import appointments
from storage.appointments import Held
from storage.database import Transaction

TOPIC = "rests"
"""Not one of officers' work: it is said in the very browser."""


def held(db: Transaction, now: datetime) -> list[Held]:
    """The roles that rest."""
    return appointments.in_browsers_only(db, now, but=actors.DEMO_CHATS)


@act(Needs.PROGRAM, tells="officers whose role rests", unaudited="nothing is done: they are told how it stands")
def tell(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> int:
    """Say so in the browser chat, once to each, and how to link another channel; how many there are. Raises NoRight."""
    actors.require_program(actor)
    morning = reach.opening(now, office.quiet_hours)
    people = sorted({one.appointment.member_id for one in held(db, now)})
    for member_id in people:
        once = f"rests:{member_id}"
        notices.push(db, office, member_id, Say("officer.role_rests"), topic=TOPIC, once=once, now=now, due_at=morning)
    return len(people)
