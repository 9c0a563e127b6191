"""May we write news to this member, here, now? Pure: facts and a moment in, a moment or a named reason out.

Asked when news is promised and once more when it is claimed. What a member asked for themselves (answers, results,
reminders of their own matters) is not news and is not asked about here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from messages.dates import ZONE
from storage.news import Standing


class Reason(StrEnum):
    """Why not; in this order, so that the first that holds is told."""

    ERASED = "erased"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    """Never asked for news, or stopped it."""
    UNREACHABLE = "unreachable"
    """No address, or every one of them refuses us."""
    WEEKLY_CAP = "weekly_cap"
    DAILY_CAP = "daily_cap"


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
