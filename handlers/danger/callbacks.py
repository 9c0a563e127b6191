"""«Nhờ gọi lại»: asked for with one number and one yes, pushed to one named officer at any hour, and climbing.

Within one working hour somebody is to have called; then the level above is asked once, then those who run the whole.
Whoever asked hears of each step. Nothing else is kept, and nothing of it says what they were writing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.danger import callers
from handlers.danger.callers import Caller
from handlers.errors import Refusal
from handlers.office import Office
from handlers.reaching import promises, reach
from handlers.text.terms import CALLBACK_DAYS
from messages.filters import phone_words
from messages.types import Address, Choice, Say
from storage import audit, callbacks, members, outbox, transcript, units
from storage.callbacks import Asked
from storage.database import Transaction
from storage.tables import Callback, Member, Priority

QUESTION = "calling"
"""What an officer's buttons answer: `calling@ID`."""
TOPIC = "callback"
TERMS = "callback.terms"
HIGHEST = 2
"""Above the first it climbs to the level above, then to those who run the whole."""
SLICE = 50


# --- asking ---


@dataclass(frozen=True, slots=True)
class Promised:
    """Who is asked to call, and by when."""

    officer: str
    unit: str
    due: datetime


def waiting(db: Transaction, actor: Actor, here: Address) -> Callback | None:
    """What somebody asked for before, here or as a member, and nobody has called yet."""
    return next(iter(callbacks.of(db, actor.member_id, [here])), None)


def possible(db: Transaction, office: Office, actor: Actor, at: str | None, now: datetime) -> list[Caller]:
    """Who could call: of the unit named in what is being written, else of the own, else of the only top there is."""
    me = _member(db, actor)
    own = units.by_id(db, me.unit_id) if me is not None and me.unit_id is not None else None
    code, place = at or (own.code if own else None), me.place if me else None
    levels = callers.line_of(db, code, place, now)
    return callers.offered(db, office, levels, now, but=actor.member_id)


@act(
    Needs.ANYBODY,
    tells="the officer who is to call",
    unaudited="of who asked nothing is kept but the number, until somebody called, and a member's agreement by its day",
)
def ask(
    db: Transaction,
    office: Office,
    actor: Actor,
    here: Address,
    *,
    phone: str,
    caller: str | None,
    at: str | None,
    hidden: bool,
    now: datetime,
) -> Promised:
    """Ask to be called at a number: it is kept, and an officer told at once, by night as by day.

    `caller` is the key of the one that was chosen of those who could call; `at` the code of the unit named in what is
    being written; `hidden` whether that may stay without a name. Raises Refusal: nobody can call, or one is to already.
    """
    found = possible(db, office, actor, at, now)
    chosen = next((one for one in found if one.key == caller), next(iter(found), None))
    if chosen is None or waiting(db, actor, here) is not None:
        raise Refusal("callback.nobody", contact=office.contact)
    due, asked = callers.by_when(now), _asked(db, office, actor, here, chosen, phone=phone, hidden=hidden, now=now)
    assert chosen.unit.id is not None
    row = callbacks.add(
        db,
        asked,
        callback_id=office.new_id(),
        unit_id=chosen.unit.id,
        due_at=due,
        expires_at=now + timedelta(days=CALLBACK_DAYS),
    )
    if not _push(db, office, row, asked, chosen, now):
        _climb(db, office, row, asked, now)
    return Promised(chosen.name, chosen.unit.name, due)


def _asked(
    db: Transaction,
    office: Office,
    actor: Actor,
    here: Address,
    caller: Caller,
    *,
    phone: str,
    hidden: bool,
    now: datetime,
) -> Asked:
    """What is kept of it, with the fingerprint of the terms as they were shown."""
    me = _member(db, actor)
    values = {
        "officer": caller.name,
        "unit": caller.unit.name,
        "at": callers.by_when(now),
        "full_name": me.name if me else None,
        "hidden": hidden,
        "days": CALLBACK_DAYS,
    }
    proof = hashlib.sha256(office.catalogue.text(TERMS, values).encode()).hexdigest()
    midnight = reach.midnight(now)
    if actor.member_id is not None:
        callbacks.agree(db, actor.member_id, version=proof[:12], text_hash=proof, at=midnight)
    return Asked(
        phone=phone,
        name=me.name if me else None,
        account=here.account,
        chat=here.chat,
        member_id=actor.member_id,
        told=(caller.member_id,),
        text_hash=proof,
        day=f"{midnight:%Y-%m-%d}",
    )


def _member(db: Transaction, actor: Actor) -> Member | None:
    return members.by_id(db, actor.member_id) if actor.member_id is not None else None


# --- calling ---


@act(Needs.ROLE, audit="callback.called", tells=("whoever asked", "the officers who were asked to call"))
def called(db: Transaction, office: Office, actor: Actor, callback_id: str, *, now: datetime) -> None:
    """An officer has called: the number goes. Raises Refusal where it is over, or they were not asked."""
    row, asked = _given(db, actor, callback_id)
    me = _member(db, actor)
    officer = me.name if me else None
    callbacks.drop(db, row.id)
    _record(db, actor, "callback.called", row, now)
    _tell(db, office, asked, Say("callback.called", {"officer": officer, "contact": office.contact}), now)
    for other in asked.told:
        if other != actor.me:
            say = Say("callback.settled", {"phone": asked.phone, "officer": officer})
            notices.push(db, office, other, say, topic=TOPIC, once=None, now=now, forget=True)


