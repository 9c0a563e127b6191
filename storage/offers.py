"""Choices offered to many members at once, outside a turn of theirs; for one there is `conversations.offer`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, Integer, LargeBinary, bindparam, cast, func, select
from sqlmodel import SQLModel

from storage.database import Transaction
from storage.errors import WrongKey
from storage.lists import among

_talks = SQLModel.metadata.tables["conversation"]
_ONE_BY_ONE = _talks.update().where(_talks.c.member_id == bindparam("who")).values(kept=bindparam("kept"))
_arrays = (cast(bindparam("who"), ARRAY(Integer)), cast(bindparam("kept"), ARRAY(LargeBinary)))
_made = func.unnest(*_arrays).table_valued("who", "kept").render_derived()
_IN_ARRAYS = _talks.update().where(_talks.c.member_id == _made.c.who).values(kept=_made.c.kept)


def make(db: Transaction, asked: Mapping[int, Any]) -> None:
    """What was asked of each member last, from now on; where they stand in a form stays untouched."""
    held = db.connection().execute(
        select(_talks.c.member_id, _talks.c.kept).where(among(db, _talks.c.member_id, asked))
    )
    changed = [
        {"who": member_id, "kept": db.seals.seal({**_open(db, kept), "asked": asked[member_id]})}
        for member_id, kept in held.all()
    ]
    if changed and db.dialect == "postgresql":  # one round trip for all of them
        columns = {name: [row[name] for row in changed] for name in ("who", "kept")}
        db.connection().execute(_IN_ARRAYS, columns)
    elif changed:
        db.connection().execute(_ONE_BY_ONE, changed)


def _open(db: Transaction, kept: bytes | None) -> dict[str, Any]:
    try:
        return dict(db.seals.open(kept)) if kept is not None else {}
    except WrongKey:
        return {}
