"""What is sent in a chat and wanted: promised in the turn, fetched by the account's channel, kept as a file.

Whether it is taken is decided by its first bytes and its size (handlers/files/files.py); it is never opened.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.files import files
from handlers.files.files import MOST_BYTES, Upload
from handlers.office import Office
from messages.types import Say
from storage import attachments as stored
from storage import audit
from storage.audit import Detail
from storage.database import Transaction

TRIES = 5
BACKOFF = timedelta(seconds=20)
FORGOTTEN = timedelta(days=2)
"""After this long nobody will fetch it: its account is gone from the settings."""

Wanted = stored.Wanted


def claim(db: Transaction, accounts: Collection[str], limit: int) -> list[Wanted]:
    """What these accounts' channels may fetch now."""
    return stored.claim(db, accounts, limit)


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture or a file as it came in a chat; `key` is the channel's own."""

    key: str
    name: str
    size: int | None
    """Bytes, where the platform tells."""


def want(
    db: Transaction,
    office: Office,
    member_id: int,
    sent: Sent,
    *,
    account: str,
    purpose: str,
    subject: str,
    title: str,
    now: datetime,
) -> None:
    """Promise to fetch something for a subject; whose subject it is stands with the act that asks. Raises Refusal when
    it is too large to begin with.
    """
    if sent.size is not None and sent.size > MOST_BYTES:
        raise Refusal("awards.refused_too_big", title=title, megabytes=MOST_BYTES // 1024**2)
    stored.want(
        db,
        number=office.new_id() + office.new_id(),
        account=account,
        member_id=member_id,
        purpose=purpose,
        subject=subject,
        title=title,
        key=sent.key,
        name=sent.name,
        now=now,
    )


def forget(db: Transaction, now: datetime) -> None:
    """Drop what nobody fetched."""
    stored.forget(db, now - FORGOTTEN)


@act(Needs.PROGRAM, audit="file.receive", tells="whoever sent it")
def fetched(db: Transaction, office: Office, actor: Actor, wanted: Wanted, content: bytes, *, now: datetime) -> None:
    """Keep what was fetched, and say so; once, whoever else fetched it too. Raises NoRight."""
    actors.require_program(actor)
    if not stored.drop(db, wanted.id):
        return
    kept = files.store(
        db,
        office,
        purpose=wanted.purpose,
        subject=wanted.subject,
        member_id=None,
        upload=Upload(wanted.name, content),
        now=now,
    )
    if isinstance(kept, files.Refusal):
        _tell(db, office, wanted, f"refused_{kept.value}", now)
        return
    details: dict[str, Detail] = {"purpose": wanted.purpose, "files": 1}
    audit.record(db, action="file.receive", actor_id=wanted.member_id, now=now, subject=wanted.subject, details=details)
    _tell(db, office, wanted, "received", now)


@act(Needs.PROGRAM, tells="whoever sent it", unaudited="nothing was kept")
def failed(db: Transaction, office: Office, actor: Actor, wanted: Wanted, *, lasting: bool, now: datetime) -> None:
    """It could not be fetched: tried again some times, then its sender is asked for it again. Raises NoRight."""
    actors.require_program(actor)
    if not lasting and wanted.attempts < TRIES:
        stored.later(db, wanted.id, BACKOFF * wanted.attempts)
    elif stored.drop(db, wanted.id):
        _tell(db, office, wanted, "refused_gone", now)


def _tell(db: Transaction, office: Office, wanted: Wanted, how: str, now: datetime) -> None:
    values = {"title": wanted.title, "megabytes": MOST_BYTES // 1024**2}
    say = Say(f"awards.{how}", values if how == "refused_too_big" else {"title": wanted.title})
    notices.push(db, office, wanted.member_id, say, topic="files", once=f"attachment:{wanted.id}", now=now)
