"""Of two people who saw the same, the second does not overwrite the first: what was seen is compared with what is."""

from __future__ import annotations

from typing import Protocol

from handlers.errors import Refusal
from storage.database import Transaction


class Counted(Protocol):
    """A row that counts its changes."""

    revision: int


class Changed(Refusal):
    """It is no longer as it was shown: whoever asked looks at it anew."""


def compare(row: Counted, seen: int | None, key: str, **values: object) -> None:
    """Raises Changed, with these words, when a row was changed since it was `seen`; None: nobody says they looked."""
    if seen is not None and row.revision != seen:
        raise Changed(key, **values)


def hold(db: Transaction, row: Counted, seen: int | None, key: str, **values: object) -> None:
    """The same, and nobody else changes the row before this transaction ends. Whoever then does counts it up."""
    db.refresh(row, with_for_update=True)
    compare(row, seen, key, **values)
