"""What an officer types about a submission: what is missing, or why it is not recognised; and the linking code."""

from __future__ import annotations

from collections.abc import Callable

from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Reading, Step
from handlers.flows.outcomes import Decide, Effect, Link
from handlers.flows.readers import clean
from handlers.flows.world import World

NOTE = range(5, 501)
"""Characters of a request or a reason."""


def _noted(name: str, key: str, state: str) -> Form:
    def ask(answers: Answers, _world: World) -> Ask:
        return Ask(key, {"code": answers["code"]})

    def read(given: Given, answers: Answers, world: World) -> Reading:
        note = clean(given.text or "")
        if len(note) not in NOTE:
            return Again(Ask("officer.note_invalid", {"code": answers["code"], "limit": NOTE.stop - 1}))
        return Accepted(note)

    def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
        return (Decide(answers["code"], answers["revision"], state, answers["note"]),)

    return Form(name, _only(Step("note", ask, read, free=True)), complete, kept=False)


def _only(step: Step) -> Callable[[Answers, World], tuple[Step, ...]]:
    def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
        return (step,)

    return steps


NEED_MORE = _noted("need_more", "officer.more_ask", "needs_more")
DECLINE = _noted("decline", "officer.decline_ask", "declined")


def _ask_code(_answers: Answers, _world: World) -> Ask:
    return Ask("officer.link_ask")


def _read_code(given: Given, _answers: Answers, _world: World) -> Reading:
    return Accepted(clean(given.text or "")[:40])


def _link(answers: Answers, _world: World) -> tuple[Effect, ...]:
    return (Link(answers["pairing"]),)


LINK = Form("link", _only(Step("pairing", _ask_code, _read_code, free=True)), _link, kept=False)
