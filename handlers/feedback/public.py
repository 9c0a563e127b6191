"""What came of feedback, told to a unit's members as a digest of officers' words (seed 000 II.2.2: «truyền thông kịp
thời kết quả thực hiện»).

Never a member's text, name or code, never a moment finer than the month; only to units large enough to hide an author
in, within the officer's own reach. It goes the way of every broadcast: those who take news, at most once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.actors import Actor
from handlers.acts import act
from handlers.errors import Refusal
from handlers.feedback import card
from handlers.feedback import ways as feedback_ways
from handlers.news import audience as news_audience
from handlers.news import broadcasts
from handlers.office import Office
from handlers.text.readers import fold, read_code
from messages import staff_text
from messages.dates import day_of
from storage import feedback, feedback_groups, units
from storage.database import Transaction
from storage.tables import Broadcast, Feedback, Right, Unit

QUOTED = 7
"""So many words in a row are somebody's own."""
CLOCK = re.compile(r"\b\d{1,2}\s*(?:h|giờ|:)\s*(?:\d{2})?\b", re.IGNORECASE)
DAY = re.compile(r"\b\d{1,2}\s*[/.-]\s*\d{1,2}\b|\bngày\s+\d{1,2}\b", re.IGNORECASE)


def fault(db: Transaction, found: Feedback, words: str) -> Refusal | None:
    """Why members may not be told this: it could lead to who wrote it, or cannot be sent."""
    if CLOCK.search(words) or DAY.search(words):
        return Refusal("care.public_when")
    if any(len(part) >= 5 and read_code(part) for part in words.split()):
        return Refusal("care.public_code")
    if "{" in words or staff_text.fault(words) is not None:
        return Refusal("care.public_braces")
    group = [found, *feedback_groups.followers(db, found.code)]
    if any(_quotes(words, text) for one in group for text in _written(db, one)):
        return Refusal("care.public_quote", count=QUOTED)
    names = [name for one in group for name in (one.full_name, one.other_unit) if name]
    if any(f" {fold(name)} " in f" {fold(words)} " for name in names):
        return Refusal("care.public_name")
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


@dataclass(frozen=True, slots=True)
class Digest:
    """What members of a unit would get, and why it cannot go now: `small`, `nobody`, or nothing."""

    text: str
    unit: Unit | None
    recipients: int
    count: int
    """How many matters it tells of."""
    items: Sequence[Feedback]
    """The items these words are about, the one it was begun with first."""
    why_not: str


@act(Right.ANSWER, audit="feedback.worded", revision=True)
def word(db: Transaction, actor: Actor, code: str, words: str, *, seen: int | None, now: datetime) -> Feedback:
    """Keep what may be told, for the next time that something is. Raises Refusal, Changed."""
    item = _to_publish(db, actor, code, words, seen, now)
    card.change(db, actor, item, "worded", now, public_words=words)
    return item


@act(Right.ANSWER, audit="feedback.published", tells="members who take news", revision=True)
def publish(
    db: Transaction, office: Office, actor: Actor, code: str, words: str, *, seen: int | None, now: datetime
) -> Broadcast:
    """Tell it at once, with all that waits to be told to the same unit, each matter once. Raises Refusal, Changed."""
    item = _to_publish(db, actor, code, words, seen, now)
    digest = preview(db, office, actor, item, words, now)
    if digest.unit is None:
        raise card.Changed(item)
    told: Any = {"now": now, "right": Right.ANSWER}
    try:
        with db.savepoint():
            for one in digest.items:
                line = words if one is item else one.public_words
                card.change(db, actor, one, "published", now, published_on=day_of(now), public_words=line)
            row = broadcasts.create(db, office, actor, digest.text, digest.unit.code, **told)
            broadcasts.confirm(db, office, actor, row.code, digest.recipients, at=None, **told)
    except Refusal as refused:
        raise card.Changed(item) from refused
    return row


def _to_publish(db: Transaction, actor: Actor, code: str, words: str, seen: int | None, now: datetime) -> Feedback:
    item = card.require_open(db, actor, code, "publish", seen, now)
    if fault(db, item, words) is not None:
        raise card.Changed(item)
    return item


def preview(db: Transaction, office: Office, actor: Actor, item: Feedback, words: str, now: datetime) -> Digest:
    """The digest as members would get it, with as much of what waits as fits into one message."""
    unit = _audience(db, actor, item)
    waiting, lines = _pending(db, item, unit), [words]
    text = _text(office, unit, lines, now)
    for other in waiting:
        line = other.public_words or ""
        longer = _text(office, unit, [*lines, line], now)
        if line not in lines and staff_text.fault(longer) is None:
            lines, text = [*lines, line], longer
    items = (item, *(other for other in waiting if other.public_words in lines))
    recipients = _recipients(db, office, unit, now) if unit else 0
    why_not = "small" if unit is None else "nobody" if recipients == 0 else ""
    return Digest(text, unit, recipients, len(lines), items, why_not)


def _audience(db: Transaction, actor: Actor, item: Feedback) -> Unit | None:
    """The nearest unit that is large enough, if it lies in the officer's reach."""
    unit = _large_enough(db, item)
    return unit if unit and unit.id and actor.may(db, Right.ANSWER, unit.id) else None


def _large_enough(db: Transaction, item: Feedback) -> Unit | None:
    assert item.receiver_id is not None
    own = units.by_id(db, item.receiver_id)
    line = [*([own] if own else []), *units.ancestors(db, item.receiver_id)]
    return next((one for one in line if feedback_ways.hides(db, one)), None)


def _pending(db: Transaction, item: Feedback, unit: Unit | None) -> Sequence[Feedback]:
    """Other matters that wait to be told to the same unit: its own, and those of units below that are too small."""
    waiting = feedback.to_publish(db, unit.id) if unit and unit.id else ()
    return [one for one in waiting if one.code != item.code and _large_enough(db, one) == unit]


def _text(office: Office, unit: Unit | None, lines: Sequence[str], now: datetime) -> str:
    values = {"unit": unit.name if unit else office.organisation, "lines": lines, "month": day_of(now)}
    return office.catalogue.text("care.digest", values)


def _recipients(db: Transaction, office: Office, unit: Unit, now: datetime) -> int:
    starts = news_audience.start(office, None, now)
    return news_audience.count(db, office, unit, starts).recipients
