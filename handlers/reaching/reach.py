"""May we write this to this member, here, now? Pure: facts and a moment in, a moment or a named reason out.

Two questions. Whether a member wants news (`refusal`): consent, opt-in, caps, quiet hours. And whether a channel lets
a message of any kind through (`verdict`): a budget of windows, free replies, quotas, pauses and night rules. Both are
asked when a message is promised and once more when it is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from messages.dates import ZONE
from storage.news import Standing
from storage.windows import Way


class Reason(StrEnum):
    """Why not; in this order, so that the first that holds is told."""

    ERASED = "erased"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    """Never asked for news, or stopped it."""
    UNREACHABLE = "unreachable"
    """No address, or every one of them refuses us."""
    ONLY_BROWSER = "only_browser"
    """An officer who is found in a browser only, where no role is in force."""
    WEEKLY_CAP = "weekly_cap"
    DAILY_CAP = "daily_cap"
    TAKEN_OVER = "taken_over"
    """A person of ours talks in that chat by hand."""
    UNFOLLOWED = "unfollowed"
    """They do not follow the account, and the setting says that they must."""
    MONTH_SPENT = "month_spent"
    """What the channel carries in a month is used, or what is left is kept for answers."""
    NEVER_WROTE = "never_wrote"
    """They never wrote to this account."""
    WINDOW_CLOSED = "window_closed"
    """They have not written for longer than the channel allows."""
    FREE_SPENT = "free_spent"
    """No free message is left in this window, and the office does not pay for more."""
    PAID_SPENT = "paid_spent"
    """The office's package is used up."""
    NIGHT = "night"
    """The channel takes none of this kind at night."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How much news is welcome. `quiet`: the hours in which it begins and ends to be quiet, local."""

    quiet: tuple[int, int] = (21, 7)
    weekly: int = 3
    """In any seven days, whichever programme or sender it is from."""
    daily: int | None = None


def refusal(standing: Standing, rules: Rules) -> Reason | None:
    """Why a member gets no news; None when they may."""
    if standing.erased:
        return Reason.ERASED
    if not standing.consented:
        return Reason.NO_CONSENT
    if not standing.opted_in:
        return Reason.OPTED_OUT
    if standing.address is None:
        return Reason.UNREACHABLE
    if standing.barred:
        return Reason(standing.barred)
    if standing.recent >= rules.weekly:
        return Reason.WEEKLY_CAP
    if rules.daily is not None and standing.today >= rules.daily:
        return Reason.DAILY_CAP
    return None


def is_quiet(moment: datetime, quiet: tuple[int, int]) -> bool:
    """Whether nobody is to be disturbed at a moment; the first quiet hour counts, the last bound does not."""
    begins, ends = quiet
    hour = moment.astimezone(ZONE).hour
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def opening(moment: datetime, quiet: tuple[int, int]) -> datetime:
    """The moment itself, or the end of the quiet hours it falls into."""
    if not is_quiet(moment, quiet):
        return moment
    local = moment.astimezone(ZONE)
    end = datetime.combine(local.date(), time(quiet[1]), ZONE)
    return end if end > local else end + timedelta(days=1)


def midnight(moment: datetime) -> datetime:
    """The beginning of a moment's local day."""
    return datetime.combine(moment.astimezone(ZONE).date(), time(), ZONE)


class What(StrEnum):
    """Kinds of message, by how much of a channel's allowance they may use: the first goes when nothing else does."""

    DANGER = "danger"
    """Answers somebody who may be in danger: also where one of ours writes by hand."""
    REPLY = "reply"
    """Answers what somebody has just said."""
    WARNING = "warning"
    """Tells those who answer for an account that its plan runs out."""
    OFFICER = "officer"
    """Duties and new items, to those who answer for them."""
    NOTICE = "notice"
    """Results and dates of a member's own matters."""
    NEWS = "news"
    """What staff and programmes tell everybody."""


ANSWERS = frozenset({What.DANGER, What.REPLY})
"""What is for the moment it is asked in, in the chat it is asked in."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one kind of channel lets us send. Where Zalo's pages disagree with each other, the number is a setting.

    `window`, `free` and the paid part between them: developers.zalo.me, «Tin tư vấn» (consultation messages). `night`:
    the same, hours of promotion (-234), which ZBS templates share (-133). `month`: bot.zapps.me, plan Basic.
    """

    window: timedelta | None = None
    """Since the person's last interaction; None: as long as one likes."""
    free: timedelta | None = None
    """The part of the window in which a message costs nothing."""
    free_cap: int | None = None
    """Free messages in one window where the platform counts them and has not said how many are left."""
    free_kept: int = 0
    """Of these, as many as are left for answers."""
    paid: bool = False
    """Whether the office pays for the rest of the window."""
    paid_month: int | None = None
    """As many as the office's package holds; None: as the platform reports."""
    follow: bool = False
    """Whether only those who follow the account may be written to unasked (disputed)."""
    month: int | None = None
    """Messages in a calendar month, both ways."""
    users: int | None = None
    """Persons who may use the account at all; who comes later is told of another way (handlers/reaching/plans.py)."""
    shares: Mapping[What, float] = field(default_factory=dict)
    """The part of the month's messages up to which each kind may be sent; without one, all of them."""
    night: tuple[int, int] | None = None
    """Hours in which news and templates wait."""
    hand: timedelta = timedelta(hours=2)
    """How long the bot keeps out of a chat after one of ours wrote there by hand."""
    templates: frozenset[What] = frozenset()
    """Kinds for which the office has a template that reaches people outside the window, and pays for it."""
    template_names: frozenset[str] = frozenset()
    """The messages these are for: keys of the catalogue; one that is a kind itself stands for all of that kind."""

    @property
    def limits(self) -> bool:
        """Whether it limits anything."""
        return any(limit is not None for limit in (self.window, self.month, self.users))


