"""What is kept of an Official Account beside its conversations: quotas as Zalo tells them, names of its members.

What may be sent is decided in handlers/reaching/reach.py; calling Zalo is the running program's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.office import Office
from handlers.reaching import reach, ways
from handlers.reaching.reach import Template
from messages.types import Address
from storage import oa_profiles, tokens, windows
from storage.database import Transaction

FREE = "reply"
"""Zalo's name for the quota of free replies; every other one is paid for."""
COST = "template_cost"
"""Counted by month: đồng spent on template messages, by the settings' prices."""
AT_ONCE = 20
"""Names asked for in one go."""


@dataclass(frozen=True, slots=True)
class Told:
    """What Zalo said after a message."""

    address: Address
    kind: str
    left: int | None
    total: int | None
    until: datetime | None
    template: str = ""
    """The key of the template that was sent, where it was one."""


@act(Needs.PROGRAM, audit="oa.authorise")
def authorise(
    db: Transaction, actor: Actor, account: str, *, access: str, refresh: str, lives: timedelta, now: datetime
) -> None:
    """An administrator of the account granted anew; that it was done is kept, by whom only Zalo knows."""
    actors.require_program(actor)
    tokens.authorise(db, account, access=access, refresh=refresh, lives=lives)
    actors.record(db, actor, "oa.authorise", subject=account, now=now)


def note(db: Transaction, told: Sequence[Told], prices: Mapping[str, int], now: datetime) -> None:
    """Note quotas as Zalo told them; count templates and what they cost."""
    month = reach.month_of(now)
    for one in told:
        account = one.address.account
        if one.template:
            windows.count(db, account, f"template.{one.template}", month)
            windows.count(db, account, COST, month, prices.get(one.template, 0))
        elif one.kind == FREE:
            windows.note_free(db, one.address, one.left, one.until)
        elif one.left is not None and one.total is not None:
            windows.note_limit(db, account, windows.PAID, month, used=max(one.total - one.left, 0), limit=one.total)
        else:
            windows.count(db, account, windows.PAID, month)


def needs_template(db: Transaction, office: Office, address: Address, now: datetime) -> bool:
    """Whether only a template may go to this chat now."""
    way = ways.way_from(address, windows.of(db, [address]).get(address))
    budget = ways.Budget(db, office, now)
    kinds = ways.terms_of(office, address.account).templates
    return any(isinstance(budget.ask(kind, way), Template) for kind in kinds)


def last_heard(db: Transaction, account: str) -> datetime | None:
    """When the last event came that a person caused; None: none ever did, or it is forgotten."""
    return windows.last_heard(db, account)


def nameless(db: Transaction, account: str) -> Sequence[str]:
    """Chats of members who agreed and have given no name: Zalo may be asked for theirs, once."""
    return oa_profiles.unasked(db, account, limit=AT_ONCE)


def called(db: Transaction, address: Address) -> str | None:
    """How somebody is called on Zalo, if they come from there and it has said so."""
    return oa_profiles.name_of(db, address) if address.kind == "zalo_oa" else None


def keep_name(db: Transaction, address: Address, name: str, now: datetime) -> None:
    """What Zalo answered; empty: it knows none, and is not asked again."""
    oa_profiles.keep(db, address, name, now)
