"""What an author hears of each step of their initiative, in warm words (F7; domain §5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from handlers import notices
from handlers.office import Office
from handlers.reaching import promises, ways
from handlers.reaching.promises import Promise
from handlers.reaching.reach import Reason, What
from handlers.text.readers import given_name
from messages.types import Choice, Say
from storage import detours, selections, units
from storage.database import Transaction
from storage.tables import State, Submission


@dataclass(frozen=True, slots=True)
class News:
    """What a step says beyond the state it led to."""

    by: str = ""
    """The unit that chose or rewarded."""
    above: str = ""
    """To whom it goes."""
    occasion: str = ""
    due_at: datetime | None = None
    """When it is told, if not now: an author is congratulated on the day of the award."""
    taken_back: bool = False
    """It was on a list and is not any more."""


def receiver_name(db: Transaction, record: Submission, office: Office) -> str:
    """The receiving unit's name, or the office's own where no unit is known."""
    unit = units.known_by_id(db, record.receiver_id) if record.receiver_id else None
    return unit.name if unit else office.organisation


def unit_name(db: Transaction, record: Submission) -> str:
    """The author's own unit, as picked or as typed."""
    unit = units.by_id(db, record.unit_id) if record.unit_id else None
    return unit.name if unit else record.other_unit or ""


def place_name(db: Transaction, record: Submission, office: Office) -> str:
    """Where an initiative lies now: with the last unit it was sent up to, else with the one that received it."""
    above = selections.receivers(db, record.id) if record.id is not None else []
    unit = units.by_id(db, above[-1]) if above else None
    return unit.name if unit else receiver_name(db, record, office)


def tell(db: Transaction, office: Office, record: Submission, now: datetime, news: News) -> Promise:
    """Tell the author where the initiative stands now, which says all that still waited for them; what came of it.
    Nobody where there is no author any more.
    """
    if record.member_id is None:
        return promises.NoWay(Reason.ERASED)
    say = _words(db, office, record, news, now)
    matter = f"status:{record.code}."
    detours.supersede(db, record.member_id, matter, ways.WAITED_FOR)
    once = f"{matter}{record.revision}"
    return notices.push(db, office, record.member_id, say, topic="status", once=once, now=now, due_at=news.due_at)


def _words(db: Transaction, office: Office, record: Submission, news: News, now: datetime) -> Say:
    name, code = given_name(record.full_name or ""), record.code
    where = receiver_name(db, record, office)
    if news.taken_back:
        return Say("status.taken_back", {"code": code, "by": news.by})
    match State(record.state):
        case State.SENT | State.RECEIVED:
            span = _span(db, office, record, now)
            return Say("status.received", {"given_name": name, "code": code, "where": where, "span": span})
        case State.APPRAISING:
            return Say("status.appraising", {"code": code, "where": where})
        case State.NEEDS_MORE:
            supplement = (Choice("supplement", office.catalogue.label("supplement")),)
            values = {"code": code, "request": record.request, "due": record.due_at}
            return Say("status.needs_more", values, supplement, f"own@{code}")
        case State.RECOGNISED:
            return Say("status.recognised", {"given_name": name, "code": code, "where": where})
        case State.DECLINED:
            return Say("status.declined", {"code": code, "reason": record.request})
        case State.SELECTED:
            return Say("status.chosen", {"code": code, "by": news.by, "above": news.above})
        case State.FORWARDED:
            return Say("status.selected", {"code": code, "by": news.by, "above": news.above})
        case State.AWARDED:
            values = {"given_name": name, "code": code, "by": news.by, "occasion": news.occasion}
            return Say("status.awarded", values)
        case State.WITHDRAWN:
            raise ValueError(record.state)
        case state:
            assert_never(state)


def _span(db: Transaction, office: Office, record: Submission, now: datetime) -> str:
    """For how long the author's channel carries what they did not ask for; empty: always."""
    assert record.member_id is not None
    chosen = ways.choose(db, office, [record.member_id], What.NOTICE, now).get(record.member_id)
    return promises.here(office, chosen[0].address) if chosen is not None else ""
