"""Messages on their way out: rendered, split for their channel, promised in the outbox."""

from __future__ import annotations

from datetime import datetime

from handlers.context import Talk, asked_of
from handlers.office import Office
from messages import render
from messages.types import LIMITS, Address, Say
from storage import conversations, members, outbox
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
    """Promise one notice to the address the member used last; False when no address can be reached.

    Its choices are what a number means from now on: where there are no buttons, it is the list the member sees.
    """
    address = members.reachable(db, [member_id]).get(member_id)
    if address is None:
        return False
    enqueue(
        db,
        office,
        address,
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
    for number, part in enumerate(render.split(office.render(say), LIMITS[address.kind].text)):
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