FREE = Terms()
"""Telegram, the browser, the terminal: whoever can be reached may be written to."""

MARGIN = timedelta(minutes=10)
"""A window is taken to close a little earlier: a row may wait for its turn, and clocks differ."""


@dataclass(frozen=True, slots=True)
class Spent:
    """How much of an account's allowances is used; a limit that the platform told goes before the setting."""

    month: int = 0
    month_limit: int | None = None
    paid: int = 0
    paid_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """It may go now. `paid`: the platform charges for it."""

    paid: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """It may go at that moment, if nothing changes."""

    at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Template:
    """It may go only as a template message."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """It may not go this way."""

    reason: Reason


Verdict = Send | Later | Template | Refuse


def verdict(what: What, way: Way, terms: Terms, spent: Spent, now: datetime) -> Verdict:
    """Whether a message of a kind may go to one address at a moment."""
    if way.unreachable:
        return Refuse(Reason.UNREACHABLE)
    if way.paused_until is not None and way.paused_until > now and what is not What.DANGER:
        return Refuse(Reason.TAKEN_OVER) if what is What.REPLY else Later(way.paused_until, Reason.TAKEN_OVER)
    if terms.follow and way.follows is False and what not in ANSWERS:
        return Refuse(Reason.UNFOLLOWED)
    if what not in ANSWERS and left_of_month(what, terms, spent) == 0:
        return Refuse(Reason.MONTH_SPENT)  # an answer goes until the platform itself says no: its count may be another
    found = _by_window(what, way, terms, spent, now)
    asleep = terms.night is not None and is_quiet(now, terms.night)
    if terms.night is not None and asleep and (isinstance(found, Template) or (what is What.NEWS and _goes(found))):
        return Later(opening(now, terms.night), Reason.NIGHT)
    return found


def left_of_month(what: What, terms: Terms, spent: Spent) -> int | None:
    """How many more messages of a kind an account may send this month; None: as many as one likes."""
    limit = spent.month_limit if spent.month_limit is not None else terms.month
    return None if limit is None else max(0, int(limit * terms.shares.get(what, 1.0)) - spent.month)


def _by_window(what: What, way: Way, terms: Terms, spent: Spent, now: datetime) -> Verdict:
    if terms.window is None:
        return Send()
    if way.interacted_at is None:
        return _outside(what, terms, Reason.NEVER_WROTE)
    age = now - way.interacted_at + MARGIN
    if age >= terms.window:
        return _outside(what, terms, Reason.WINDOW_CLOSED)
    if _is_free(what, way, terms, now, age):
        return Send()
    if not terms.paid:
        return _outside(what, terms, Reason.FREE_SPENT)
    limit = spent.paid_limit if spent.paid_limit is not None else terms.paid_month
    if limit is not None and spent.paid >= limit:
        return _outside(what, terms, Reason.PAID_SPENT)
    return Send(paid=True)


def _is_free(what: What, way: Way, terms: Terms, now: datetime, age: timedelta) -> bool:
    """Drive from what the platform reports; only where it has not said is the setting asked."""
    if terms.free is None or age >= terms.free:
        return False
    if way.free_until is not None and way.free_until <= now + MARGIN:
        return False
    left = way.free_left if way.free_left is not None else terms.free_cap
    return left is None or left > (0 if what in ANSWERS else terms.free_kept)


def _outside(what: What, terms: Terms, reason: Reason) -> Verdict:
    return Template() if what in terms.templates else Refuse(reason)


def _goes(found: Verdict) -> bool:
    return isinstance(found, Send)


def best(verdicts: Sequence[tuple[Way, Verdict]]) -> tuple[Way, Verdict] | None:
    """Of the ways to one person, the one used last first: one that goes now, else one that costs a template, else the
    one that goes soonest, else none, with the reason of the way used last. None: no way at all.
    """
    for wanted in (Send, Template):
        for way, found in verdicts:
            if isinstance(found, wanted):
                return way, found
    waiting = [(found.at, number) for number, (_, found) in enumerate(verdicts) if isinstance(found, Later)]
    if waiting:
        return verdicts[min(waiting)[1]]
    return next((one for one in verdicts if not one[0].unreachable), verdicts[0] if verdicts else None)


def month_of(moment: datetime) -> str:
    """The period by which a month's messages are counted."""
    return f"{moment.astimezone(ZONE):%Y-%m}"


def day_of(moment: datetime) -> str:
    """The period by which a day's are."""
    return f"{moment.astimezone(ZONE):%Y-%m-%d}"
