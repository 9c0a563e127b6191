"""What gives somebody a right by being known: one-time codes and links. Here they end all at once."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import SQLModel

from storage.database import Transaction

_pairings = SQLModel.metadata.tables["pairing"]
_link_codes = SQLModel.metadata.tables["link_code"]
_links = SQLModel.metadata.tables["file_link"]


def end_all(db: Transaction, now: datetime) -> None:
    """No code and no link that was given out before opens anything any more."""
    unused = _pairings.c.used_at.is_(None) & (_pairings.c.expires_at > now)
    db.connection().execute(_pairings.update().where(unused).values(expires_at=now))
    db.connection().execute(_link_codes.delete())
    ended = {"expires_at": now, "ticket": None, "ticket_until": None}
    db.connection().execute(_links.update().where(_links.c.expires_at > now).values(ended))
