"""What came of feedback, told to a unit's members as a digest of officers' words (seed 000 II.2.2: «truyền thông kịp
thời kết quả thực hiện»).

Never a member's text, name or code, never a moment finer than the month; only to units large enough to hide an author
in, within the officer's own reach. It goes the way of every broadcast: those who take news, at most once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.chat.context import Context
from handlers.errors import Refusal
from handlers.feedback import ways as feedback_ways
from handlers.feedback.card import act_of, audit_act, changed, item, receipt
from handlers.news import audience as news_audience
from handlers.news import broadcasts
from handlers.office import local_day
from handlers.text.readers import fold, read_code
from messages import staff_text
from messages.types import Say
from storage import feedback, feedback_groups, units
from storage.database import Transaction
from storage.feedback import State
from storage.tables import Feedback, Right, Unit

PUBLISHED = (State.EXPLAINED, State.RESOLVED, State.SETTLED)
"""Where there is a result to tell of."""
QUOTED = 7
"""So many words in a row are somebody's own."""
CLOCK = re.compile(r"\b\d{1,2}\s*(?:h|giờ|:)\s*(?:\d{2})?\b", re.IGNORECASE)
DAY = re.compile(r"\b\d{1,2}\s*[/.-]\s*\d{1,2}\b|\bngày\s+\d{1,2}\b", re.IGNORECASE)


def fault(db: Transaction, found: Feedback, words: str) -> Say | None:
    """Why members may not be told this: it could lead to who wrote it, or cannot be sent."""
    if CLOCK.search(words) or DAY.search(words):
        return Say("care.public_when")
    if any(len(part) >= 5 and read_code(part) for part in words.split()):
        return Say("care.public_code")
    if "{" in words or staff_text.fault(words) is not None:
        return Say("care.public_braces")
    group = [found, *feedback_groups.followers(db, found.code)]
    if any(_quotes(words, text) for one in group for text in _written(db, one)):
        return Say("care.public_quote", {"count": QUOTED})
    names = [name for one in group for name in (one.full_name, one.other_unit) if name]
    if any(f" {fold(name)} " in f" {fold(words)} " for name in names):
        return Say("care.public_name")
    return None


def _written(db: Transaction, found: Feedback) -> list[str]:
    """All that the author of an item wrote."""
    added = [event.text for event in feedback.events(db, found.code) if event.by_author and event.text]
    return [*([found.text] if found.text else []), *added]


def _quotes(words: str, text: str) -> bool:
    """Whether a run of somebody's words stands in others."""
    said, own = f" {fold(words)} ", fold(text).split()
    runs = (own[start : start + QUOTED] for start in range(max(1, len(own) - QUOTED + 1)))
    return any(f" {' '.join(run)} " in said for run in runs if len(run) == QUOTED)


def audience(context: Context, found: Feedback) -> Unit | None:
    """The nearest unit that is large enough, if it lies in the officer's reach."""
    assert found.receiver_id is not None
    own = units.by_id(context.db, found.receiver_id)
    line = [*([own] if own else []), *units.ancestors(context.db, found.receiver_id)]
    unit = next((one for one in line if feedback_ways.hides(context.db, one)), None)
    if unit is None or unit.id is None:
        return None
    return unit if context.actor.may(context.db, Right.ANSWER, unit.id) else None


def preview(context: Context, found: Feedback, words: str) -> Mapping[str, Any]:
    """The digest as members would get it, to whom, how many, and why it cannot go now."""
    unit = audience(context, found)
    others = [other.public_words or "" for other in _pending(context, found)]
    lines = _fitting(context, unit, [words, *others])
    recipients = _recipients(context, unit) if unit else 0
    why_not = "small" if unit is None else "nobody" if recipients == 0 else ""
    return {
        "code": found.code,
        "text": _text(context, unit, lines),
        "unit": unit.name if unit else "",
        "recipients": recipients,
        "count": len(lines),
        "why_not": why_not,
    }


def publish(context: Context, code: str, revision: int, words: str, *, at_once: bool) -> None:
    """Keep what may be told; at once: send it with all that waits at the same unit, each matter once."""
    found = item(context, code)
    if found is None:
        context.say("officer.not_yours")
        return
    open_ = found.state in PUBLISHED and found.published_on is None and found.text is not None
    if found.revision != revision or not open_ or fault(context.db, found, words) is not None:
        changed(context, found)
        context.give_back(code, words)
        return
    if not at_once:
        if feedback.change(context.db, found, act_of(context, found, "worded"), public_words=words):
            receipt(context, found, context.office, "care.kept_for_later")
        return
    told = _told(context, found, words)
    if told is None:
        changed(context, found)
        context.give_back(code, words)
        return
    context.say("care.published", code=told.code, recipients=told.expected)


def _told(context: Context, found: Feedback, words: str) -> Any:
    """The broadcast, with every matter in it marked as told in the same transaction."""
    unit = audience(context, found)
    if unit is None:
        return None
    others = {other.public_words or "": other for other in _pending(context, found)}
    lines = _fitting(context, unit, [words, *others])
    try:
        row = broadcasts.create(
            context.db,
            context.office,
            context.actor,
            _text(context, unit, lines),
            unit.code,
            now=context.now,
            right=Right.ANSWER,
        )
        recipients = _recipients(context, unit)
        broadcasts.confirm(
            context.db,
            context.office,
            context.actor,
            row.code,
            recipients,
            at=None,
            now=context.now,
            right=Right.ANSWER,
        )
    except Refusal:
        return None
    for one in [found, *(others[line] for line in lines if line in others)]:
        facts = {"published_on": local_day(context.now), "public_words": words if one is found else one.public_words}
        if feedback.change(context.db, one, act_of(context, one, "published"), **facts):
            audit_act(context, one, "published")
    return row


def _pending(context: Context, found: Feedback) -> Sequence[Feedback]:
    """Other matters of the same unit that wait to be told."""
    assert found.receiver_id is not None
    return [other for other in feedback.to_publish(context.db, found.receiver_id) if other.code != found.code]


def _fitting(context: Context, unit: Unit | None, lines: Sequence[str]) -> list[str]:
    """As many as fit into one message, the first in any case; the others wait for the next."""
    chosen: list[str] = []
    for line in dict.fromkeys(lines):
        fits = staff_text.fault(_text(context, unit, [*chosen, line])) is None
        if fits or not chosen:
            chosen.append(line)
    return chosen


def _text(context: Context, unit: Unit | None, lines: Sequence[str]) -> str:
    values = {
        "unit": unit.name if unit else context.office.organisation,
        "lines": lines,
        "month": local_day(context.now),
    }
    return context.office.catalogue.text("care.digest", values)


def _recipients(context: Context, unit: Unit) -> int:
    starts = news_audience.start(context.office, None, context.now)
    return news_audience.count(context.db, context.office, unit, starts).recipients