@act(Needs.ROLE, audit="callback.not_called", tells=("whoever asked", "the next officer who could call"))
def not_called(db: Transaction, office: Office, actor: Actor, callback_id: str, *, now: datetime) -> None:
    """An officer could not call: the next is asked at once. Raises Refusal where it is over, or they were not asked."""
    row, asked = _given(db, actor, callback_id)
    _record(db, actor, "callback.not_called", row, now)
    if asked.told[-1] == actor.me:
        _climb(db, office, row, asked, now)


def _given(db: Transaction, actor: Actor, callback_id: str) -> tuple[Callback, Asked]:
    """A call that this officer was asked to make, and still may."""
    row = callbacks.by_id(db, callback_id)
    asked = callbacks.read(db, row) if row is not None else None
    if row is None or asked is None or not actor.roles or actor.me not in asked.told:
        raise Refusal("callback.gone")
    return row, asked


def _record(db: Transaction, actor: Actor, action: str, row: Callback, now: datetime) -> None:
    """By the day: whoever asked may be writing something without a name."""
    day = reach.midnight(now)
    audit.record(db, action=action, actor_id=actor.me, now=day, unit_id=row.unit_id)


@act(
    Needs.PROGRAM,
    tells=("whoever asked", "the next officer who could call"),
    unaudited="nobody did anything: that is what it looks for",
)
def look(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> None:
    """What the clock does: calls that were not made climb; numbers past their days are dropped. Raises NoRight."""
    actors.require_program(actor)
    callbacks.expire(db, now)
    for row in callbacks.due(db, now, SLICE):
        if (asked := callbacks.read(db, row)) is not None:
            _climb(db, office, row, asked, now)
        else:
            callbacks.drop(db, row.id)


def _climb(db: Transaction, office: Office, row: Callback, asked: Asked, now: datetime) -> None:
    """The next who could call is asked; where nobody is left, whoever asked is told so."""
    if row.due_at is None:
        return
    level, caller = row.level, None
    while caller is None and level < HIGHEST:
        level += 1
        above = units.ancestors(db, row.unit_id)
        if level < HIGHEST:
            caller = callers.nearest(db, office, above, now, but=asked.told)
        else:
            caller = callers.of_staff(db, office, row.unit_id, now, but=asked.told)
    if caller is None:
        if callbacks.climb(db, row, asked, unit_id=row.unit_id, level=HIGHEST + 1, due_at=None):
            _tell(db, office, asked, Say("callback.failed", {"contact": office.contact}), now)
        return
    due, further = callers.by_when(now), asked.told_also(caller.member_id)
    assert caller.unit.id is not None
    if callbacks.climb(db, row, further, unit_id=caller.unit.id, level=level, due_at=due):
        values = {"officer": caller.name, "unit": caller.unit.name, "at": due}
        _tell(db, office, asked, Say("callback.passed_on", values), now)
        _push(db, office, row, further, caller, now)


def _push(db: Transaction, office: Office, row: Callback, asked: Asked, caller: Caller, now: datetime) -> bool:
    """Tell an officer, by night as by day."""
    label = office.catalogue.label
    values = {
        "phone": asked.phone,
        "full_name": asked.name,
        "unit": caller.unit.name,
        "at": row.due_at,
        "climbed": row.level > 0,
    }
    choices = tuple(Choice(key, label(f"callback.{key}")) for key in ("called", "not_called"))
    say = Say("callback.please", values, choices, f"{QUESTION}@{row.id}")
    told = notices.push(db, office, caller.member_id, say, topic=TOPIC, once=None, now=now, forget=True)
    return isinstance(told, promises.Now)


def _tell(db: Transaction, office: Office, asked: Asked, say: Say, now: datetime) -> None:
    """Whoever asked hears of it in the chat they asked in."""
    notices.enqueue(
        db,
        office,
        asked.address,
        say,
        member_id=asked.member_id,
        topic=TOPIC,
        priority=Priority.NOTICE,
        now=now,
        forget=True,
    )


# --- forgetting ---


def forget(db: Transaction, member_id: int) -> None:
    """A member takes their agreement back or is erased: their number goes, also from what officers were shown."""
    where = [Address(row.account, row.chat) for row in members.addresses(db, member_id)]
    for row in callbacks.of(db, member_id, where):
        if (asked := callbacks.read(db, row)) is not None:
            shown = phone_words(asked.phone)
            outbox.forget_mentions(db, asked.told, lambda text, shown=shown: shown in text)  # type: ignore[misc]
            for address in _chats(db, asked.told):
                transcript.forget_mentions(db, address, lambda text, shown=shown: shown in text)  # type: ignore[misc]
        callbacks.drop(db, row.id)


def _chats(db: Transaction, member_ids: Sequence[int]) -> list[Address]:
    return [Address(row.account, row.chat) for number in member_ids for row in members.addresses(db, number)]
