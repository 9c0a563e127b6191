"""What became of a broadcast's rows, at any size at once: most is counted already and kept with the broadcast.

`Broadcast.counted` holds the ids up to which every row was looked at (`to`), those of them that had not ended (`open`,
a few), and how many had ended how (`ended`). Rows go out in about the order of their ids: beyond `to` little has ended.

Other processes settle rows meanwhile, and each statement sees its own moment. So it is decided by one statement which
rows are open, and of the others alone it is counted how they ended: what is kept as open is counted when it is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select, union_all

from storage.database import Transaction
from storage.outbox import rows
from storage.tables import Broadcast, Sending

OPEN = (Sending.READY, Sending.CLAIMED, Sending.HELD)
ENDED = (Sending.SENT, Sending.FAILED, Sending.UNKNOWN, Sending.CANCELLED, Sending.EXPIRED)
MOST_OPEN = 500
"""Ids kept beside the counters."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows ended how, and how many still wait or fly."""

    ended: dict[Sending, int]
    withdrawn: dict[str, int]
    """Of those that were cancelled, by reason."""
    waiting: int


def fold(db: Transaction, broadcast: Broadcast) -> None:
    """Move `to` ahead and count what has ended up to there. Lock the broadcast first: nobody freezes, folds or sends
    again meanwhile; rows may end.
    """
    assert broadcast.id is not None
    mine, kept = rows.c.broadcast_id == broadcast.id, _kept(broadcast)
    still = _open_of(db, kept["open"])
    room = MOST_OPEN - len(still)
    if room <= 0:
        return
    ahead = _next(db, mine, kept["to"], room + 1)
    if len(ahead) > room:
        to, ahead = ahead[room] - 1, ahead[:room]
    else:
        to = db.connection().execute(select(func.max(rows.c.id)).where(mine)).scalar_one() or 0
    ended = Counter(kept["ended"])
    ended.update(_count(db, rows.c.id.in_(set(kept["open"]) - set(still))))
    ended.update(_count(db, and_(mine, rows.c.id > kept["to"], rows.c.id <= to, rows.c.id.not_in(ahead))))
    changed = {"to": to, "open": sorted({*still, *ahead}), "ended": dict(ended)}
    if changed != kept:
        broadcast.counted = changed
        db.flush()


def forget(broadcast: Broadcast) -> None:
    """Rows that had ended begin again: count anew."""
    broadcast.counted = {}


def read(db: Transaction, broadcast: Broadcast) -> Tally:
    """How it stands now."""
    assert broadcast.id is not None
    kept = _kept(broadcast)
    found = Counter(kept["ended"])
    found.update(_count(db, rows.c.id.in_(kept["open"])))
    found.update(_count(db, and_(rows.c.broadcast_id == broadcast.id, rows.c.id > kept["to"])))
    ended: Counter[Sending] = Counter()
    withdrawn: dict[str, int] = {}
    for key, number in found.items():
        state, _, reason = key.partition("/")
        ended[Sending(state)] += number
        if state == Sending.CANCELLED:
            withdrawn[reason] = number
    return Tally(dict(ended), withdrawn, broadcast.promised - ended.total())


def _kept(broadcast: Broadcast) -> dict[str, Any]:
    return {"to": 0, "open": [], "ended": {}, **broadcast.counted}


def _open_of(db: Transaction, numbers: list[int]) -> list[int]:
    waits = rows.c.state.in_([state.value for state in OPEN])
    return list(db.connection().execute(select(rows.c.id).where(rows.c.id.in_(numbers), waits)).scalars())


def _next(db: Transaction, mine: ColumnElement[bool], after: int, most: int) -> list[int]:
    """The first rows that are open, at one moment: one that is claimed or given back just now is among them."""
    parts = [
        select(rows.c.id)
        .where(mine, rows.c.state == state.value, rows.c.id > after)
        .order_by(rows.c.id)
        .limit(most)
        .subquery()
        for state in OPEN
    ]
    waiting = union_all(*(select(part.c.id) for part in parts)).subquery()
    return list(db.connection().execute(select(waiting.c.id).order_by(waiting.c.id).limit(most)).scalars())


def _count(db: Transaction, which: ColumnElement[bool]) -> Counter[str]:
    """By state, what was cancelled by reason too: `sent`, `cancelled/opted_out`. A state at a time, by the index."""
    parts = []
    for state in ENDED:
        by_reason = state is Sending.CANCELLED
        reason = func.coalesce(rows.c.reason, "") if by_reason else literal("")
        part = select(literal(state.value).label("state"), reason.label("reason"), func.count().label("number"))
        part = part.where(which, rows.c.state == state.value)
        parts.append(part.group_by(rows.c.reason) if by_reason else part)
    found: Counter[str] = Counter()
    for state, reason, number in db.connection().execute(union_all(*parts)):
        found[f"{state}/{reason}" if state == Sending.CANCELLED else state] += number
    return +found
