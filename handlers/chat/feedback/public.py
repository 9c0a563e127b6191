"""What came of feedback, told to a unit's members: the screen of who is about to tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.chat.context import Context
from handlers.chat.feedback.card import changed, receipt
from handlers.errors import Refusal
from handlers.feedback import public, readers
from handlers.feedback.card import Changed


def preview(context: Context, code: str, words: str) -> Mapping[str, Any]:
    """What members would be told, to whom, how many, why not now."""
    item = readers.require(context.db, context.actor, code, context.now)
    digest = public.preview(context.db, context.office, context.actor, item, words, context.now)
    return {
        "code": code,
        "text": digest.text,
        "unit": digest.unit.name if digest.unit else "",
        "recipients": digest.recipients,
        "count": digest.count,
        "why_not": digest.why_not,
    }


def publish(context: Context, code: str, revision: int, words: str, *, at_once: bool) -> None:
    """Keep what may be told, or tell it at once with all that waits."""
    db, actor, now = context.db, context.actor, context.now
    try:
        if at_once:
            row = public.publish(db, context.office, actor, code, words, seen=revision, now=now)
            context.say("care.published", code=row.code, recipients=row.expected)
        else:
            receipt(context, public.word(db, actor, code, words, seen=revision, now=now), "care.kept_for_later")
    except Changed:
        changed(context, code)
        context.give_back(code, words)
    except Refusal as refusal:
        context.refused(refusal)
