"""Named values of the installation itself."""

from __future__ import annotations

from typing import Any

from storage.database import Transaction
from storage.tables import Setting


def read(db: Transaction, key: str, default: Any = None) -> Any:
    """The value kept under a name, or the default."""
    kept = db.get(Setting, key)
    return default if kept is None else kept.value


def write(db: Transaction, key: str, value: Any) -> None:
    """Keep a value under a name."""
    kept = db.get(Setting, key)
    if kept is None:
        db.add(Setting(key=key, value=value))
    else:
        kept.value = value
