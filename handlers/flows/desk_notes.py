"""What an officer types in the inbox and over lists: words to search for, numbers of a list, points, reasons, targets.

Each form begins with what was shown and asks one thing (a sentence to be kept: three); it leads to a `DeskWork`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Leave, Reading, Step, to_item
from handlers.flows.outcomes import DeskWork, Effect, Menu, ShowInbox
from handlers.flows.world import World
from handlers.text.readers import NOTE_LENGTH, clean
from messages.types import Choice, Say

REASON = range(5, 301)
"""Characters of a reason for going past a planned number."""
WORDS = range(2, 61)
TARGETS = 4_000
NUMBERS = re.compile(r"(\d{1,3})(?:\s*[-–]\s*(\d{1,3}))?")
POINTS = re.compile(r"\d{1,3}")


def _to_inbox(_answers: Answers) -> Effect:
    return ShowInbox()


def _form(
    name: str, *steps: Step, written: tuple[str, ...] = (), leads_back: Callable[[Answers], Effect] = _to_inbox
) -> Form:
    def ordered(_answers: Answers, _world: World) -> tuple[Step, ...]:
        return steps

    def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
        return (DeskWork(name, dict(answers)),)

    kept = bool(written)
    return Form(name, ordered, complete, kept, written, leads_back=leads_back)


def _words(key: str, ask: Callable[[Answers, World], Ask], lengths: range, invalid: str) -> Step:
    def read(given: Given, _answers: Answers, _world: World) -> Reading:
        typed = clean(given.text or "")
        if len(typed) not in lengths:
            return Again(Ask(invalid, {"minimum": lengths.start, "limit": lengths.stop - 1}))
        return Accepted(typed)

    return Step(key, ask, read, free=True)


# --- one more than was planned ---


def _ask_reason(answers: Answers, world: World) -> Ask:
    values = {name: answers[name] for name in ("unit", "selected", "quota", "code")}
    return Ask("officer.over_quota", values, (Choice("leave_out", world.words.label("leave_out")),))


def _read_reason(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "leave_out":
        return Leave((Say("selection.left_out", {"code": answers["code"]}), Menu()))
    typed = clean(given.text or "")
    if len(typed) not in REASON:
        return Again(_ask_reason(answers, world))
    return Accepted(typed)


OVER = _form("over_quota", Step("reason", _ask_reason, _read_reason, free=True), leads_back=to_item)
"""Begins with `code`, `revision`, `purpose`, and what the question says."""


# --- looking for something ---


def _ask_search(_answers: Answers, _world: World) -> Ask:
    return Ask("inbox.search_ask")


SEARCH = _form("desk_search", _words("words", _ask_search, WORDS, "inbox.search_invalid"))


# --- several of a list ---


def _ask_pick(answers: Answers, world: World) -> Ask:
    everything = world.words.label("everything")
    return Ask("inbox.pick_ask", {"items": answers["items"]}, (Choice("everything", everything, everything),))


def picked(typed: str, count: int) -> list[int]:
    """The places that numbers such as «1, 3-5» name in a list of so many, from 0; empty when one is not in it."""
    places: list[int] = []
    for first, last in NUMBERS.findall(typed):
        places += range(int(first) - 1, int(last or first))
    good = bool(places) and all(0 <= place < count for place in places)
    return sorted(set(places)) if good else []


def _read_pick(given: Given, answers: Answers, world: World) -> Reading:
    items = answers["items"]
    if given.key == "everything":
        return Accepted([code for code, *_ in items])
    places = picked(given.text or "", len(items))
    if not places:
        return Again(Ask("inbox.pick_invalid", {"count": len(items)}, _ask_pick(answers, world).choices))
    return Accepted([items[place][0] for place in places])


PICK = _form("desk_pick", Step("codes", _ask_pick, _read_pick, free=True))
"""Begins with `what` is to be done and `items`: code, unit, beginning of the text of each."""


# --- points ---


def _ask_points(answers: Answers, _world: World) -> Ask:
    return Ask("scoring.ask", {"code": answers["code"], "criteria": answers["criteria"]})


def _read_points(given: Given, answers: Answers, _world: World) -> Reading:
    points = [int(number) for number in POINTS.findall(given.text or "")]
    most = [limit for _, limit in answers["criteria"]]
    if len(points) != len(most) or any(point > limit for point, limit in zip(points, most, strict=True)):
        return Again(Ask("scoring.invalid", {"criteria": answers["criteria"]}))
    return Accepted(points)


SCORE = _form("desk_score", Step("points", _ask_points, _read_points, free=True), leads_back=to_item)
"""Begins with `code` and `criteria`: label and most points of each."""


# --- targets ---


def _ask_targets(answers: Answers, _world: World) -> Ask:
    values = {name: answers[name] for name in ("unit", "programme", "example")}
    return Ask("quota.ask", values)


SET_TARGETS = _form("desk_targets", _words("lines", _ask_targets, range(3, TARGETS), "quota.invalid"))
"""Begins with `unit_id`, `programme_id` and what the question says."""


# --- what keeps a unit from a duty ---


def _ask_obstacle(answers: Answers, _world: World) -> Ask:
    return Ask("officer.obstacle_ask", {"duty": answers["duty"], "unit": answers["unit"]})


OBSTACLE = _form("duty_obstacle", _words("text", _ask_obstacle, REASON, "officer.obstacle_invalid"))
"""Begins with `where` (duty and unit) and what the question says."""


# --- sentences that are used again ---


def _ask_use(_answers: Answers, world: World) -> Ask:
    return Ask("canned.use_ask", {}, tuple(Choice(key, world.words.label(key)) for key in ("need_more", "decline")))


def _read_use(given: Given, answers: Answers, world: World) -> Reading:
    return Accepted(given.key) if given.key in ("need_more", "decline") else Again(_ask_use(answers, world))


def _ask_title(_answers: Answers, _world: World) -> Ask:
    return Ask("canned.title_ask")


def _ask_text(answers: Answers, _world: World) -> Ask:
    return Ask("canned.text_ask", {"fields": answers["fields"]})


CANNED = _form(
    "desk_canned",
    Step("use", _ask_use, _read_use),
    _words("title", _ask_title, range(2, 25), "canned.title_invalid"),
    _words("text", _ask_text, NOTE_LENGTH, "canned.text_length"),
    written=("title", "text"),
)
"""Begins with `unit_id` and `fields`: the variables that may be used."""

FORMS = (OVER, SEARCH, PICK, SCORE, SET_TARGETS, OBSTACLE, CANNED)
