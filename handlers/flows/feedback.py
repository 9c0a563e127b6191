"""«Lắng nghe – Thấu hiểu – Chia sẻ»: what a member is asked before feedback is sent (seed 000 II.2.2; domain F2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from handlers.flows import parts
from handlers.flows.form import Accepted, Again, Answers, Ask, Edit, Form, Given, Long, Reading, Step
from handlers.flows.outcomes import Effect, SubmitFeedback
from handlers.flows.world import World
from handlers.text.terms import FEEDBACK_FORM
from messages.types import Choice, Say

KINDS = ("wish", "grievance", "story")
"""Tâm tư, nguyện vọng · vấn đề bức xúc · câu chuyện cảm động (seed 000 II.2.2)."""
TOPICS = ("wages", "insurance", "safety", "conditions", "benefits", "relations", "other")
LIMIT = 2000
"""Characters of a text; a preview with it takes two messages where a message holds 2,000."""
MINIMUM = 10
FROM_INITIATIVE = ("place", "unit", "other_unit", "name", "phone", "text")
"""What comes along when a complaint written as an initiative is moved here."""


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """The steps in order."""
    return STEPS


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """The preview was confirmed."""
    return (SubmitFeedback(answers),)


FORM = Form(FEEDBACK_FORM, steps, complete)


def intro() -> Say:
    """What this is for, with the emergency numbers."""
    return Say("feedback.intro")


def moved(answers: Answers) -> dict[str, Any]:
    """What comes along from an initiative that is none."""
    return {key: answers[key] for key in FROM_INITIATIVE if answers.get(key) is not None}


def _offer(name: str, keys: tuple[str, ...], world: World) -> tuple[Choice, ...]:
    return tuple(Choice(key, world.words.label(f"{name}.{key}")) for key in keys)


def _choice(key: str, world: World) -> Choice:
    return Choice(key, world.words.label(key))


def _ask_kind(_answers: Answers, world: World) -> Ask:
    return Ask("feedback.kind", {}, _offer("feedback_kind", KINDS, world))


def _read_kind(given: Given, answers: Answers, world: World) -> Reading:
    return Accepted(given.key) if given.key in KINDS else Again(_ask_kind(answers, world))


def _ask_topic(_answers: Answers, world: World) -> Ask:
    return Ask("feedback.topic", {}, _offer("topic", TOPICS, world))


def _read_topic(given: Given, answers: Answers, world: World) -> Reading:
    return Accepted(given.key) if given.key in TOPICS else Again(_ask_topic(answers, world))


def _unit_known(answers: Answers, world: World) -> bool:
    known = world.profile
    told = known is not None and known.place is not None and bool(known.unit or known.other_unit)
    return told and ("known" in answers or "place" not in answers)


def _known_place(world: World) -> dict[str, Any]:
    assert world.profile is not None
    known = parts.profile_answers(world.profile)
    return {key: known[key] for key in ("place", "unit", "other_unit")}


def _ask_known(_answers: Answers, world: World) -> Ask:
    values = {"unit": _unit_name(_known_place(world), world)}
    return Ask("feedback.unit_known", values, (_choice("yes", world), _choice("fix", world)))


def _read_known(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "yes":
        return Accepted("yes", also=_known_place(world))
    if given.key == "fix":
        return Accepted("fix")
    return Again(_ask_known(answers, world))


def _unit_name(answers: Answers, world: World) -> str:
    unit = world.unit(answers["unit"]) if answers.get("unit") not in (None, "other") else None
    return unit.name if unit else answers.get("other_unit") or ""


def _has_above(answers: Answers, world: World) -> bool:
    """Most units have a level above: until one is named, the step is counted."""
    return "unit" not in answers or world.has_above(answers)


def _ask_way(answers: Answers, world: World) -> Ask:
    values = {"unit": _unit_name(answers, world)}
    return Ask("feedback.way", values, (_choice("own_unit", world), _choice("above", world)))


def _read_way(given: Given, answers: Answers, world: World) -> Reading:
    return Accepted(given.key) if given.key in ("own_unit", "above") else Again(_ask_way(answers, world))


def is_above(answers: Answers) -> bool:
    """Whether the author asked for the level above."""
    return answers.get("way") == "above"


def _can_hide(answers: Answers, world: World) -> bool:
    return world.feedback_way(answers, above=is_above(answers), anonymous=True) is not None


def _hides(value: Any, answers: Answers, world: World) -> bool:
    return value == "named" or _can_hide(answers, world)


def _ask_anonymity(answers: Answers, world: World) -> Ask:
    if not _can_hide(answers, world):
        return Ask("feedback.anonymity_small", {}, (_choice("named", world),))
    return Ask("feedback.anonymity", {}, (_choice("named", world), _choice("anonymous", world)))


def _read_anonymity(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "named":
        known = world.profile
        told = {"name": known.full_name, "phone": known.phone} if known else {}
        return Accepted("named", also={key: value for key, value in told.items() if value and key not in answers})
    if given.key == "anonymous" and _can_hide(answers, world):
        return Accepted("anonymous", also={"name": None, "phone": None})
    return Again(_ask_anonymity(answers, world))


def _named(answers: Answers, _world: World) -> bool:
    return answers.get("anonymity") == "named"


def _ask_text(_answers: Answers, _world: World) -> Ask:
    return Ask("feedback.text", {"limit": LIMIT})


def _no_reading(_given: Given, answers: Answers, world: World) -> Reading:
    return Again(_ask_text(answers, world))


def _ask_review(answers: Answers, world: World) -> Ask:
    anonymous = answers["anonymity"] == "anonymous"
    way = world.feedback_way(answers, above=is_above(answers), anonymous=anonymous)
    values = {
        "kind": answers["kind"],
        "topic": answers["topic"],
        "unit": way.unit if way and anonymous else _unit_name(answers, world),
        "receiver": way.receiver if way else world.organisation,
        "anonymous": anonymous,
        "full_name": answers.get("name"),
        "phone": answers.get("phone"),
        "text": answers["text"],
    }
    return Ask("feedback.review", values, (_choice("submit", world), _choice("edit", world)))


def _fields(answers: Answers, world: World) -> Ask:
    shown = (step.key for step in steps(answers, world) if step.editable and step.key in answers)
    return Ask("feedback.edit", {}, tuple(Choice(f"edit.{key}", world.words.label(f"field.{key}")) for key in shown))


def _read_review(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "submit":
        return Accepted("submit")
    if given.key == "edit":
        return Again(_fields(answers, world))
    if given.key and given.key.startswith("edit."):
        return Edit(given.key.removeprefix("edit."))
    return Again(_ask_review(answers, world))


STEPS = (
    Step("kind", _ask_kind, _read_kind, counted=True, editable=True),
    Step("topic", _ask_topic, _read_topic, counted=True, editable=True),
    Step("known", _ask_known, _read_known, applies=_unit_known),
    parts.PLACE,
    parts.UNIT,
    parts.OTHER,
    Step("way", _ask_way, _read_way, applies=_has_above, counted=True, editable=True),
    Step("anonymity", _ask_anonymity, _read_anonymity, holds=_hides, counted=True, editable=True),
    replace(parts.NAME, applies=_named),
    replace(parts.PHONE, applies=_named),
    Step(
        "text",
        _ask_text,
        _no_reading,
        long=Long(MINIMUM, LIMIT, "feedback"),
        free=True,
        counted=True,
        editable=True,
    ),
    Step("review", _ask_review, _read_review, lasting=False),
)
