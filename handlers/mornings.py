"""What came at night, told in the morning: one thing as it was worded, several as one message with their codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.office import Office
from handlers.reaching import reach
from messages.types import Choice, Say
from storage import awards, feedback, nights, submissions
from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables import NightNotice

ROUND = "morning round"
SLICE = 100
"""Officers of one look."""
LISTED = 5
"""Codes named of one kind of news, the oldest first."""
DAWN = datetime.min.replace(tzinfo=UTC)
"""For what has no moment: feedback."""
OFFICER, CARE = "officer", "care"
"""Topics: what mentions feedback is forgotten once it is sent."""
WAITING = ("officer.new_initiative", "officer.resubmitted", "inbox.assigned_to_you")
"""News of what somebody may have dealt with since."""


@act(Needs.PROGRAM, tells="officers for whom something came at night", unaudited="each message is a row of the outbox")
def tell(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> bool:
    """Tell a slice of those for whom something waited, once the quiet hours are over; whether there are more."""
    actors.require_program(actor)
    if reach.is_quiet(now, office.quiet_hours):
        return False
    members = nights.waiting(db, SLICE + 1)
    if not members or not db.lock_if_free(ROUND):
        return False
    for member_id in members[:SLICE]:
        _tell(db, office, member_id, now)
    return len(members) > SLICE


def _tell(db: Transaction, office: Office, member_id: int, now: datetime) -> None:
    rows = [row for row in nights.of_member(db, member_id) if not _is_over(db, row)]
    if len(rows) == 1:
        _say_it(db, office, rows[0], now)
    elif rows:
        _say_all(db, office, member_id, rows, now)
    nights.forget(db, member_id)


def _say_it(db: Transaction, office: Office, row: NightNotice, now: datetime) -> None:
    try:
        message = nights.read(db, row)
    except WrongKey:
        return
    notices.push_worded(db, office, row.member_id, message, topic=row.topic, once=None, now=now, forget=row.forget)


def _say_all(db: Transaction, office: Office, member_id: int, rows: Sequence[NightNotice], now: datetime) -> None:
    heard = any(row.forget for row in rows)
    by_key = sorted(rows, key=attrgetter("key"))
    groups = [_group(db, key, [row.about for row in those]) for key, those in groupby(by_key, attrgetter("key"))]
    groups.sort(key=lambda group: -group[1])
    inbox = (Choice("inbox", office.catalogue.label("open_inbox")),)
    say = Say("night.morning", {"count": len(rows), "rows": groups}, inbox, "menu")
    topic = CARE if heard else OFFICER
    notices.push(db, office, member_id, say, topic=topic, once=None, now=now, forget=heard)


def _group(db: Transaction, key: str, about: list[str]) -> tuple[str, int, list[str]]:
    """What happened, how often, the codes it happened to first."""
    moments = {code: record.updated_at for code in about if (record := submissions.by_code(db, code)) is not None}
    codes = sorted(about, key=lambda code: (moments.get(code, DAWN), code))
    return key.replace(".", "_"), len(codes), codes[:LISTED]


def _is_over(db: Transaction, row: NightNotice) -> bool:
    """Whether there is nothing to tell any more: dealt with, or taken back, in the same night."""
    if row.key in WAITING:
        record = submissions.by_code(db, row.about)
        return record is None or record.state not in submissions.WAITING
    if row.topic == CARE:
        item = feedback.by_code(db, row.about)
        gone = item is None or item.state == feedback.State.WITHDRAWN
        return gone and row.key != "officer.feedback_withdrawn"
    file = awards.by_code(db, row.about)
    return file is not None and (file.state == awards.State.SENT) != (row.key == "awards.arrived")
