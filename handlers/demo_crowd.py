"""The demo's crowd: two hundred invented members who take news, so that there is somebody to write to."""

from __future__ import annotations

from datetime import datetime
from itertools import cycle

from handlers.news import campaigns, progress, wishes
from handlers.office import Office, local_day
from messages import demo as data
from messages.types import Address
from storage import broadcasts as stored
from storage import crowds, programmes, units
from storage import news as facts
from storage.crowds import Face
from storage.database import Transaction
from storage.tables import Announcing

SIZE = 200
ACCOUNT = "web"
UNIT = "GD51"


def gather(db: Transaction, office: Office, now: datetime) -> None:
    """Two hundred members, spread over the schools."""
    above = units.by_code(db, UNIT)
    assert above is not None
    assert above.id is not None
    schools = cycle(units.children(db, above.id, local_day(now)))
    faces = [
        Face(data.crowd_name(number), Address(ACCOUNT, f"demo-crowd-{number:03d}"), school.id or 0, school.place)
        for number, school in zip(range(1, SIZE + 1), schools, strict=False)
    ]
    notice = (office.notice_version, office.notice_hash(""))
    crowds.enrol(db, faces, notice=notice, news_hash=wishes.text_hash(office), now=now)


def following(db: Transaction, now: datetime) -> list[tuple[datetime, str, str]]:
    """The news that comes next of itself: when, which words, its name."""
    found = []
    if (slogan := campaigns.next_planned(db, now)) is not None:
        found.append((slogan.at, "slogan", slogan.programme))
    row = stored.next_due(db, now)
    if row is not None and row.due_at is not None:
        found.append((row.due_at, "broadcast", row.code))
    return found


def was_told(db: Transaction) -> bool:
    """Whether a broadcast has reached anybody."""
    return any(progress.read(db, row, row.created_at).sent for row in stored.latest(db, 1))


def happened(db: Transaction, office: Office, now: datetime) -> list[tuple[datetime, str]]:
    """What was told to members lately."""
    text = office.catalogue.text
    told = []
    for row in stored.latest(db, 5):
        if row.confirmed_at is not None:
            values = {"code": row.code, "count": row.expected}
            told.append((row.confirmed_at, text("demo.happened_broadcast", values)))
        if row.finished_at is not None and row.state == Announcing.DONE:
            values = {"code": row.code, "count": progress.read(db, row, now).sent}
            told.append((row.finished_at, text("demo.happened_told", values)))
    for at, programme_id, count in facts.latest_slogans(db):
        programme = programmes.by_id(db, programme_id)
        if programme is not None:
            told.append((at, text("demo.happened_slogan", {"name": programme.name, "count": count})))
    return told
