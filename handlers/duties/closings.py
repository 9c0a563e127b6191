"""One gentle reminder of an initiative left unfinished, when its programme is about to close (F4)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.office import Office
from handlers.reaching import promises
from handlers.text.readers import given_name
from handlers.text.terms import INITIATIVE_FORM
from messages.dates import local
from messages.types import Choice, Say
from storage import conversations, members, outbox, programmes
from storage.database import Transaction
from storage.tables import Kind, Programme

SOON = timedelta(hours=48)
AT_REST = timedelta(hours=1)
"""Whoever wrote a moment ago needs no reminder."""
SLICE = 200
"""As many as one look writes to."""


@act(Needs.PROGRAM, tells="members with an unfinished initiative", unaudited="each message is a row of the outbox")
def remind(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> int:
    """Tell those who agree to be written to, once for each draft and programme, outside quiet hours; how many."""
    actors.require_program(actor)
    quiet_from, quiet_to = office.quiet_hours
    if not quiet_to <= local(now).hour < quiet_from:
        return 0
    closing = {row.id: row for row in programmes.open_at(db, now, Kind.INITIATIVE) if row.closes_at - now <= SOON}
    if not closing:
        return 0
    resting = conversations.drafts_at_rest(db, INITIATIVE_FORM, before=now - AT_REST, now=now)
    told = 0
    for draft_id, member_id in _untold(db, resting, closing):
        programme = closing.get(conversations.answers_of(db, draft_id).get("programme"))
        if programme is not None and told < SLICE:
            told += _tell(db, office, _once(draft_id, programme.id), member_id, programme, now)
    return told


def _untold(db: Transaction, drafts: list[tuple[str, int]], closing: Collection[int | None]) -> list[tuple[str, int]]:
    """The drafts of which nothing was said yet. A draft is in one programme at a time."""
    keys = {f"{_once(draft_id, number)}#0": draft_id for draft_id, _ in drafts for number in closing}
    told = {keys[once] for once in outbox.promised(db, list(keys))}
    return [draft for draft in drafts if draft[0] not in told]


def _once(draft_id: str, programme_id: int | None) -> str:
    return f"closing:{draft_id}:{programme_id}"


def _tell(db: Transaction, office: Office, once: str, member_id: int, programme: Programme, now: datetime) -> bool:
    member = members.by_id(db, member_id)
    values = {
        "given_name": given_name(member.name or "") if member else "",
        "programme": programme.name,
        "closes": programme.closes_at,
    }
    choices = (Choice("resume", office.catalogue.label("resume_draft")),)
    say = Say("initiative.closing_soon", values, choices, "menu")
    ends = programme.closes_at
    told = notices.push(db, office, member_id, say, topic="programme", once=once, now=now, expires_at=ends)
    return promises.is_promised(told)
