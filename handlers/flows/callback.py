"""«Nhờ gọi lại»: who is to call, a yes to this use of the number, the number. Nothing else is asked."""

from __future__ import annotations

from dataclasses import replace

from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import AskCallback, Effect
from handlers.flows.records import Caller
from handlers.flows.world import World
from handlers.text.phones import PhoneOk, PhoneRepair, read_phone
from handlers.text.terms import CALLBACK_DAYS
from messages.types import Choice, Say

HIDDEN = "hidden"
"""An answer it begins with: whoever asks is writing something that may stay without a name."""
AT = "at"
"""The same: the code of the unit named in what is being written; without it the member's own is asked."""


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """The steps in order; the number comes last, so that it lies in no draft."""
    return STEPS


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """The number was given."""
    return (AskCallback(answers.get(AT), answers.get("caller"), answers["phone"], bool(answers.get(HIDDEN))),)


FORM = Form("callback", steps, complete, kept=False)


def _callers(answers: Answers, world: World) -> tuple[Caller, ...]:
    return world.callers(answers.get(AT))


def _several(answers: Answers, world: World) -> bool:
    return len(_callers(answers, world)) > 1


def _ask_caller(answers: Answers, world: World) -> Ask:
    callers = _callers(answers, world)
    rows = [(one.officer, one.unit, one.before) for one in callers]
    return Ask("callback.caller", {"rows": rows}, tuple(_choice(one.key, world) for one in callers))


def _read_caller(given: Given, answers: Answers, world: World) -> Reading:
    if given.key in {one.key for one in _callers(answers, world)}:
        return Accepted(given.key)
    return Again(_ask_caller(answers, world))


def _ask_terms(answers: Answers, world: World) -> Ask:
    callers = _callers(answers, world)
    wanted = next((one for one in callers if one.key == answers.get("caller")), callers[0] if callers else None)
    if wanted is None:
        return Ask("callback.nobody", {"contact": world.contact}, (_choice("drop", world),))
    values = {
        "officer": wanted.officer,
        "unit": wanted.unit,
        "at": wanted.before,
        "full_name": world.profile.full_name if world.profile else None,
        "hidden": bool(answers.get(HIDDEN)),
        "days": CALLBACK_DAYS,
    }
    return Ask("callback.terms", values, (_choice("take", world), _choice("drop", world)))


def _read_terms(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "take" and _callers(answers, world):
        return Accepted("yes")
    if given.key == "drop":
        return Leave((Say("callback.dropped", {"contact": world.contact}),))
    return Again(_ask_terms(answers, world))


def _ask_phone(_answers: Answers, world: World) -> Ask:
    known = world.profile.phone if world.profile else None
    choices = (replace(_choice("known", world), key=f"known.{known}"),) if known else ()
    return Ask("callback.phone", {"known": known}, choices)


def _read_phone(given: Given, _answers: Answers, _world: World) -> Reading:
    if given.key and given.key.startswith("known."):
        return Accepted(given.key.removeprefix("known."))
    match read_phone(given.contact.phone if given.contact else given.text or ""):
        case PhoneOk(value) | PhoneRepair(value):
            return Accepted(value)
        case _:
            return Again(Ask("callback.phone_invalid"))


def _choice(key: str, world: World) -> Choice:
    return Choice(key, world.words.label(f"callback.{key}"))


STEPS = (
    Step("caller", _ask_caller, _read_caller, applies=_several),
    Step("terms", _ask_terms, _read_terms),
    Step("phone", _ask_phone, _read_phone),
)
