"""Messages on their way out: rendered, split for their channel, promised in the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers import push_words
from handlers.office import Office
from handlers.reaching import promises, reach, ways
from handlers.reaching.promises import Promise
from messages import render
from messages.types import LIMITS, Address, Outbound, Say
from storage import detours, members, nights, outbox
from storage.database import Transaction
from storage.tables import Policy, Priority


def push(
    db: Transaction,
    office: Office,
    member_id: int,
    say: Say,
    *,
    topic: str,
    once: str | None,
    now: datetime,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    forget: bool = False,
    waits_for_return: bool = True,
) -> Promise:
    """Promise one notice to the address the member used last, or to another that carries it; what came of it. What no
    way carries now is promised all the same: it waits, with its reason, until the person writes again; unless, not
    `waits_for_return`, they block us: a row that waits tells where its member is and when it was made.

    Its choices are answered by words that stay good (handlers/push_words.py); a number under it is asked back.
    """
    whole = _worded(office, say, topic)
    return push_worded(
        db,
        office,
        member_id,
        whole,
        topic=topic,
        once=once,
        now=now,
        due_at=due_at,
        expires_at=expires_at,
        forget=forget,
        waits_for_return=waits_for_return,
    )


def push_worded(
    db: Transaction,
    office: Office,
    member_id: int,
    whole: Outbound,
    *,
    topic: str,
    once: str | None,
    now: datetime,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    forget: bool = False,
    waits_for_return: bool = True,
) -> Promise:
    """The same with a message that was worded before."""
    chosen = _best(db, office, member_id, whole, topic, max(now, due_at or now))
    if chosen is None:
        return _no_way(db, member_id)
    way, found = chosen
    if way.unreachable and not waits_for_return:
        return promises.NoWay(reach.Reason.UNREACHABLE)
    told = promises.of(office, way, found, now=now, due_at=due_at)
    reason: str | None = None
    if isinstance(told, promises.At):
        due_at = told.moment
    elif isinstance(told, promises.Waits):
        reason = detours.GONE if way.unreachable else told.reason.value
    if way.unreachable:
        due_at = expires_at = min(expires_at or now + detours.PATIENCE, now + detours.PATIENCE)
    _promise(
        db,
        office,
        way.address,
        whole,
        member_id=member_id,
        topic=topic,
        priority=Priority.NOTICE,
        once=once,
        now=now,
        due_at=due_at,
        expires_at=expires_at,
        forget=forget,
        reason=reason,
    )
    return told


def _no_way(db: Transaction, member_id: int) -> promises.NoWay:
    """Why somebody has no way at all."""
    member = members.by_id(db, member_id)
    if member is None or member.erased_at is not None:
        return promises.NoWay(reach.Reason.ERASED)
    agreed = member.consent_version is not None
    return promises.NoWay(reach.Reason.UNREACHABLE if agreed else reach.Reason.NO_CONSENT)


def _best(
    db: Transaction, office: Office, member_id: int, whole: Outbound, topic: str, at: datetime
) -> ways.Chosen | None:
    """The best way of a notice that goes at a moment; as a template only where there is one for just this message."""
    what = ways.what_of(topic, Priority.NOTICE)
    chosen = ways.choose(db, office, [member_id], what, at).get(member_id)
    if chosen is None:
        return None
    way, found = chosen
    asleep = isinstance(found, reach.Later) and found.reason is reach.Reason.NIGHT
    if not (asleep or isinstance(found, reach.Template)):
        return chosen
    if whole.template is not None and ways.takes(office, way.address, whole.template):
        return chosen
    return way, ways.Budget(db, office, at).ask(what, way, templates=False)


def to_chat(
    db: Transaction, office: Office, member_id: int, address: Address, say: Say, *, topic: str, now: datetime
) -> Promise:
    """Promise one notice without choices to just this chat of a member's, if it can be reached; it is forgotten once
    it is sent.
    """
    if not members.is_reached(db, member_id, address):
        return promises.NoWay(reach.Reason.UNREACHABLE)
    _promise(
        db,
        office,
        address,
        replace(_worded(office, say, topic), only_here=True),
        member_id=member_id,
        topic=topic,
        priority=Priority.NOTICE,
        once=None,
        now=now,
        due_at=None,
        expires_at=None,
        forget=True,
    )
    return promises.Now()


def to_officer(
    db: Transaction,
    office: Office,
    member_id: int,
    say: Say,
    *,
    about: str,
    topic: str,
    once: str | None,
    now: datetime,
    forget: bool = False,
    urgent: bool = False,
) -> Promise:
    """Tell an officer of something they did not ask for: at once by day, or where somebody may be in danger; else it
    waits for the morning, together with whatever else comes in that night (handlers/mornings.py). `about`: the code
    of what it is about.
    """
    if urgent or not reach.is_quiet(now, office.quiet_hours):
        return push(db, office, member_id, say, topic=topic, once=once, now=now, forget=forget)
    whole, morning = _worded(office, say, topic), reach.opening(now, office.quiet_hours)
    nights.keep(db, member_id, about, whole, key=say.key, topic=topic, forget=forget)
    chosen = _best(db, office, member_id, whole, topic, morning)
    return _no_way(db, member_id) if chosen is None else promises.of(office, *chosen, now=now, due_at=morning)


def enqueue(
    db: Transaction,
    office: Office,
    address: Address,
    say: Say,
    *,
    member_id: int | None,
    topic: str,
    priority: Priority,
    now: datetime,
    once: str | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    forget: bool = False,
) -> None:
    """Render, split to what the channel carries, and promise each part in order."""
    whole = replace(office.render(say), template=ways.template_for(office, address, ways.what_of(topic, priority), say))
    _promise(
        db,
        office,
        address,
        whole,
        member_id=member_id,
        topic=topic,
        priority=priority,
        now=now,
        once=once,
        due_at=due_at,
        expires_at=expires_at,
        forget=forget,
    )


def _worded(office: Office, say: Say, topic: str) -> Outbound:
    """A notice before it is known where it goes: with its template, wherever there may be one."""
    what = ways.what_of(topic, Priority.NOTICE)
    return replace(office.render(say), template=ways.template_of(what, say))


def _promise(
    db: Transaction,
    office: Office,
    address: Address,
    whole: Outbound,
    *,
    member_id: int | None,
    topic: str,
    priority: Priority,
    now: datetime,
    once: str | None,
    due_at: datetime | None,
    expires_at: datetime | None,
    forget: bool,
    reason: str | None = None,
) -> None:
    limits = LIMITS[address.kind]
    if not priority.is_reply:
        whole = replace(whole, choices=push_words.given(whole.question, whole.choices, office))
    if whole.template is not None and not ways.takes(office, address, whole.template):
        whole = replace(whole, template=None)
    under = render.under(whole, limits.buttons, office.catalogue)
    for number, part in enumerate(render.split(whole, limits.text, under=under)):
        outbox.enqueue(
            db,
            address,
            part,
            topic=topic,
            member_id=member_id,
            priority=priority,
            policy=Policy.AT_LEAST_ONCE,
            now=now,
            due_at=due_at,
            expires_at=expires_at,
            once=f"{once}#{number}" if once else None,
            forget=forget,
            reason=reason,
        )
