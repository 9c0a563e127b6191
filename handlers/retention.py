"""What is not kept for longer than it is needed; what precedes an agreement goes after a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage import conversations, failures, files, inbox, oa_profiles, outbox, transcript, windows
from storage.database import Transaction

NEWCOMER = timedelta(hours=24)
"""How long a chat is known whose owner has not agreed to the notice."""
UPDATES = timedelta(days=3)
"""Longer than any platform delivers again (Telegram keeps updates for 24 hours)."""

FAILURES = timedelta(days=400)
"""Longer than a year, so that one season may be laid beside the last."""


def drop_old_drafts(db: Transaction, now: datetime) -> None:
    """Drafts past their seven days."""
    conversations.expire_drafts(db, now)


def forget_newcomers(db: Transaction, now: datetime) -> None:
    """The generic lines said to somebody who never agreed, and the chat they were said to."""
    outbox.forget_strangers(db, before=now - NEWCOMER)
    transcript.forget_strangers(db, before=now - NEWCOMER)
    windows.forget_strangers(db, before=now - NEWCOMER)
    oa_profiles.forget_strangers(db)


def drop_old_files(db: Transaction, now: datetime) -> None:
    """Files and links past their time."""
    files.expire(db, now)


def forget_failures(db: Transaction, now: datetime) -> None:
    """Counts of failed sends that nobody compares with any more."""
    failures.forget(db, before=failures.day_of(now - FAILURES))


def forget_updates(db: Transaction, now: datetime) -> None:
    """Marks of updates that no platform will deliver again."""
    inbox.forget(db, now - UPDATES)
