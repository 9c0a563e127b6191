"""What is sent in a chat and wanted: promised in the turn, fetched by the account's channel, kept as a file.

Whether it is taken is decided by its first bytes and its size (handlers/files/files.py); it is never opened.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from handlers import notices
from handlers.chat.context import Context
from handlers.files import files
from handlers.files.files import MOST_BYTES, Refusal, Upload
from handlers.office import Office
from messages.types import Say
from storage import attachments as stored
from storage.database import Transaction

TRIES = 5
BACKOFF = timedelta(seconds=20)
FORGOTTEN = timedelta(days=2)
"""After this long nobody will fetch it: its account is gone from the settings."""

Wanted = stored.Wanted


def claim(db: Transaction, accounts: Collection[str], limit: int) -> list[Wanted]:
    """What these accounts' channels may fetch now."""
    return stored.claim(db, accounts, limit)


def want(context: Context, *, key: str, name: str, size: int | None, purpose: str, subject: str, title: str) -> bool:
    """Promise to fetch something for a subject; False, and said, when it is too large to begin with."""
    if size is not None and size > MOST_BYTES:
        context.say("awards.refused_too_big", title=title, megabytes=MOST_BYTES // 1024**2)
        return False
    stored.want(
        context.db,
        number=context.office.new_id() + context.office.new_id(),
        account=context.inbound.address.account,
        member_id=context.my_id,
        purpose=purpose,
        subject=subject,
        title=title,
        key=key,
        name=name,
        now=context.now,
    )
    return True


def forget(db: Transaction, now: datetime) -> None:
    """Drop what nobody fetched."""
    stored.forget(db, now - FORGOTTEN)


def fetched(db: Transaction, office: Office, wanted: Wanted, content: bytes, now: datetime) -> None:
    """Keep what was fetched, and say so; once, whoever else fetched it too."""
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
    _tell(db, office, wanted, f"refused_{kept.value}" if isinstance(kept, Refusal) else "received", now)


def failed(db: Transaction, office: Office, wanted: Wanted, now: datetime, *, lasting: bool) -> None:
    """It could not be fetched: tried again some times, then its sender is asked for it again."""
    if not lasting and wanted.attempts < TRIES:
        stored.later(db, wanted.id, BACKOFF * wanted.attempts)
    elif stored.drop(db, wanted.id):
        _tell(db, office, wanted, "refused_gone", now)


def _tell(db: Transaction, office: Office, wanted: Wanted, how: str, now: datetime) -> None:
    values = {"title": wanted.title, "megabytes": MOST_BYTES // 1024**2}
    say = Say(f"awards.{how}", values if how == "refused_too_big" else {"title": wanted.title})
    notices.push(db, office, wanted.member_id, say, topic="files", once=f"attachment:{wanted.id}", now=now)
