"""What an officer writes for more than one member: the result as all may read it, an answer to be given again (F11)."""

from __future__ import annotations

from handlers.flows.feedback import TOPICS
from handlers.flows.feedback_notes import NOTE, SHORT, typed
from handlers.flows.form import Accepted, Again, Answers, Ask, Edit, Form, Given, Reading, Step, to_item
from handlers.flows.outcomes import Effect, KeepAnswer, PublishFeedback
from handlers.flows.world import World
from handlers.text.readers import clean
from messages.types import Choice

PUBLIC = range(20, 301)
"""Characters of what members are told of one matter."""
TITLE = range(3, 25)
"""Characters of a title: it stands on a button."""


def _choice(key: str, world: World) -> Choice:
    return Choice(key, world.words.label(key))


# --- the result, for all ---


def _ask_words(answers: Answers, _world: World) -> Ask:
    return Ask("care.public_ask", {"code": answers["code"], "limit": PUBLIC.stop - 1})


def _read_words(given: Given, answers: Answers, world: World) -> Reading:
    words = clean(given.text or "")
    if len(words) not in PUBLIC:
        return Again(Ask("feedback.note_invalid", {"minimum": PUBLIC.start, "limit": PUBLIC.stop - 1}))
    fault = world.care_desk.public_fault(answers["code"], words)
    return Accepted(words) if fault is None else Again(Ask(fault.key, fault.values))


def _ask_publish(answers: Answers, world: World) -> Ask:
    values = world.care_desk.digest(answers["code"], answers["words"])
    now = () if values["why_not"] else (Choice("publish_now", world.words.label("caring.publish_now")),)
    return Ask(
        "care.public_check",
        values,
        (*now, Choice("later", world.words.label("caring.later")), _choice("retype", world)),
    )


def _read_publish(given: Given, answers: Answers, world: World) -> Reading:
    if given.key in ("publish_now", "later"):
        return Accepted(given.key)
    if given.key == "retype":
        return Edit("words")
    return Again(_ask_publish(answers, world))


def _public_steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    return (
        Step("words", _ask_words, _read_words, free=True),
        Step("publish", _ask_publish, _read_publish, lasting=False),
    )


def _publish(answers: Answers, _world: World) -> tuple[Effect, ...]:
    at_once = answers["publish"] == "publish_now"
    return (PublishFeedback(answers["code"], answers["revision"], answers["words"], at_once),)


PUBLISH = Form("feedback_public", _public_steps, _publish, written=("words",), leads_back=to_item)
"""Begins with `code` and `revision`."""


# --- an answer to be given again ---


def _ask_unit(_answers: Answers, world: World) -> Ask:
    return Ask("care.library_unit", {}, world.care_desk.own_units())


def _read_unit(given: Given, answers: Answers, world: World) -> Reading:
    known = {choice.key for choice in world.care_desk.own_units()}
    return Accepted(given.key) if given.key in known else Again(_ask_unit(answers, world))


def _ask_topic(_answers: Answers, world: World) -> Ask:
    choices = tuple(Choice(topic, world.words.label(f"topic.{topic}")) for topic in TOPICS)
    return Ask("care.library_topic", {}, choices)


def _read_topic(given: Given, answers: Answers, world: World) -> Reading:
    return Accepted(given.key) if given.key in TOPICS else Again(_ask_topic(answers, world))


def _ask_text(_answers: Answers, world: World) -> Ask:
    return Ask("care.library_text", {"limit": NOTE.stop - 1, "fields": world.care_desk.fields()})


def _read_text(given: Given, answers: Answers, world: World) -> Reading:
    note = clean(given.text or "")
    if len(note) not in NOTE:
        return Again(Ask("feedback.note_invalid", {"minimum": NOTE.start, "limit": NOTE.stop - 1}))
    return Accepted(note) if world.care_desk.is_sound(note) else Again(Ask("care.library_unsound"))


def _ask_sure(answers: Answers, world: World) -> Ask:
    values = {key: answers[key] for key in ("title", "topic", "basis", "text")}
    return Ask("care.library_check", values, (_choice("confirm", world), _choice("retype", world)))


def _read_sure(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "confirm":
        return Accepted("confirm")
    return Edit("text") if given.key == "retype" else Again(_ask_sure(answers, world))


def _library_steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    return (
        Step("unit", _ask_unit, _read_unit),
        Step("topic", _ask_topic, _read_topic),
        typed("title", "care.library_title", TITLE),
        typed("basis", "care.library_basis", SHORT),
        Step("text", _ask_text, _read_text, free=True),
        Step("sure", _ask_sure, _read_sure, lasting=False),
    )


def _keep(answers: Answers, _world: World) -> tuple[Effect, ...]:
    return (KeepAnswer(**{key: answers[key] for key in ("unit", "topic", "title", "basis", "text")}),)


LIBRARY = Form("library_add", _library_steps, _keep, written=("title", "basis", "text"))
