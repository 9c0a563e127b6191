"""When programmes open, and when their end moves: those concerned are told (F13; deadlines moved in 2021)."""

from __future__ import annotations

from datetime import datetime

from handlers import errors, notices, programmes
from handlers.chat.context import Context
from handlers.flows.initiative import FORM as INITIATIVE
from handlers.office import Office
from handlers.reaching import promises, reach
from handlers.reaching.promises import Promise, Who
from messages.types import Choice, Say
from storage import conversations, members
from storage import programmes as stored
from storage.database import Transaction
from storage.tables import Kind, Programme


def extend(context: Context, programme_id: int, closes: object) -> None:
    """Staff moves an end from the chat."""
    programme = stored.by_id(context.db, programme_id)
    if programme is None or not isinstance(closes, datetime):
        context.say("common.no_right", contact=context.office.contact)
        return
    try:
        programmes.extend(context.db, programme.code, closes, actor=context.actor, now=context.now)
    except errors.Refusal as refusal:
        context.said.append(Say(refusal.key, refusal.values))
        return
    told = tell_extended(context.db, context.office, programme, context.now)
    words = promises.all_words(context.office, told, Who.PEOPLE)
    context.say("staff.extended", programme=programme.name, closes=closes, told=words)


def tell_extended(db: Transaction, office: Office, programme: Programme, now: datetime) -> list[Promise]:
    """Tell those with an unfinished entry, and those who asked to be told; what came of each."""
    drafting = {
        member_id
        for member_id, answers in conversations.members_with_draft(db, INITIATIVE.name)
        if answers.get("programme") == programme.id
    }
    watching = members.watching(db, Kind.INITIATIVE) if programme.kind == Kind.INITIATIVE else []
    say = _say("initiative.extended", programme, office)
    once = f"extended:{programme.code}:{programme.closes_at:%Y%m%d%H%M}"
    members.unwatch(db, watching, Kind.INITIATIVE)
    return _tell(db, office, drafting | set(watching), say, once, now)


def announce(db: Transaction, office: Office, now: datetime) -> int:
    """Tell those who asked, once, when a programme has opened; how many."""
    told = 0
    for programme in stored.newly_open(db, now):
        programme.announced_open = True
        if programme.kind != Kind.INITIATIVE:
            continue
        watching = members.watching(db, Kind.INITIATIVE)
        say = _say("initiative.opened", programme, office)
        reached = _tell(db, office, set(watching), say, f"opened:{programme.code}", now)
        told += sum(map(promises.is_promised, reached))
        members.unwatch(db, watching, Kind.INITIATIVE)
    return told


def _say(key: str, programme: Programme, office: Office) -> Say:
    choices = (Choice("initiative", office.catalogue.label("initiative")),)
    return Say(key, {"programme": programme.name, "closes": programme.closes_at}, choices, "menu")


def _tell(db: Transaction, office: Office, member_ids: set[int], say: Say, once: str, now: datetime) -> list[Promise]:
    """Programmes open at midnight: nobody is woken by it."""
    morning = reach.opening(now, office.quiet_hours)
    return [
        notices.push(db, office, member_id, say, topic="programme", once=f"{once}:{member_id}", now=now, due_at=morning)
        for member_id in sorted(member_ids)
    ]
