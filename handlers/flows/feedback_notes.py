"""What is typed about an item of feedback once it is sent; here its author's further words."""

from __future__ import annotations

from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import AddToFeedback, Effect, Menu
from handlers.flows.world import World
from handlers.text.readers import clean
from handlers.text.terms import FEEDBACK_MORE_FORM

NOTE = range(5, 1001)
"""Characters of one note: it must go with its frame into one message of the narrowest channel."""
SHORT = range(3, 201)
"""Characters of a rule's name, of an addressee."""


def typed(key: str, ask_key: str, lengths: range) -> Step:
    """A step that is answered in so many characters; its question may name the item."""

    def ask(answers: Answers, _world: World) -> Ask:
        return Ask(ask_key, {"code": answers.get("code")})

    def read(given: Given, _answers: Answers, _world: World) -> Reading:
        note = clean(given.text or "")
        if len(note) not in lengths:
            return Again(Ask("feedback.note_invalid", {"minimum": lengths.start, "limit": lengths.stop - 1}))
        return Accepted(note)

    return Step(key, ask, read, free=True)


def _gone(_given: Given, _answers: Answers, _world: World) -> Reading:
    return Leave((Menu(),))


# --- the author ---


def _own(value: str, _answers: Answers, world: World) -> bool:
    item = world.own_feedback(value)
    return item is not None and item.state != "withdrawn"


def _more_steps(answers: Answers, _world: World) -> tuple[Step, ...]:
    again = answers.get("what") == "reopened"
    asked = typed("text", "feedback.reopen_ask" if again else "feedback.more_ask", NOTE)
    return (Step("code", asked.ask, _gone, holds=_own), asked)


def _more_complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    return (AddToFeedback(answers["code"], answers["what"], answers["text"]),)


MORE = Form(FEEDBACK_MORE_FORM, _more_steps, _more_complete, kept=False)
"""Begins with `code` and `what`: `added` or `reopened`."""
