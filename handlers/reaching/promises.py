"""What came of telling somebody: it goes out now, at a moment, once they write, or not at all; and how that is said.

Whoever acts reads just this, in the same words on every channel: nobody is told of a notice that went nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from handlers.office import Office
from handlers.reaching import reach, ways
from handlers.reaching.reach import Reason, Terms, What
from messages.types import Address
from storage import detours
from storage.windows import Way

SILENCE = (Reason.NEVER_WROTE, Reason.WINDOW_CLOSED, Reason.FREE_SPENT, Reason.PAID_SPENT)
"""Reasons that lie in how long ago, or how often, somebody wrote."""
UNASKED = (Reason.NO_CONSENT, Reason.ERASED)
"""Reasons for which nobody calls either."""
REFUSED = (Reason.UNREACHABLE, Reason.UNFOLLOWED)
"""Reasons that lie in what they did: blocked us, follow no more."""


@dataclass(frozen=True, slots=True)
class Now:
    """It goes out now."""


@dataclass(frozen=True, slots=True)
class At:
    """It is promised for a moment."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class Waits:
    """It is promised, and waits until its person writes or what is used up begins anew."""

    reason: Reason
    span: timedelta | None = None
    """How long after somebody's last line their channel carries a notice; None: that is not the reason."""


@dataclass(frozen=True, slots=True)
class NoWay:
    """Nothing is promised: no address at all (UNREACHABLE), no agreement (NO_CONSENT), nobody any more (ERASED)."""

    reason: Reason


Promise = Now | At | Waits | NoWay


def of(office: Office, way: Way, found: reach.Verdict, *, now: datetime, due_at: datetime | None) -> Promise:
    """What a verdict about the best way means for a notice that is due at a moment (None: now)."""
    if isinstance(found, reach.Refuse):
        span = span_of(ways.terms_of(office, way.address.account)) if found.reason in SILENCE else None
        return Waits(found.reason, span)
    at = max(due_at or now, found.at) if isinstance(found, reach.Later) else due_at or now
    return At(at) if at > now else Now()


def span_of(terms: Terms, what: What = What.NOTICE) -> timedelta | None:
    """How long after a person's last line an account carries what they did not ask for; None: as long as one likes."""
    if what in terms.templates:
        return None
    if terms.window is None or terms.paid:
        return terms.window
    return terms.window if terms.free is None else min(terms.free, terms.window)


def is_promised(told: Promise) -> bool:
    """Whether it will come, now or later."""
    return not isinstance(told, NoWay)


class Who(StrEnum):
    """Who is told, as the words name them."""

    AUTHOR = "author"
    SENDER = "sender"
    """Of feedback."""
    COLLEAGUE = "colleague"
    PEOPLE = "people"
    """Whoever asked to be told."""


def words(office: Office, told: Promise, who: Who = Who.AUTHOR, *, phone: str | None = None) -> str:
    """For whoever acted: whether somebody knows of it. `phone`: the number to call where they do not, where the one
    who acted may see it.
    """
    text = office.catalogue.text
    values = {"who": text(f"told.{who}", {}), "phone": phone}
    match told:
        case Now():
            return text("told.now", values)
        case At(moment):
            return text("told.at", values | {"at": moment})
        case Waits(reason, span):
            more = {"span": span_words(office, span), "days": detours.PATIENCE.days}
            return text(f"told.{_why(reason)}", values | more)
        case NoWay(reason):
            return text(f"told.{reason}" if reason in UNASKED else "told.no_way", values)
        case _:
            assert_never(told)


def _why(reason: Reason) -> str:
    if reason in SILENCE:
        return "silence"
    return "refused" if reason in REFUSED else "spent"


def span_words(office: Office, span: timedelta | None) -> str:
    """«48 giờ», «7 ngày»; empty where there is no such limit."""
    if span is None:
        return ""
    hours = round(span / timedelta(hours=1))
    days, rest = divmod(hours, 24)
    key = "days" if days > 2 and not rest else "hours"
    return office.catalogue.text(f"told.{key}", {"count": days if key == "days" else hours})


def here(office: Office, address: Address, what: What = What.NOTICE) -> str:
    """For how long after their last line somebody is told at this chat of what they did not ask for; empty: always."""
    return span_words(office, span_of(ways.terms_of(office, address.account), what))


def all_words(office: Office, told: Iterable[Promise], who: Who = Who.AUTHOR) -> str:
    """The same of several, counted."""
    found = list(told)
    later = [one.moment for one in found if isinstance(one, At)]
    values = {
        "who": office.catalogue.text(f"told.{who}", {}),
        "now": sum(isinstance(one, Now) for one in found),
        "later": len(later),
        "at": max(later, default=None),
        "waiting": sum(isinstance(one, Waits) for one in found),
        "nobody": sum(isinstance(one, NoWay) for one in found),
        "everybody": len(found),
    }
    return office.catalogue.text("told.several", values)
