"""«Nhờ gọi lại»: asked for with one number and one yes, pushed to one named officer at any hour, and climbing.

Within one working hour somebody is to have called; then the level above is asked once, then those who run the whole.
Whoever asked hears of each step. Nothing else is kept, and nothing of it says what they were writing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers import notices
from handlers.chat.context import Context
from handlers.chat.forms import RESUMED, begin
from handlers.danger import callers
from handlers.danger.callers import Caller
from handlers.flows.callback import AT, FORM, HIDDEN
from handlers.flows.engine import advance, open_form
from handlers.flows.form import Draft, Turn
from handlers.flows.outcomes import AskCallback, Menu
from handlers.flows.world import World
from handlers.office import Office
from handlers.reaching import promises, reach
from handlers.text.terms import CALLBACK_DAYS
from messages.filters import phone_words
from messages.types import Address, Choice, Say
from storage import appointments, callbacks, members, outbox, transcript, units
from storage.callbacks import Asked
from storage.database import Transaction
from storage.tables import Callback, Priority, Right

QUESTION = "calling"
"""What an officer's buttons answer: `calling@ID`."""
WAYS = "danger"
"""What the ways on from such a moment answer (handlers/chat/danger.py)."""
TOPIC = "callback"
TERMS, PHONE = "callback.terms", "callback.phone"
"""What a stranger may answer: the words are also the topics under which they were promised."""
NEWCOMER = "new"
HIGHEST = 2
"""Above the first it climbs to the level above, then to those who run the whole."""
SLICE = 50


# --- asking ---


def start(context: Context, world: World, *, hidden: bool, at: str | None) -> Turn | None:
    """Ask for what is needed, or say for when a call is promised already."""
    if (waiting := _waiting(context)) is not None:
        context.say("callback.already", at=waiting.due_at, contact=context.office.contact)
        return None
    if context.known is None:
        return open_form(FORM, Draft(FORM.name, NEWCOMER), world)
    return begin(context, world, FORM.name, {HIDDEN: hidden, AT: at})


def go_on(context: Context, world: World) -> Turn:
    """An answer of somebody without an agreement in force; of a stranger nothing is kept before the number."""
    draft = context.talk.draft
    if draft is None:
        answers = {} if context.asked == TERMS else {"terms": "yes"}
        draft = open_form(FORM, Draft(FORM.name, NEWCOMER, answers), world).draft
        assert draft is not None
    turn = advance(FORM, draft, context.inbound.event, world)
    return Turn(turn.draft, tuple(effect for effect in turn.effects if not isinstance(effect, Menu)), turn.left)


def ask(context: Context, wanted: AskCallback) -> None:
    """The number was given: keep it, tell the officer at once, say who calls and by when."""
    db, office, now = context.db, context.office, context.now
    found = possible(context, wanted.at)
    caller = next((one for one in found if one.key == wanted.caller), next(iter(found), None))
    if caller is None or _waiting(context) is not None:
        context.say("callback.nobody", contact=office.contact)
        return
    due, asked = callers.by_when(now), _asked(context, caller, wanted)
    assert caller.unit.id is not None
    row = callbacks.add(
        db,
        asked,
        callback_id=office.new_id(),
        unit_id=caller.unit.id,
        due_at=due,
        expires_at=now + timedelta(days=CALLBACK_DAYS),
    )
    values = {"officer": caller.name, "unit": caller.unit.name, "at": due, "phone": wanted.phone}
    context.said.append(Say("callback.done", values, _on_from_here(context), WAYS if context.known else ""))
    if not _push(db, office, row, asked, caller, now):
        _climb(db, office, row, asked, now)


def _on_from_here(context: Context) -> tuple[Choice, ...]:
    """Back to what was being written, where there is such; a stranger has nothing to go back to."""
    if context.known is None:
        return ()
    keys = ("write_on", "menu") if context.talk.drafts.keys() & set(RESUMED) else ("menu",)
    return tuple(Choice(key, context.office.catalogue.label(f"danger.{key}")) for key in keys)


def possible(context: Context, at: str | None) -> list[Caller]:
    """Who could call: of the unit named in what is being written, else of the own, else of the only top there is."""
    me = context.known.member if context.known else None
    own = units.by_id(context.db, me.unit_id) if me is not None and me.unit_id is not None else None
    code, place = at or (own.code if own else None), me.place if me else None
    levels = callers.line_of(context.db, code, place, context.now)
    return callers.offered(context.db, context.office, levels, context.now, but=_me(context))


def _asked(context: Context, caller: Caller, wanted: AskCallback) -> Asked:
    """What is kept of it, with the fingerprint of the terms as they were shown."""
    known, here = context.known, context.inbound.address
    values = {
        "officer": caller.name,
        "unit": caller.unit.name,
        "at": callers.by_when(context.now),
        "full_name": known.member.name if known else None,
        "hidden": wanted.hidden,
        "days": CALLBACK_DAYS,
    }
    proof = hashlib.sha256(context.office.catalogue.text(TERMS, values).encode()).hexdigest()
    midnight = reach.midnight(context.now)
    if known is not None:
        callbacks.agree(context.db, context.my_id, version=proof[:12], text_hash=proof, at=midnight)
    return Asked(
        phone=wanted.phone,
        name=known.member.name if known else None,
        account=here.account,
        chat=here.chat,
        member_id=known.member.id if known else None,
        told=(caller.member_id,),
        text_hash=proof,
        day=f"{midnight:%Y-%m-%d}",
    )


def _waiting(context: Context) -> Callback | None:
    return next(iter(callbacks.of(context.db, _me(context), [context.inbound.address])), None)


def _me(context: Context) -> int | None:
    return context.my_id if context.known else None


# --- calling ---


def press(context: Context, question: str, key: str) -> None:
    """An officer has called, or could not."""
    db, office, now = context.db, context.office, context.now
    row = callbacks.by_id(db, question.partition("@")[2])
    asked = callbacks.read(db, row) if row is not None else None
    serves = row is not None and appointments.may(db, context.my_id, row.unit_id, Right.ANSWER, now)
    if row is None or asked is None or context.my_id not in asked.told or not (serves or context.appointments):
        context.say("callback.gone")
    elif key == "called":
        callbacks.drop(db, row.id)
        context.say("callback.thanks")
        _tell(db, office, asked, Say("callback.called", {"officer": context.me.name, "contact": office.contact}), now)
        for other in asked.told:
            if other != context.my_id:
                say = Say("callback.settled", {"phone": asked.phone, "officer": context.me.name})
                notices.push(db, office, other, say, topic=TOPIC, once=None, now=now, forget=True)
    else:
        context.say("callback.noted")
        if asked.told[-1] == context.my_id:
            _climb(db, office, row, asked, now)


def look(db: Transaction, office: Office, now: datetime) -> None:
    """What the clock does: calls that were not made climb; numbers past their days are dropped."""
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
