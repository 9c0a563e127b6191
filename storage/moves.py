"""Moves: a chat that goes on under another id takes its address and what waits for it along."""

from __future__ import annotations

from sqlalchemy import and_, exists
from sqlmodel import SQLModel

from messages.types import Address
from storage.database import Transaction
from storage.outbox import rows
from storage.tables import Sending

_addresses = SQLModel.metadata.tables["address"]
_known = _addresses.alias("known")
WAITING = (Sending.READY.value, Sending.HELD.value)


def follow(db: Transaction, address: Address, chat: str) -> None:
    """From now on write to `chat`. Where somebody is known there already, the old address stays as it is."""
    here = and_(_addresses.c.account == address.account, _addresses.c.chat == address.chat)
    taken = exists().where(_known.c.account == address.account, _known.c.chat == chat)
    db.connection().execute(_addresses.update().where(here, ~taken).values(chat=chat))
    waiting = and_(rows.c.account == address.account, rows.c.chat == address.chat, rows.c.state.in_(WAITING))
    db.connection().execute(rows.update().where(waiting).values(chat=chat))
