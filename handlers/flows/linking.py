"""One's chats: take a code for another one, type a code, unlink the others. A typed code may also make an officer."""

from __future__ import annotations

from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import Effect, Link, NewLinkCode, Unlink
from handlers.flows.world import World
from handlers.text.readers import clean, read_name
from handlers.text.terms import LINK_CODE_MINUTES, LINKING_FORM
from messages.types import Choice

LONGEST = 40


def steps(answers: Answers, world: World) -> tuple[Step, ...]:
    """The code, or what else is wanted; whoever becomes an officer by it has a name."""
    code = (Step("pairing", _ask, _read, free=True),)
    if "pairing" not in answers or not world.people_desk.is_unnamed(answers["pairing"]):
        return code
    return (*code, Step("officer_name", _ask_name, _read_name, free=True))


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """A code was typed."""
    return (Link(answers["pairing"], answers.get("officer_name")),)


FORM = Form(LINKING_FORM, steps, complete, kept=False)


def _ask(_answers: Answers, world: World) -> Ask:
    keys = ("link_code", *(("unlink",) if len(world.homes) > 1 else ()))
    choices = tuple(Choice(key, world.words.label(key)) for key in keys)
    return Ask("linking.menu", {"channels": world.homes, "minutes": LINK_CODE_MINUTES}, choices)


def _ask_name(_answers: Answers, _world: World) -> Ask:
    return Ask("officer.named")


def _read_name(given: Given, _answers: Answers, _world: World) -> Reading:
    name = read_name(given.text or "")
    return Accepted(name.value) if name else Again(Ask("officer.name_invalid"))


def _read(given: Given, _answers: Answers, _world: World) -> Reading:
    match given.key:
        case "link_code":
            return Leave((NewLinkCode(),))
        case "unlink":
            return Leave((Unlink(),))
        case _:
            return Accepted(clean(given.text or "")[:LONGEST])
