"""What an officer types about a submission: what is missing, or why it is not recognised.

What is typed in the inbox and over lists stands in handlers/flows/desk_notes.py.
"""

from __future__ import annotations

from collections.abc import Callable

from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Reading, Step, to_item
from handlers.flows.outcomes import Decide, Effect
from handlers.flows.world import World
from handlers.text.readers import NOTE_LENGTH, clean
from messages.types import Choice


def _noted(name: str, key: str, state: str) -> Form:
    def ask(answers: Answers, _world: World) -> Ask:
        choices = tuple(Choice(f"canned{number}", title) for number, (title, _) in enumerate(_canned(answers)))
        return Ask(key, {"code": answers["code"]}, choices)

    def read(given: Given, answers: Answers, world: World) -> Reading:
        if given.key is not None and given.key.startswith("canned"):
            return Accepted(_canned(answers)[int(given.key.removeprefix("canned"))][1])
        note = clean(given.text or "")
        if len(note) not in NOTE_LENGTH:
            return Again(Ask("officer.note_invalid", {"code": answers["code"], "limit": NOTE_LENGTH.stop - 1}))
        return Accepted(note)

    def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
        return (Decide(answers["code"], answers["revision"], state, answers["note"]),)

    return Form(name, _only(Step("note", ask, read, free=True)), complete, kept=False, leads_back=to_item)


def _canned(answers: Answers) -> list[list[str]]:
    """Title and text of each sentence the unit keeps for this; they are on offer above the free words."""
    kept: list[list[str]] = answers.get("canned", [])
    return kept


def _only(step: Step) -> Callable[[Answers, World], tuple[Step, ...]]:
    def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
        return (step,)

    return steps


NEED_MORE = _noted("need_more", "officer.more_ask", "needs_more")
DECLINE = _noted("decline", "officer.decline_ask", "declined")
