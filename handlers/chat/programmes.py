"""What staff and members do about programmes in the chat: an end is moved, an opening watched for."""

from __future__ import annotations

from datetime import datetime

from handlers import programmes
from handlers.chat.context import Context
from handlers.duties import openings
from handlers.errors import Refusal
from handlers.reaching import promises
from handlers.reaching.promises import Who
from storage import programmes as stored


def extend(context: Context, programme_id: int, closes: object) -> None:
    """Staff moves an end."""
    programme = stored.by_id(context.db, programme_id)
    if programme is None or not isinstance(closes, datetime):
        context.say("common.no_right", contact=context.office.contact)
        return
    try:
        done = programmes.extend(context.db, context.office, context.actor, programme.code, closes, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    words = promises.all_words(context.office, done.told, Who.PEOPLE)
    context.say("staff.extended", programme=done.programme.name, closes=closes, told=words)


def watch(context: Context) -> None:
    """Be told when the next programme opens."""
    openings.watch(context.db, context.actor, now=context.now)
    context.say("initiative.watching", span=promises.here(context.office, context.inbound.address))
