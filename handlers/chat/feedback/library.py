"""The library of answers on the screen of whoever keeps it."""

from __future__ import annotations

from handlers.actors import NoRight
from handlers.chat.context import Context
from handlers.errors import Refusal
from handlers.feedback import library
from handlers.flows.outcomes import KeepAnswer
from messages import library as shipped
from messages.types import Choice, Say

DROP = "drop."
"""Before the number of the answer that is to go."""


def keep(context: Context, typed: KeepAnswer) -> None:
    """Add an answer to a unit's library."""
    answer = library.Answer(typed.topic, typed.title, typed.basis, typed.text)
    try:
        unit = library.keep(context.db, context.actor, typed.unit, answer, now=context.now)
    except NoRight:
        context.say("common.no_right", contact=context.office.contact)
        return
    context.say("care.library_kept", title=answer.title, unit=unit.name)


def show(context: Context) -> None:
    """What the member's units keep, each with a button that takes it out, and the way to add one."""
    try:
        rows = library.of_actor(context.db, context.actor)
    except NoRight:
        context.say("common.no_right", contact=context.office.contact)
        return
    label = context.office.catalogue.label
    values = {"rows": [(row.title, row.basis) for row in rows], "shipped": len(shipped.load())}
    labels = (f"{label('caring.drop')} {number}" for number, _ in enumerate(rows, 1))
    add = label("caring.add_answer")
    drops = (Choice(f"{DROP}{row.id}", words, words) for row, words in zip(rows, labels, strict=True))
    context.said.append(Say("care.library", values, (Choice("add", add, add), *drops), "library"))


def press(context: Context, key: str) -> bool:
    """A choice under the library; True: an answer is to be added."""
    if key == "add":
        return bool(library.run_by(context.actor))
    number = key.removeprefix(DROP)
    if not number.isdigit():
        context.say("common.old_button")
        return False
    try:
        row = library.drop(context.db, context.actor, int(number), now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return False
    context.say("care.library_dropped", title=row.title, text=row.text)
    return False
