"""Messages on their way out: rendered, split for their channel, promised in the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.context import Talk, asked_of
from handlers.office import Office
from handlers.reaching import reach, ways
from messages import render
from messages.types import LIMITS, Address, Say
from storage import conversations, outbox
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
) -> bool:
    """Promise one notice to the address the member used last, or to another that carries it; False when none can be
    reached. What no way carries now is promised all the same: it waits, with its reason, until the person writes again.

    Its choices are what a number means from now on: where there are no buttons, it is the list the member sees.
    """
    chosen = ways.choose(db, office, [member_id], ways.what_of(topic, Priority.NOTICE), now).get(member_id)
    if chosen is None or chosen[0].unreachable:
        return False
    way, found = chosen
    if isinstance(found, reach.Later):
        due_at = max(due_at or now, found.at)
    enqueue(
        db,
        office,
        way.address,
        say,
        member_id=member_id,
        topic=topic,
        priority=Priority.NOTICE,
        once=once,
        now=now,
        due_at=due_at,
        expires_at=expires_at,
        forget=forget,
    )
    if say.choices:
        conversations.offer(db, member_id, asked_of(Talk(offered=say.choices, question=say.question)))
    return True


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
    whole, limits = office.render(say), LIMITS[address.kind]
    whole = replace(whole, template=ways.template_for(office, address, ways.what_of(topic, priority), say))
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
        )
