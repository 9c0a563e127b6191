"""Roles in the chat: handing one on by a one-time code, ending one, being away for a while."""

from __future__ import annotations

from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import Effect, EndRole, GoAway, InviteOfficer, Menu
from handlers.flows.world import World
from handlers.text.readers import clean
from messages.types import Choice

LONGEST_UNIT = 40


def _steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    return (
        Step("unit", _ask_unit, _read_unit, free=True),
        Step("role", _ask_role, _read_role),
    )


def _ask_unit(_answers: Answers, world: World) -> Ask:
    return Ask("people.invite_unit", {}, world.people_desk.units())


def _read_unit(given: Given, _answers: Answers, world: World) -> Reading:
    code = (given.key or clean(given.text or "")[:LONGEST_UNIT]).upper()
    if not world.people_desk.roles(code):
        return Again(Ask("people.invite_unit_unknown", {"typed": code}, world.people_desk.units()))
    return Accepted(code)


def _ask_role(answers: Answers, world: World) -> Ask:
    keys = [f"role_{role}" for role in world.people_desk.roles(answers["unit"])]
    keys.insert(1, "role_deputy")
    choices = tuple(Choice(key, world.words.label(key)) for key in keys)
    return Ask("people.invite_role", {"unit": world.people_desk.unit_name(answers["unit"])}, choices)


def _read_role(given: Given, answers: Answers, world: World) -> Reading:
    if given.key is None:
        return Again(_ask_role(answers, world))
    return Accepted(given.key.removeprefix("role_"))


def _invite(answers: Answers, _world: World) -> tuple[Effect, ...]:
    deputy = answers["role"] == "deputy"
    return (InviteOfficer(answers["unit"], "officer" if deputy else answers["role"], deputy),)


INVITE = Form("invite", _steps, _invite, kept=False)


def _ask_sure(answers: Answers, world: World) -> Ask:
    choices = (Choice("yes", world.words.label("end_role")), Choice("no", world.words.label("back_to_menu")))
    return Ask("people.end_sure", world.people_desk.held(answers["appointment"]), choices)


def _read_sure(given: Given, answers: Answers, world: World) -> Reading:
    match given.key:
        case "yes":
            return Accepted("yes")
        case "no":
            return Leave((Menu(),))
        case _:
            return Again(_ask_sure(answers, world))


def _end(answers: Answers, _world: World) -> tuple[Effect, ...]:
    return (EndRole(answers["appointment"]),)


END = Form(
    "end_role",
    lambda _answers, _world: (Step("sure", _ask_sure, _read_sure, lasting=False),),
    _end,
    kept=False,
)


def _ask_last(_answers: Answers, world: World) -> Ask:
    return Ask("people.absence_ask", {"days": world.people_desk.longest_absence})


def _read_last(given: Given, answers: Answers, world: World) -> Reading:
    typed = clean(given.text or "")[:LONGEST_UNIT]
    if world.people_desk.last_day(typed) is None:
        return Again(Ask("people.absence_invalid", {"days": world.people_desk.longest_absence}))
    return Accepted(typed)


def _away(answers: Answers, world: World) -> tuple[Effect, ...]:
    return (GoAway(world.people_desk.last_day(answers["last"])),)


AWAY = Form(
    "away",
    lambda _answers, _world: (Step("last", _ask_last, _read_last, free=True),),
    _away,
    kept=False,
)
