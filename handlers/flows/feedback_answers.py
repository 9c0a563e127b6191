"""What an officer is asked for an answer to feedback: explain, petition, help together, tell the result (F11)."""

from __future__ import annotations

from typing import Any

from handlers.flows.care import Ready
from handlers.flows.feedback_notes import NOTE, SHORT, typed
from handlers.flows.form import Accepted, Again, Answers, Ask, Edit, Form, Given, Reading, Step, to_item
from handlers.flows.outcomes import AnswerFeedback, Effect
from handlers.flows.world import World
from handlers.text.readers import clean
from messages.types import Choice

SEARCH = range(2, 61)
"""Characters by which an answer is looked for."""


def _choices(found: tuple[Ready, ...], world: World) -> tuple[Choice, ...]:
    offered = (Choice(answer.key, answer.title[:40]) for answer in found)
    return (*offered, Choice("find", world.words.label("caring.find")))


def _ask_pick(answers: Answers, world: World) -> Ask:
    found = world.care_desk.answers(answers["code"], "")
    rows = [(answer.title, answer.basis) for answer in found]
    return Ask("officer.basis_ask", {"code": answers["code"], "rows": rows}, _choices(found, world))


def _read_pick(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "find":
        return Accepted("find")
    return _picked(given, answers, world)


def _picked(given: Given, answers: Answers, world: World) -> Reading:
    """An answer of the library, or the name of another rule."""
    ready = world.care_desk.answer(answers["code"], given.key) if given.key else None
    if ready is not None:
        return Accepted("ready", also={"basis": ready.basis, "text": ready.text, "ready": ready.title})
    note = clean(given.text or "")
    if len(note) not in SHORT:
        return Again(Ask("feedback.note_invalid", {"minimum": SHORT.start, "limit": SHORT.stop - 1}))
    return Accepted("own", also={"basis": note})


def _is_searching(answers: Answers, _world: World) -> bool:
    return answers.get("pick") == "find"


def _ask_words(_answers: Answers, _world: World) -> Ask:
    return Ask("care.find_ask")


def _read_words(given: Given, _answers: Answers, _world: World) -> Reading:
    words = clean(given.text or "")
    return Accepted(words) if len(words) in SEARCH else Again(Ask("care.find_ask"))


def _ask_found(answers: Answers, world: World) -> Ask:
    found = world.care_desk.answers(answers["code"], answers["words"])
    rows = [(answer.title, answer.basis) for answer in found]
    return Ask("care.found", {"words": answers["words"], "rows": rows}, _choices(found, world))


def _read_found(given: Given, answers: Answers, world: World) -> Reading:
    return Edit("words") if given.key == "find" else _picked(given, answers, world)


def _is_ready(answers: Answers, _world: World) -> bool:
    return "ready" in answers


def _ask_check(answers: Answers, world: World) -> Ask:
    values = {
        "code": answers["code"],
        "basis": answers["basis"],
        "answer": answers["text"],
        "together": world.care_desk.together(answers["code"]),
    }
    choices = (Choice("submit", world.words.label("submit")), Choice("retype", world.words.label("retype")))
    return Ask("care.check", values, choices)


def _read_check(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "submit":
        return Accepted("submit")
    if given.key == "retype":
        return Edit("text")
    return Again(_ask_check(answers, world))


def _due(ask_key: str) -> Step:
    """A day that was promised, if one was."""

    def ask(answers: Answers, world: World) -> Ask:
        return Ask(ask_key, {"code": answers["code"]}, (Choice("no_day", world.words.label("caring.no_day")),))

    def read(given: Given, answers: Answers, world: World) -> Reading:
        if given.key == "no_day":
            return Accepted("")
        written = clean(given.text or "")[:40]
        if world.care_desk.day(written) is None:
            return Again(Ask("care.day_invalid", {"typed": written}, ask(answers, world).choices))
        return Accepted(written)

    def holds(value: Any, _answers: Answers, world: World) -> bool:
        return value == "" or world.care_desk.day(value) is not None

    return Step("due", ask, read, holds=holds, free=True)


def _ask_note(answers: Answers, world: World) -> Ask:
    return Ask("care.forward_ask", {"code": answers["code"]}, (Choice("no_note", world.words.label("caring.no_note")),))


def _read_note(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "no_note":
        return Accepted("")
    note = clean(given.text or "")
    if len(note) in NOTE:
        return Accepted(note)
    choices = _ask_note(answers, world).choices
    return Again(Ask("feedback.note_invalid", {"minimum": NOTE.start, "limit": NOTE.stop - 1}, choices))


HELP = (
    typed("officer", "officer.support_ask", SHORT),
    typed("deed", "care.deed_ask", SHORT),
    _due("care.deed_due_ask"),
)

QUESTIONS: dict[str, tuple[Step, ...]] = {
    "explained": (
        Step("pick", _ask_pick, _read_pick, free=True),
        Step("words", _ask_words, _read_words, applies=_is_searching, free=True),
        Step("found", _ask_found, _read_found, applies=_is_searching, free=True),
        typed("text", "officer.explain_ask", NOTE),
        Step("check", _ask_check, _read_check, applies=_is_ready, lasting=False),
    ),
    "petitioned": (typed("to", "officer.petition_ask", SHORT), _due("care.petition_due_ask")),
    "supported": HELP,
    "helped": HELP,
    "promised": (_due("care.petition_due_ask"),),
    "forwarded": (Step("note", _ask_note, _read_note, free=True),),
    "resolved": (typed("text", "officer.resolve_ask", NOTE),),
}
"""What an officer is asked for each kind of answer; `helped` is one more who helps, `promised` another day."""
TOLD = ("basis", "text", "to", "due", "officer", "deed", "note")


def _steps(answers: Answers, _world: World) -> tuple[Step, ...]:
    return QUESTIONS[answers["what"]]


def _complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    told = {key: answers[key] for key in TOLD if key in answers}
    return (AnswerFeedback(answers["code"], answers["revision"], answers["what"], told),)


ANSWER = Form(
    "feedback_answer",
    _steps,
    _complete,
    written=("basis", "text", "to", "officer", "deed"),
    leads_back=to_item,
)
"""Begins with `code`, `revision` and `what`: a key of `QUESTIONS`."""
