"""What waits for its person: taken to another of their chats as soon as they are heard there, and listed for those who
answer for it: by account and reason for the operator, by name and number for an officer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.office import Office
from handlers.reaching import reach, ways
from handlers.reaching.reach import What
from storage import detours, untold, windows
from storage.database import Transaction
from storage.detours import Stranded
from storage.tables import Priority
from storage.untold import Pile

SLICE = 500
"""As many as one look of the clock takes to another chat."""
SHOWN = timedelta(days=7)
"""How far back refusals are shown."""
REASONS = tuple(reason.value for reason in ways.WAITING)
REASONS_AND_GONE = (*REASONS, detours.GONE)


def take_other_ways(db: Transaction, office: Office, now: datetime) -> int:
    """What waits at one chat goes to another from which its member has been heard since; how many."""
    found = detours.stranded(db, REASONS, size=SLICE)
    moved = 0
    for what in {_what(one) for one in found}:
        theirs = [one for one in found if _what(one) is what]
        moved += _take(db, office, theirs, what, now)
    return moved


def _what(one: Stranded) -> What:
    return ways.what_of(one.topic, Priority.NOTICE)


def _take(db: Transaction, office: Office, found: Sequence[Stranded], what: What, now: datetime) -> int:
    """To a chat that carries it now; from one that refuses us also to one where it waits its turn."""
    chosen = ways.choose(db, office, {one.member_id for one in found}, what, now)
    moved = 0
    for one in found:
        way, verdict = chosen.get(one.member_id, (None, None))
        if way is None or way.unreachable or way.address == one.address:
            continue
        if one.is_refused or isinstance(verdict, reach.Send):
            detours.go_on(db, one.id, way.address, now)
            moved += 1
    return moved


@dataclass(frozen=True, slots=True)
class Refusals:
    """What an account refused by its rules in the last days, answers and news: they do not wait."""

    account: str
    reason: str
    number: int


def piles(db: Transaction, now: datetime) -> list[Pile]:
    """What waits for somebody to write, by account and reason."""
    return untold.piles(db, REASONS_AND_GONE, now)


def refusals(db: Transaction, now: datetime) -> list[Refusals]:
    """What was refused, by account and reason."""
    counted = windows.counted_since(db, ways.REFUSED, reach.day_of(now - SHOWN))
    return [Refusals(account, kind.removeprefix(ways.REFUSED), number) for account, kind, number in counted]
