"""What officers press about duties, as one call each: for tests of who may.

Each gives something false where nothing was done.
"""

from __future__ import annotations

from datetime import datetime

from handlers.chat import duties as duty_desk
from handlers.chat.context import Context, Talk
from messages.types import Address, Inbound, Text
from storage import duties, members
from storage.database import Transaction
from storage.members import Known
from storage.tables import Duty
from tests.union import OFFICE


def context(db: Transaction, actor: int, now: datetime) -> Context:
    """A turn of somebody who has just written."""
    member = members.by_id(db, actor)
    assert member is not None
    held = members.appointments(db, [actor], now).get(actor, [])
    said = Inbound(Address("telegram", "actor"), "u", Text(""))
    return Context(db, OFFICE, now, said, Known(member), Talk(), tuple(held))


def owe(db: Transaction, programme_id: int, due: datetime) -> int:
    """A duty of the lowest level; its id."""
    duty = Duty(programme_id=programme_id, key="own", title="own", by_level="base", due_at=due)
    db.add(duty)
    db.flush()
    return duty.id or 0


def finish_duty(db: Transaction, duty_id: int, unit_id: int, actor: int, now: datetime) -> object:
    duty_desk.press(context(db, actor, now), f"{duty_id}.{unit_id}", "duty_done")
    return duties.done(db, duty_id, unit_id)


def put_off_duty(db: Transaction, duty_id: int, unit_id: int, actor: int, now: datetime) -> object:
    duty_desk.press(context(db, actor, now), f"{duty_id}.{unit_id}", "snooze")
    db.write_out()
    return duties.snoozed_until(db, duty_id)
