"""What happens at the address of a file: the code of the chat opens it, a few wrong ones close it for good.

Offers are made in handlers/files/files.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import notices
from handlers.acts import Needs, act
from handlers.files.files import MOST_BYTES, Refusal, Upload, secret, store
from handlers.files.kinds import MEDIA_TYPES, kind_of
from handlers.office import Office
from messages.types import Say
from storage import audit, files
from storage.database import Transaction
from storage.files import Info
from storage.tables_files import FileLink

TICKET_LIFE = timedelta(minutes=10)
"""How long the right code lets one fetch: long enough for a phone that asks twice."""
MOST_WRONG = 5
"""With six digits and so few tries, guessing has one chance in two hundred thousand."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page may show before it knows who asks."""

    title: str
    incoming: bool
    most: int


@dataclass(frozen=True, slots=True)
class Served:
    """A file on its way to be saved."""

    name: str
    ending: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """What was kept."""

    files: tuple[Info, ...]


def show(db: Transaction, token: str, now: datetime) -> Shown | None:
    """What stands behind an address; None when it is not good any more."""
    row = _open(db, token, now)
    return Shown(row.title, row.file_id is None, row.most) if row else None


@act(Needs.CODE, audit="file.fetch")
def unlock(db: Transaction, office: Office, token: str, typed: str, now: datetime) -> str | Refusal:
    """Use the code up: a ticket with which the file may be fetched for a few minutes, more than once."""
    row = _unlocked(db, token, typed, now)
    if isinstance(row, Refusal):
        return row
    if row.file_id is None or not files.use(db, row, now):
        return Refusal.GONE
    ticket = secret(office)
    files.give_ticket(db, row, ticket, now + TICKET_LIFE)
    details = {"purpose": row.purpose, "subject": row.subject}
    audit.record(db, action="file.fetch", actor_id=row.member_id, now=now, subject=row.file_id, details=details)
    return ticket


@act(Needs.CODE, unaudited="the code that gave the ticket has left a row")
def fetch(db: Transaction, ticket: str, now: datetime) -> Served | None:
    """The file a ticket opens."""
    row = files.by_ticket(db, ticket, now)
    file = files.get(db, row.file_id) if row and row.file_id else None
    return Served(file.name, file.kind.value, MEDIA_TYPES[file.kind], file.content) if file else None


@act(Needs.CODE, audit="file.receive", tells="whoever was given the address")
def receive(
    db: Transaction, office: Office, token: str, typed: str, uploads: Sequence[Upload], now: datetime
) -> Received | Refusal:
    """Keep what was handed in, all of it or nothing, and say so in the chat. The code is used up only then."""
    row = _unlocked(db, token, typed, now)
    if isinstance(row, Refusal):
        return row
    if row.file_id is not None:
        return Refusal.GONE
    refusal = _fault(uploads, row.most)
    if refusal is not None:
        return refusal
    if not files.use(db, row, now):
        return Refusal.GONE
    kept = [
        store(db, office, purpose=row.purpose, subject=row.subject, member_id=row.member_id, upload=each, now=now)
        for each in uploads
    ]
    taken = tuple(info for info in kept if isinstance(info, Info))
    details: dict[str, str | int | None] = {"purpose": row.purpose, "files": len(taken)}
    audit.record(db, action="file.receive", actor_id=row.member_id, now=now, subject=row.subject, details=details)
    say = Say("files.received", {"title": row.title, "count": len(taken)})
    notices.push(db, office, row.member_id, say, topic="files", once=f"files:{row.digest[:24]}", now=now)
    return Received(taken)


def _fault(uploads: Sequence[Upload], most: int) -> Refusal | None:
    if not uploads:
        return Refusal.NOTHING
    if len(uploads) > most:
        return Refusal.TOO_MANY
    if any(len(each.content) > MOST_BYTES for each in uploads):
        return Refusal.TOO_BIG
    return Refusal.KIND if any(kind_of(each.content) is None for each in uploads) else None


def _open(db: Transaction, token: str, now: datetime) -> FileLink | None:
    row = files.link(db, token, now)
    return row if row and row.used_at is None and row.wrong < MOST_WRONG else None


def _unlocked(db: Transaction, token: str, typed: str, now: datetime) -> FileLink | Refusal:
    row = _open(db, token, now)
    if row is None:
        return Refusal.GONE
    digits = "".join(character for character in typed if character.isdigit())
    if files.opens(db, row, token, digits):
        return row
    return Refusal.WRONG if files.count_wrong(db, row) < MOST_WRONG else Refusal.GONE
