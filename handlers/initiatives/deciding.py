"""What the unit that received an initiative decides: taking it in, asking for more, recognising it or not (F9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers import acts
from handlers.actors import Actor
from handlers.acts import Needs
from handlers.errors import Refusal
from handlers.initiatives import life as initiative_life
from handlers.initiatives import purview
from handlers.initiatives.life import TABLE, Act, Changed, Moved
from handlers.office import Office
from handlers.text.readers import NOTE_LENGTH
from storage import assignments, audit
from storage.database import Transaction
from storage.tables import Right

DECISIONS = (Act.RECEIVE, Act.NEED_MORE, Act.RECOGNISE, Act.DECLINE)
DECIDED = tuple(f"initiative.{TABLE[act].to}" for act in DECISIONS)


@acts.act(Needs.ROLE, audit=(*DECIDED, "initiative.agreed"), tells="author", revision=True)
def decide(
    db: Transaction,
    office: Office,
    actor: Actor,
    code: str,
    *,
    seen: int | None,
    act: Act,
    now: datetime,
    note: str | None = None,
    agreed: bool = False,
) -> Moved:
    """One of DECISIONS, with the right that the table of the life of an initiative asks for.

    `agreed`: the employer or head agrees with recognising it, which is kept (seed 000 II.2.1: appraised together with
    them). Raises Refusal: not theirs, or a note is due and does not fit; Changed.
    """
    assert act in DECISIONS
    record, place = purview.take(db, code, actor, now, seen=seen)
    if act not in purview.open_acts(db, record, place):
        raise Changed(record)
    if TABLE[act].noted and len(note or "") not in NOTE_LENGTH:
        raise Refusal("officer.note_invalid", code=code, limit=NOTE_LENGTH.stop - 1)
    unit_id, by_id = place.unit_id, actor.member_id
    moved = initiative_life.move(db, office, record, act, unit_id=unit_id, actor=actor, now=now, note=note)
    if act is Act.RECOGNISE and agreed:
        assert record.id is not None
        assignments.agree(db, record.id, unit_id, by_id=by_id, now=now)
        audit.record(db, actor_id=by_id, action="initiative.agreed", unit_id=unit_id, subject=record.code, now=now)
    return moved


@acts.act(Right.RECEIVE, audit="initiative.received", tells="author")
def receive_many(db: Transaction, office: Office, actor: Actor, codes: Sequence[str], *, now: datetime) -> list[Moved]:
    """Take in every one of these that is new and on the actor's desk; which were."""
    done = []
    for code in codes:
        try:
            done.append(decide(db, office, actor, code, seen=None, act=Act.RECEIVE, now=now))
        except Refusal:
            continue
    return done
