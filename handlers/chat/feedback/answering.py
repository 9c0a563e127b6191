"""What an officer typed or pressed about an item, carried out and told (F11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from handlers.chat.context import Context
from handlers.chat.feedback.card import changed, receipt
from handlers.duties import dates
from handlers.errors import Refusal
from handlers.feedback import answering as acts
from handlers.feedback.answering import Answer, Explained, Petitioned, Resolved, Supported, Told
from handlers.feedback.card import Changed
from handlers.reaching import promises
from handlers.reaching.promises import Who
from messages.dates import last_day_of

WRITTEN = ("basis", "to", "officer", "deed", "text", "note")


def answer(context: Context, code: str, revision: int, what: str, told: Mapping[str, str]) -> None:
    """Carry out what was typed about what the officer saw; somebody else's change in between is not overwritten."""
    try:
        _answer(context, code, revision, what, told)
    except Changed:
        changed(context, code)
        context.give_back(code, *(told.get(key) for key in WRITTEN))
    except Refusal as refusal:
        context.refused(refusal)


def _answer(context: Context, code: str, revision: int, what: str, told: Mapping[str, str]) -> None:
    db, office, actor, now = context.db, context.office, context.actor, context.now
    match what:
        case "forwarded":
            note = told.get("note") or None
            tell(context, acts.forward(db, office, actor, code, note, seen=revision, now=now))
        case "helped":
            more = Supported(told["officer"], told["deed"], _day(context, told))
            receipt(context, acts.add_help(db, actor, code, more, seen=revision, now=now), "care.noted")
        case "promised":
            due = _day(context, told)
            receipt(context, acts.put_off(db, actor, code, due, seen=revision, now=now), "care.noted")
        case _:
            given = _given(context, what, told)
            tell(context, acts.answer(db, office, actor, code, given, seen=revision, now=now))


def _given(context: Context, what: str, told: Mapping[str, str]) -> Answer:
    match what:
        case "explained":
            return Explained(told["basis"], told["text"])
        case "petitioned":
            return Petitioned(told["to"], _day(context, told))
        case "supported":
            return Supported(told["officer"], told["deed"], _day(context, told))
        case _:
            return Resolved(told["text"])


def _day(context: Context, told: Mapping[str, str]) -> date | None:
    """The last day that was promised."""
    bound = dates.read_bound(told["due"], context.now) if told.get("due") else None
    return last_day_of(bound) if bound else None


def tell(context: Context, told: Told) -> None:
    """A receipt for the officer, and whether the authors know: beside an item without a name always the same words."""
    office, item = context.office, told.item
    if told.hidden:
        words = office.catalogue.text("told.unnamed", {})
    elif len(told.promises) == 1:
        words = promises.words(office, told.promises[0], Who.SENDER, phone=item.phone)
    else:
        words = promises.all_words(office, told.promises, Who.SENDER)
    receipt(context, item, told=words)
