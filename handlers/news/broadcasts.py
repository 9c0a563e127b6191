"""Broadcasts (F5): drafted, confirmed by their number, frozen, held, resumed, cancelled.

Here is the life of one; who gets it is counted in `audience.py`, how far it is stands in `progress.py`. Staff come
through handlers/chat/broadcasts.py, the command line through bot/commands. Texts are worded and members asked about
once more when a row is claimed (handlers/reaching/last_look.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from handlers import actors, notices, revisions
from handlers.actors import Actor, NoRight
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.news import audience, progress
from handlers.office import Office
from messages import staff_text
from messages.types import Choice, Say
from storage import audiences, broadcasts, tallies, units
from storage.database import Transaction
from storage.tables import Announcing, Broadcast, Right, Unit

PREFIX = "TIN"
FOLLOWED = (Announcing.SENDING, Announcing.HELD)
"""States in which rows end, so that they are counted."""


@act(Needs.STAFF, audit="broadcast.create")
def create(
    db: Transaction,
    office: Office,
    actor: Actor,
    text: str,
    unit_code: str,
    *,
    now: datetime,
    right: Right | None = None,
) -> Broadcast:
    """Keep a draft. Raises Refusal for a text that cannot be sent, a unit that does not exist or is not theirs.

    News is staff's; with `right` it is the outcome of other work, told by whoever has the right to that.
    """
    fault = staff_text.fault(text)
    if fault is not None:
        raise Refusal(f"broadcast.text_{fault}", **fault_values(text))
    unit = units.by_code(db, unit_code)
    if unit is None or unit.id is None:
        raise Refusal("broadcast.no_unit", unit=unit_code.strip().upper())
    if not _has_right(db, actor, unit.id, right, now):
        raise NoRight("rights.none")
    code, author_id = _free_code(db, office, now), actor.member_id
    row = Broadcast(code=code, text=text, unit_id=unit.id, author_id=author_id, created_at=now)
    broadcasts.add(db, row)
    _record(db, "create", row, actor=actor, now=now)
    return row


def fault_values(text: str) -> Mapping[str, object]:
    """What the words about a bad text may need."""
    return {"limit": staff_text.LIMIT, "count": len(text), "most": staff_text.MOST_VARIABLES, "fields": fields()}


def fields() -> list[str]:
    """The variables as staff write them."""
    return [f"{{{{ {field} }}}}" for field in staff_text.FIELDS]


@act(Needs.STAFF, audit="broadcast.confirm", tells="its audience", revision=True)
def confirm(
    db: Transaction,
    office: Office,
    actor: Actor,
    code: str,
    recipients: int,
    *,
    at: datetime | None,
    now: datetime,
    right: Right | None = None,
    seen: int | None = None,
) -> Broadcast:
    """Let it go, at once or at a moment, when the number typed is that of its recipients. Raises Refusal.

    Counting a large audience is looked up beside (handlers/beside.py).
    """
    row = find(db, actor, code, now, right=right)
    broadcasts.lock(db, row)
    if row.state != Announcing.DRAFT:
        raise Refusal("broadcast.confirmed_before", code=row.code)
    _unchanged(row, seen)
    unit = unit_of(db, row)
    starts = audience.start(office, at, now)
    counted = audience.count(db, office, unit, starts, now).recipients
    if counted == 0:
        raise Refusal("broadcast.nobody")
    if counted != recipients:
        raise Refusal("broadcast.wrong_number", typed=recipients, recipients=counted)
    row.state, row.due_at, row.expected, row.confirmed_at = Announcing.FREEZING, starts, counted, now
    row.revision += 1
    _record(db, "confirm", row, actor=actor, now=now)
    _freeze(db, office, row, unit, now)
    return row


@act(Needs.STAFF, audit="broadcast.pause", revision=True)
def hold(db: Transaction, actor: Actor, code: str, *, now: datetime, seen: int | None = None) -> Broadcast:
    """Stop with the next claim; what is in flight arrives."""
    row = _standing(db, actor, code, now, seen, Announcing.FREEZING, Announcing.SENDING)
    row.state = Announcing.HELD
    row.revision += 1
    _record(db, "pause", row, actor=actor, now=now)
    return row


@act(Needs.STAFF, audit="broadcast.resume", revision=True)
def resume(db: Transaction, actor: Actor, code: str, *, now: datetime, seen: int | None = None) -> Broadcast:
    """Go on where it was held."""
    row = _standing(db, actor, code, now, seen, Announcing.HELD)
    row.state = Announcing.FREEZING if row.frozen_at is None else Announcing.SENDING
    row.revision += 1
    _record(db, "resume", row, actor=actor, now=now)
    return row


@act(Needs.STAFF, audit="broadcast.cancel", revision=True)
def cancel(db: Transaction, actor: Actor, code: str, *, now: datetime, seen: int | None = None) -> Broadcast:
    """Send no more of it, ever; what is in flight arrives."""
    row = _standing(
        db, actor, code, now, seen, Announcing.DRAFT, Announcing.FREEZING, Announcing.SENDING, Announcing.HELD
    )
    row.state = Announcing.CANCELLED
    assert row.id is not None
    broadcasts.withdraw(db, row.id)
    row.revision += 1
    _record(db, "cancel", row, actor=actor, now=now)
    return row


@act(Needs.STAFF, audit="broadcast.send_again", revision=True)
def send_again(db: Transaction, actor: Actor, code: str, *, now: datetime, seen: int | None = None) -> int:
    """Send once more where nobody can say whether it arrived; how many."""
    row = _standing(db, actor, code, now, seen, Announcing.SENDING, Announcing.HELD, Announcing.DONE)
    assert row.id is not None
    again = broadcasts.send_unknown_again(db, row.id)
    if again and row.state == Announcing.DONE:
        row.state, row.finished_at = Announcing.SENDING, None
    if again:
        tallies.forget(row)
        row.resent += 1
        row.revision += 1
        _record(db, "send_again", row, actor=actor, now=now)
    return again


@act(Needs.PROGRAM, tells="its author, once it is sent", unaudited="the broadcast keeps when each step came")
def tick(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> bool:
    """What the clock does: freeze on, count on, finish what is sent, sweep up what was cancelled; a slice of each.

    Whether there is more to freeze or to sweep up.
    """
    actors.require_program(actor)
    more = False
    for row in broadcasts.locked_in_state(db, Announcing.FREEZING):
        _freeze(db, office, row, unit_of(db, row), now)
        more = more or row.state == Announcing.FREEZING
    for row in [one for state in FOLLOWED for one in broadcasts.locked_in_state(db, state)]:
        tallies.fold(db, row)
        if row.state == Announcing.SENDING and _is_over(db, row, now):
            row.state, row.finished_at = Announcing.DONE, now
            _tell_author(db, office, row, now)
    for row in broadcasts.unswept(db):
        assert row.id is not None
        swept = broadcasts.withdraw(db, row.id)
        tallies.fold(db, row)
        more = more or swept > 0
        row.finished_at = row.finished_at if swept else now
    return more


def _is_over(db: Transaction, row: Broadcast, now: datetime) -> bool:
    assert row.id is not None
    return row.due_at is not None and row.due_at <= now and not broadcasts.is_under_way(db, row.id)


def find(db: Transaction, actor: Actor, code: str, now: datetime, *, right: Right | None = None) -> Broadcast:
    """The broadcast of a code, however it was typed. Raises NoRight where there is none, and in the same words where
    it is not theirs.
    """
    row = broadcasts.by_code(db, code)
    if row is None or not _has_right(db, actor, row.unit_id, right, now):
        raise NoRight("broadcast.no_code", code=code.strip().upper())
    return row


def unit_of(db: Transaction, row: Broadcast) -> Unit:
    """The unit whose members, and those of all below, it is for."""
    unit = units.by_id(db, row.unit_id)
    assert unit is not None
    return unit


def _freeze(db: Transaction, office: Office, row: Broadcast, unit: Unit, now: datetime) -> None:
    assert row.due_at is not None
    if not audiences.freeze(db, row, unit, audience.when(db, office, row.due_at, now), now=now):
        row.state, row.frozen_at = Announcing.SENDING, now


def _has_right(db: Transaction, actor: Actor, unit_id: int, right: Right | None, now: datetime) -> bool:
    return actor.runs(db, unit_id, now) if right is None else actor.may(db, right, unit_id)


def _standing(
    db: Transaction, actor: Actor, code: str, now: datetime, seen: int | None, *states: Announcing
) -> Broadcast:
    """Their broadcast as they saw it, in one of these states until the transaction ends: the clock may be freezing it
    in another process.
    """
    row = find(db, actor, code, now)
    broadcasts.lock(db, row)
    if row.state not in states:
        raise Refusal("broadcast.not_now", code=row.code, state=row.state)
    _unchanged(row, seen)
    return row


def _unchanged(row: Broadcast, seen: int | None) -> None:
    """Nobody else did anything with it. What the clock does with it changes nothing that somebody decided."""
    revisions.compare(row, seen, "broadcast.changed", code=row.code)


def _tell_author(db: Transaction, office: Office, row: Broadcast, now: datetime) -> None:
    if row.author_id is None:
        return
    told = progress.read(db, row, now)
    label = office.catalogue.label
    choices = (Choice("send_again", label("send_again")),) if told.unknown else ()
    values = {
        "code": told.code,
        "sent": told.sent,
        "failed": told.failed,
        "skipped": told.skipped,
        "unknown": told.unknown,
        "minutes": told.minutes,
    }
    say = Say("staff.result", values, choices, f"broadcast@{row.code}.{row.revision}" if choices else "")
    once = f"broadcast-result:{row.id}:{row.resent}"
    notices.push(db, office, row.author_id, say, topic="staff", once=once, now=now)


def _free_code(db: Transaction, office: Office, now: datetime) -> str:
    while True:
        code = office.new_code(PREFIX, now)
        if broadcasts.by_code(db, code) is None:
            return code


def _record(db: Transaction, step: str, row: Broadcast, *, actor: Actor, now: datetime) -> None:
    details = {"expected": row.expected, "due": row.due_at.isoformat() if row.due_at else None}
    actors.record(db, actor, f"broadcast.{step}", now=now, subject=row.code, unit_id=row.unit_id, details=details)
