"""An author's own initiatives in the chat: handed in, added to, where they stand, what was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.chat.context import Context
from handlers.errors import Refusal
from handlers.initiatives import authors, items
from handlers.reaching import promises
from handlers.text.readers import given_name
from messages.types import Choice, Say
from storage.tables import State, Submission


def submit(context: Context, answers: Mapping[str, Any], draft_id: str) -> None:
    """Hand in what the form was told, and thank the author."""
    db, office, channel = context.db, context.office, context.inbound.address.kind
    try:
        record = items.submit(db, office, context.actor, answers, draft_id, channel=channel, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    context.talk.last_code, context.talk.offered = record.code, ()
    context.say(
        "initiative.done",
        given_name=given_name(record.full_name or ""),
        code=record.code,
        at=context.now,
        receiver=authors.receiver_name(db, record, office),
        span=promises.here(office, context.inbound.address),
    )


def supplement(context: Context, code: str, text: str, *, whole: bool) -> None:
    """What the author adds, or the text that takes the place of the first."""
    try:
        items.supplement(context.db, context.office, context.actor, code, text, whole=whole, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    context.say("supplement.done", code=code)


def show(context: Context, record: Submission) -> None:
    """Where one's own submission stands."""
    label = context.office.catalogue.label
    values = {
        "code": record.code,
        "state": label(f"state.{record.state}"),
        "updated": record.updated_at,
        "where": authors.place_name(context.db, record, context.office),
        "note": record.request,
    }
    keys = ["supplement"] if record.state == State.NEEDS_MORE else []
    keys += ["versions"] if record.text is not None else []
    choices = tuple(Choice(key, label(key)) for key in keys)
    context.said.append(Say("lookup.detail", values, choices, f"own@{record.code}" if choices else ""))


def show_texts(context: Context, record: Submission) -> None:
    """Every text of one initiative that was sent, the one that stands last; for its author and its officers."""
    *earlier, current = items.texts(context.db, record) or [(record.sent_at, "")]
    values = {"code": record.code, "earlier": earlier, "since": current[0], "text": current[1]}
    context.said.append(Say("supplement.versions", values))
