"""One's chats: take a code for another one, type a code, unlink the others. A typed code may also make an officer."""

from __future__ import annotations

from handlers.flows.form import Accepted, Answers, Ask, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import Effect, Link, NewLinkCode, Unlink
from handlers.flows.readers import clean
from handlers.flows.world import World
from messages.types import Choice

MINUTES = 3
"""How long a code is good for."""
ANSWER_MINUTES = 10
"""How long each of the two chats has to say yes, once asked."""
LONGEST = 40


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """One question: the code, or what else is wanted."""
    return (Step("pairing", _ask, _read, free=True),)


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """A code was typed."""
    return (Link(answers["pairing"]),)


FORM = Form("link", steps, complete, kept=False)


def _ask(_answers: Answers, world: World) -> Ask:
    keys = ("link_code", *(("unlink",) if len(world.homes) > 1 else ()))
    choices = tuple(Choice(key, world.words.label(key)) for key in keys)
    return Ask("linking.menu", {"channels": world.homes, "minutes": MINUTES}, choices)


def _read(given: Given, _answers: Answers, _world: World) -> Reading:
    match given.key:
        case "link_code":
            return Leave((NewLinkCode(),))
        case "unlink":
            return Leave((Unlink(),))
        case _:
            return Accepted(clean(given.text or "")[:LONGEST])
