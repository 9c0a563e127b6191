"""When programmes open, and when their end moves: those concerned are told (F13; deadlines moved in 2021)."""

from __future__ import annotations

from datetime import datetime

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.office import Office
from handlers.reaching import promises, reach
from handlers.reaching.promises import Promise
from handlers.text.terms import INITIATIVE_FORM
from messages.types import Choice, Say
from storage import conversations, members
from storage import programmes as stored
from storage.database import Transaction
from storage.tables import Kind, Programme


@act(Needs.SELF, audit="programme.watch")
def watch(db: Transaction, actor: Actor, *, now: datetime) -> None:
    """A member wants to be told, once, when the next programme for initiatives opens or is extended."""
    members.watch(db, actor.me, Kind.INITIATIVE, now)
    actors.record(db, actor, "programme.watch", now=now, subject=Kind.INITIATIVE.value)


def tell_extended(db: Transaction, office: Office, programme: Programme, now: datetime) -> list[Promise]:
    """Tell those with an unfinished entry, and those who asked to be told; what came of each."""
    drafting = {
        member_id
        for member_id, answers in conversations.members_with_draft(db, INITIATIVE_FORM)
        if answers.get("programme") == programme.id
    }
    watching = members.watching(db, Kind.INITIATIVE) if programme.kind == Kind.INITIATIVE else []
    say = _say("initiative.extended", programme, office)
    once = f"extended:{programme.code}:{programme.closes_at:%Y%m%d%H%M}"
    members.unwatch(db, watching, Kind.INITIATIVE)
    return _tell(db, office, drafting | set(watching), say, once, now)


@act(Needs.PROGRAM, tells="who watches for openings", unaudited="the programme keeps that it was announced")
def announce(db: Transaction, office: Office, actor: Actor, *, now: datetime) -> int:
    """Tell those who asked, once, when a programme has opened; how many."""
    actors.require_program(actor)
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
