"""Staff write to everybody below them: text, audience, preview, time; «gửi» and the number of recipients confirm it."""

from __future__ import annotations

import re
from typing import Any

from handlers.flows.form import Accepted, Again, Answers, Ask, Edit, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import Announce, Effect, Menu
from handlers.flows.world import World
from handlers.text.readers import clean, compact
from messages.types import Choice, Say

DECIDED = ("now", "later")
CONFIRMED = re.compile(r"gui(?:so)?(\d+)(?:nguoi)?")
"""«Gửi 1.204», «“gửi 201 người”.», all folded: a word and the number, for a number alone may have answered something
else.
"""


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """The steps in order; a time is asked for only when it is not now."""
    return (
        Step("text", _ask_text, _read_text, holds=_may_be_sent, free=True, counted=True),
        Step(
            "audience", _ask_audience, _read_audience, holds=_is_mine, counted=True, unfit="broadcast.no_unit_of_yours"
        ),
        Step("review", _ask_review, _read_review, holds=_is_decided, counted=True),
        Step("at", _ask_time, _read_time, applies=_is_later, holds=_lies_ahead, free=True),
        Step("number", _ask_number, _read_number, lasting=False, free=True),
    )


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """Confirmed by its number."""
    at = answers["at"] if answers["review"] == "later" else None
    return (Announce(answers["text"], answers["audience"], answers["number"], at),)


FORM = Form("compose", steps, complete, written=("text",))


def _choices(world: World, *keys: str) -> tuple[Choice, ...]:
    return tuple(Choice(key, world.words.label(key)) for key in keys)


def _ask_text(_answers: Answers, world: World) -> Ask:
    return Ask("staff.compose", world.news_desk.limits())


def _read_text(given: Given, answers: Answers, world: World) -> Reading:
    text = clean(given.text or "")
    fault = world.news_desk.fault(text)
    if fault is None:
        return Accepted(text, also={"review": None})
    return Again(Ask(fault.key, fault.values))


def _may_be_sent(value: Any, _answers: Answers, world: World) -> bool:
    return world.news_desk.fault(value) is None


def _ask_audience(_answers: Answers, world: World) -> Ask:
    return Ask("broadcast.audience", {}, world.news_desk.units())


def _read_audience(given: Given, answers: Answers, world: World) -> Reading:
    code = (given.key or clean(given.text or ""))[:40].upper()
    if world.news_desk.unit_name(code) is None:
        return Again(_ask_audience(answers, world))
    return Accepted(code)


def _is_mine(value: Any, _answers: Answers, world: World) -> bool:
    return world.news_desk.unit_name(value) is not None


def _ask_review(answers: Answers, world: World) -> Ask:
    values = world.news_desk.preview(answers["text"], answers["audience"])
    if not values["recipients"]:
        return Ask("staff.preview", values, _choices(world, "fix", "other_audience", "cancel_message"))
    keys = ("send_test", "send_now", "schedule", "fix", "other_audience", "cancel_message")
    return Ask("staff.preview", values, _choices(world, *keys))


def _read_review(given: Given, answers: Answers, world: World) -> Reading:
    offered = {choice.key for choice in _ask_review(answers, world).choices}
    if given.key not in offered:
        return Again(_ask_review(answers, world))
    match given.key:
        case "send_test":
            said = Say("broadcast.as_sent", {"text": world.news_desk.sample(answers["text"])})
            return Accepted("seen", said=said)
        case "send_now":
            quiet = world.news_desk.starts(None).quiet
            return Accepted("now", said=quiet)
        case "schedule":
            return Accepted("later")
        case "fix":
            return Edit("text", {"review": "seen"})
        case "other_audience":
            return Edit("audience", {"review": "seen"})
        case _:
            until = world.draft_until()
            return Leave((Say("broadcast.dropped", {"draft_until": until}), Menu()), keep=True)


def _is_decided(value: Any, _answers: Answers, _world: World) -> bool:
    return value in DECIDED


def _is_later(answers: Answers, _world: World) -> bool:
    return answers.get("review") == "later"


def _ask_time(_answers: Answers, _world: World) -> Ask:
    return Ask("broadcast.time")


def _read_time(given: Given, _answers: Answers, world: World) -> Reading:
    typed = (given.text or "")[:40]
    starts = world.news_desk.starts(typed)
    if starts.at is None:
        return Again(Ask("broadcast.time_invalid", {"typed": typed}))
    return Accepted(typed, said=starts.quiet)


def _lies_ahead(value: Any, _answers: Answers, world: World) -> bool:
    return world.news_desk.starts(value).at is not None


def _ask_number(answers: Answers, world: World) -> Ask:
    starts = world.news_desk.starts(answers["at"] if _is_later(answers, world) else None)
    return Ask("staff.confirm", {"recipients": _recipients(answers, world), "at": starts.at})


def _recipients(answers: Answers, world: World) -> int:
    return int(world.news_desk.preview(answers["text"], answers["audience"])["recipients"])


def _read_number(given: Given, answers: Answers, world: World) -> Reading:
    said = CONFIRMED.fullmatch(compact(given.text or ""))
    recipients = _recipients(answers, world)
    if recipients and said is not None and int(said[1]) == recipients:
        return Accepted(recipients)
    return Again(Ask("broadcast.number_again", {"recipients": recipients, "typed": (given.text or "")[:20]}))
