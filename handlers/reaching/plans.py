"""What an account's plan carries (messages a month, people): counted, and its caretakers told before it bites.

Whether a message may still go is decided in `reach`; here is only the count, the word of warning, and what
becomes of a person too many: they are told of another way in, and no dialogue begins that could not be answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers import notices
from handlers.office import Office
from handlers.reaching import reach, ways
from messages.types import Address, Inbound, Left, Overheard, Say
from storage import plans, windows
from storage.database import Transaction
from storage.tables import Priority

TOLD_A_DAY = 20
"""How many lines of people too many are answered in a day: each answer is one less for those whom the plan carries."""
TURNED_AWAY = "turned_away"
"""The kind under which these answers are counted, by day."""
STEPS = (70, 85, 95)
"""Percent of an allowance at which there is a warning."""
LAST_WORD = 95
"""Percent of a month's messages from which each who writes is told, once, that answers may stop: they still go then."""


def count(db: Transaction, office: Office, account: str, messages: int, now: datetime) -> None:
    """So many messages more went through an account, in either direction."""
    terms, month = ways.terms_of(office, account), reach.month_of(now)
    used = windows.count(db, account, windows.MESSAGES, month, messages)
    known = [
        Used("month", month, used, terms.month),
        Used("users", windows.ALWAYS, windows.known_chats(db, account), terms.users),
    ]
    for one in known:
        _warn(db, office, account, one, now)


def carries(db: Transaction, office: Office, address: Address) -> bool:
    """Whether somebody is among the people whom the account's plan carries, or there is still room for them."""
    users = ways.terms_of(office, address.account).users
    return users is None or bool(windows.of(db, [address])) or windows.known_chats(db, address.account) < users


def turn_away(db: Transaction, office: Office, inbound: Inbound, now: datetime) -> None:
    """Somebody too many wrote: kept of them is nothing but the answer, which names another way."""
    account, day = inbound.address.account, reach.day_of(now)
    if isinstance(inbound.event, Left | Overheard) or windows.used(db, account, TURNED_AWAY, day) >= TOLD_A_DAY:
        return
    windows.count(db, account, TURNED_AWAY, day)
    link = f"{office.public_url}/chat" if office.is_reachable_from(inbound.address.kind) else ""
    say = Say("plan.full", {"link": link, "contact": office.contact})
    notices.enqueue(
        db, office, inbound.address, say, member_id=None, topic="reply", priority=Priority.STRANGER, now=now
    )


def last_word(db: Transaction, office: Office, address: Address, member_id: int, now: datetime) -> None:
    """Tell a member who writes, once a month, that the plan is all but used, and the other way there is."""
    limit = ways.terms_of(office, address.account).month
    month = reach.month_of(now)
    if limit is None or windows.used(db, address.account, windows.MESSAGES, month) * 100 < limit * LAST_WORD:
        return
    link = f"{office.public_url}/chat" if office.is_reachable_from(address.kind) else ""
    say = Say("plan.last_word", {"link": link, "contact": office.contact})
    once = f"last_word:{month}:{db.seals.digest('last_word', address.account, address.chat)}"
    notices.enqueue(
        db,
        office,
        address,
        say,
        member_id=member_id,
        topic="reply",
        priority=Priority.REPLY,
        now=now,
        once=once,
    )


@dataclass(frozen=True, slots=True)
class Used:
    """How much of one allowance is used in its period."""

    what: str
    period: str
    used: int
    limit: int | None
    """None: as much as one likes."""

    @property
    def step(self) -> int:
        """The highest of `STEPS` that is reached; 0: none."""
        limit = self.limit
        return 0 if limit is None else max((step for step in STEPS if self.used * 100 >= limit * step), default=0)


def _warn(db: Transaction, office: Office, account: str, one: Used, now: datetime) -> None:
    """Once at each step, to each who answers for the account."""
    kind = f"warned.{one.what}"
    if one.step <= windows.used(db, account, kind, one.period):
        return
    windows.note_limit(db, account, kind, one.period, used=one.step, limit=None)
    say = Say(f"plan.{one.what}", {"channel": account.partition(":")[0], "used": one.used, "limit": one.limit})
    for member_id in plans.caretakers(db, now):
        once = f"plan:{account}:{one.what}:{one.period}:{one.step}:{member_id}"
        morning = reach.opening(now, office.quiet_hours)
        notices.push(db, office, member_id, say, topic=ways.PLAN, once=once, now=now, due_at=morning)
