"""The notice on personal data: nothing personal is kept before somebody agreed to it (Law 91/2025/QH15, art. 9)."""

from __future__ import annotations

from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import Agree, Effect, Refuse
from handlers.flows.world import World
from handlers.text.terms import WELCOME_FORM
from messages.types import Choice

NOTICE = "consent.ask"
"""What is agreed to."""


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """One question only."""
    return (Step("notice", _ask, _read, unfit="consent.needed"),)


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """Agreed: what follows is one question, or the main menu (handlers/chat/effects.py)."""
    return (Agree(answers["notice"]),)


FORM = Form(WELCOME_FORM, steps, complete, kept=False)


def _ask(_answers: Answers, world: World) -> Ask:
    values = {"organisation": world.organisation, "channel": world.channel, "retention": world.retention}
    agree = Choice(f"agree.{world.notice_version}", world.words.label("agree"))
    return Ask(NOTICE, values, (agree, Choice("disagree", world.words.label("disagree"))))


def _read(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == f"agree.{world.notice_version}":  # a button under an older notice agrees to nothing
        return Accepted(world.notice_version)
    if given.key == "disagree":
        return Leave((Refuse(),))
    return Again(_ask(answers, world))
