"""Whether the keys we were given are this database's: told before anything is sealed, opened or looked for with them.

The database keeps which keys seal and since when each was last used so, as `setting` rows "key:<mark>": a mark can be
made only with the key itself. Whoever serves must hold the key that was used last, and every one that another process
uses now. A database of before has no mark: there a key fits that opens what lies sealed in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, Table, delete, select
from sqlmodel import SQLModel, col

from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables import Setting

PREFIX = "key:"
PURPOSE = "key check"
LENGTH = 32
"""Hexadecimal digits of a mark."""
IN_USE = timedelta(seconds=30)
"""A key is in use for so long after a process last said so: three times as often as they do."""
SAMPLE = 3
"""Sealed values looked at in a column of a database without a mark, the newest."""


def fits(db: Transaction) -> bool:
    """Whether these keys can be worked with here."""
    used = _used(db)
    if not used:
        return _opens_what_is_there(db)
    ours, now, last = _marks(db), db.clock(), max(used.values())
    return all(mark in ours for mark, at in used.items() if at == last or now - at < IN_USE)


def use(db: Transaction) -> None:
    """Say that we seal with our newest key. Raises WrongKey: these keys are not this database's."""
    if not fits(db):
        raise WrongKey
    _note(db)


def adopt(db: Transaction) -> None:
    """From now on our newest key is this database's, whatever was used before."""
    db.execute(delete(Setting).where(col(Setting.key).startswith(PREFIX)))
    _note(db)


def _note(db: Transaction) -> None:
    """Over what another process, starting at the same moment, may have noted."""
    row = {"key": f"{PREFIX}{_marks(db)[0]}", "value": db.clock().isoformat()}
    db.write(Setting, row, replaces=("key",))


def _marks(db: Transaction) -> list[str]:
    """Of our keys, newest first."""
    return [digest[:LENGTH] for digest in db.seals.digests(PURPOSE)]


def _used(db: Transaction) -> dict[str, datetime]:
    """When each key was last said to be used, by its mark."""
    kept = select(col(Setting.key), col(Setting.value)).where(col(Setting.key).startswith(PREFIX))
    return {key.removeprefix(PREFIX): datetime.fromisoformat(at) for key, at in db.execute(kept)}


def _opens_what_is_there(db: Transaction) -> bool:
    """Whether something sealed opens, or nothing is sealed yet."""
    found = False
    for table in SQLModel.metadata.sorted_tables:
        for sealed in _sealed(db, table):
            if db.seals.opens(sealed):
                return True
            found = True
    return not found


def _sealed(db: Transaction, table: Table) -> Iterator[bytes]:
    newest = [column.desc() for column in table.primary_key]
    for column in table.columns:
        if isinstance(column.type, LargeBinary):
            asked = select(column).where(column.is_not(None)).order_by(*newest).limit(SAMPLE)
            yield from db.scalars(asked)
