"""Choosing initiatives for the level above or a reward, and sending a list up in one step (F10; seed 000 II.2.1).

What a unit's officers see of it in the chat stands in handlers/chat/initiatives/selection_desk.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from handlers import acts, notices
from handlers.actors import Actor
from handlers.duties import acts as duties
from handlers.duties import days as duty_days
from handlers.errors import Refusal
from handlers.initiatives import life as initiative_life
from handlers.initiatives import purview, quotas
from handlers.initiatives.authors import News
from handlers.initiatives.life import Act, Changed, Moved
from handlers.initiatives.purview import Seat
from handlers.initiatives.quotas import Room
from handlers.office import Office, local_day
from handlers.reaching.promises import Promise
from messages.dates import date_words
from messages.types import Choice, Say
from storage import appointments, audit, desks, programmes, scores, selections, units
from storage.database import Transaction
from storage.duties import Owed
from storage.tables import Forwarding, Programme, Purpose, Right, Submission, Unit

ACTS = {Purpose.SELECT: Act.SELECT, Purpose.AWARD: Act.AWARD}
BATCH = 50
"""As many of what could be chosen as one looks through."""
QUESTION = "chosen"
"""The first part of a question whose choices are about a unit's list."""


class NeedsReason(Refusal):
    """The planned number is reached: one more needs a reason."""


@acts.act(Right.SELECT, audit=("initiative.selected", "initiative.awarded"), tells="author", revision=True)
def choose(
    db: Transaction,
    office: Office,
    actor: Actor,
    code: str,
    purpose: Purpose,
    *,
    now: datetime,
    seen: int | None = None,
    reason: str | None = None,
) -> Moved:
    """A unit chooses an initiative on its desk for its list or for a reward.

    Raises Refusal: not theirs, or full; Changed; NeedsReason.
    """
    record, place = purview.take(db, code, actor, now, seen=seen)
    act = ACTS[purpose]
    if act not in purview.open_acts(db, record, place):
        raise Changed(record)
    quotas.hold(db, record.programme_id, place.unit_id)
    _mind_the_number(db, record, place, purpose, reason)
    news = _news(db, office, record, place, purpose, now)
    moved = initiative_life.move(db, office, record, act, unit_id=place.unit_id, actor=actor, now=now, news=news)
    selections.add(db, record, place.unit_id, purpose, by_id=actor.member_id, reason=reason, now=now)
    return moved


@dataclass(frozen=True, slots=True)
class Several:
    """What was chosen of several."""

    done: tuple[Moved, ...]
    stopped: Refusal | None
    """Why one was refused: it and what follows it is not chosen."""


@acts.act(Right.SELECT, audit="initiative.selected", tells="author")
def choose_many(db: Transaction, office: Office, actor: Actor, codes: Sequence[str], *, now: datetime) -> Several:
    """A unit chooses these for its list, one after the other, up to the first that is refused."""
    done: list[Moved] = []
    for code in codes:
        try:
            done.append(choose(db, office, actor, code, Purpose.SELECT, now=now))
        except Refusal as refusal:
            return Several(tuple(done), refusal)
    return Several(tuple(done), None)


def _mind_the_number(db: Transaction, record: Submission, place: Seat, purpose: Purpose, reason: str | None) -> None:
    standing = quotas.standing(db, record.programme_id, place.unit_id, purpose)
    if standing is None or standing.room is Room.FREE:
        return
    unit = _unit(db, place.unit_id)
    values = {"unit": unit.name, "selected": standing.count, "quota": standing.planned, "code": record.code}
    if standing.room is Room.FULL:
        raise Refusal("selection.full", **values)
    if reason is None:
        raise NeedsReason("officer.over_quota", **values)


def _news(db: Transaction, office: Office, record: Submission, place: Seat, purpose: Purpose, now: datetime) -> News:
    by = _unit(db, place.unit_id).name
    if purpose is Purpose.SELECT:
        return News(by=by, above=above_name(db, office, place.unit_id))
    standing = quotas.standing(db, record.programme_id, place.unit_id, purpose)
    programme = programmes.by_id(db, record.programme_id) if record.programme_id else None
    words = office.catalogue.text
    if standing is not None and standing.on is not None:
        return News(by=by, occasion=date_words(standing.on), due_at=told_at(standing, purpose, now))
    return News(by=by, occasion=words("selection.occasion", {"programme": programme.name if programme else ""}))


def told_at(standing: quotas.Standing | None, purpose: Purpose, now: datetime) -> datetime | None:
    """When an author hears of it, if not now: of an award, on the morning of its day."""
    if standing is None or standing.on is None or purpose is not Purpose.AWARD:
        return None
    morning = duty_days.instant(standing.on)
    return morning if morning > now else None


def award_preview(db: Transaction, office: Office, record: Submission, place: Seat, now: datetime) -> dict[str, object]:
    """What an award leads to: who is told when, on what occasion, how many of how many there will be."""
    news = _news(db, office, record, place, Purpose.AWARD, now)
    standing = quotas.standing(db, record.programme_id, place.unit_id, Purpose.AWARD)
    return {
        "code": record.code,
        "author": record.full_name,
        "by": news.by,
        "occasion": news.occasion,
        "due": news.due_at,
        "count": standing.count + 1 if standing else 0,
        "planned": standing.planned if standing else 0,
    }


@acts.act(Right.SELECT, audit="initiative.deselect", tells="author", revision=True)
def deselect(
    db: Transaction, office: Office, actor: Actor, code: str, *, now: datetime, seen: int | None = None
) -> Moved:
    """A unit takes an initiative off its list before it is sent. Raises Refusal: not theirs; Changed."""
    record, place = purview.take(db, code, actor, now, seen=seen)
    if Act.DESELECT not in purview.open_acts(db, record, place):
        raise Changed(record)
    news = News(by=_unit(db, place.unit_id).name, taken_back=True)
    moved = initiative_life.move(
        db, office, record, Act.DESELECT, unit_id=place.unit_id, actor=actor, now=now, news=news
    )
    assert record.id is not None
    selections.drop(db, record.id, place.unit_id, Purpose.SELECT)
    return moved


@acts.act(Right.SELECT, audit="initiative.keep", revision=True)
def keep(db: Transaction, actor: Actor, code: str, *, now: datetime, seen: int | None = None) -> Submission:
    """What was sent up was looked at and stays as it is: it waits no more. Raises Refusal: not theirs; Changed."""
    record, place = purview.take(db, code, actor, now, seen=seen)
    if not purview.may_keep(db, record, place):
        raise Changed(record)
    by_id, unit_id = actor.member_id, place.unit_id
    selections.add(db, record, unit_id, Purpose.KEEP, by_id=by_id, reason=None, now=now)
    audit.record(db, actor_id=by_id, action="initiative.keep", unit_id=unit_id, subject=record.code, now=now)
    return record


# --- sending up ---


class ListChanged(Refusal):
    """The list is not any more what was shown when sending it up was confirmed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A list that has just gone up."""

    number: int
    count: int
    above: str
    told: tuple[Promise, ...]
    """What came of telling each author."""


def next_above(db: Transaction, unit_id: int) -> Unit | None:
    """To which unit a list goes: the one directly above; None where there is no unit above in this installation."""
    chain = units.ancestors(db, unit_id)
    return chain[0] if chain else None


def above_name(db: Transaction, office: Office, unit_id: int) -> str:
    """The name of the level above, in words where no such unit is kept here."""
    chain = units.ancestors(db, unit_id)
    return chain[0].name if chain else office.catalogue.label("level.national")


@dataclass(frozen=True, slots=True)
class Choosing:
    """What a unit chose in one programme and has not sent up, and what it could still choose."""

    programme: Programme
    listed: list[Submission]
    could: list[Submission]


def lists(db: Transaction, actor: Actor, unit_id: int, now: datetime) -> list[Choosing]:
    """For each programme in which a unit chose something or could. Raises Refusal: not theirs."""
    purview.require(db, actor, unit_id, now, *desks.OF_INITIATIVES)
    could = desks.choosable(db, unit_id, now, BATCH)
    found = (
        Choosing(
            programme,
            _pending(db, unit_id, programme.id),
            [record for record in could if record.programme_id == programme.id],
        )
        for programme in quotas.programmes_of(db)
    )
    return [one for one in found if one.listed or one.could]


def choosable(db: Transaction, actor: Actor, unit_id: int, programme_id: int, now: datetime) -> list[Submission]:
    """What a unit could choose in a programme, the best scored first. Raises Refusal: not theirs."""
    purview.require(db, actor, unit_id, now, Right.SELECT)
    could = [row for row in desks.choosable(db, unit_id, now, BATCH) if row.programme_id == programme_id]
    points = scores.averages(db, [record.id for record in could if record.id is not None], unit_id)
    return sorted(could, key=lambda record: (-points.get(record.id or 0, 0.0), record.sent_at, record.id or 0))


def pending(db: Transaction, actor: Actor, unit_id: int, programme_id: int, now: datetime) -> list[Submission]:
    """What would go up. Raises Refusal: not theirs."""
    purview.require(db, actor, unit_id, now, Right.FORWARD)
    return _pending(db, unit_id, programme_id)


def _pending(db: Transaction, unit_id: int, programme_id: int | None) -> list[Submission]:
    """What stands on a unit's list of one programme; whoever was erased since stands on no list."""
    listed = selections.unsent(db, unit_id)
    return [record for record in listed if record.programme_id == programme_id and record.text is not None]


def stamp(listed: Sequence[Submission]) -> str:
    """By which a list is known again: what was confirmed is what goes up."""
    return f"{crc32(','.join(sorted(record.code for record in listed)).encode()):x}"


@acts.act(
    Right.FORWARD,
    audit=("list.forwarded", "initiative.forwarded"),
    tells=("authors", "officers above"),
    revision=True,
)
def forward(
    db: Transaction,
    office: Office,
    actor: Actor,
    unit_id: int,
    programme_id: int | None,
    *,
    now: datetime,
    seen: str | None = None,
) -> Sent:
    """Send everything on a unit's list up, in one step; `seen` is the stamp of the list that was shown.

    Raises Refusal: not theirs, or nothing to send; ListChanged.
    """
    purview.require(db, actor, unit_id, now, Right.FORWARD)
    by_id = actor.me
    quotas.hold(db, programme_id, unit_id)
    listed = _pending(db, unit_id, programme_id)
    if seen is not None and seen != stamp(listed):
        raise ListChanged("selection.list_changed", unit=_unit(db, unit_id).name)
    unit, above = _unit(db, unit_id), next_above(db, unit_id)
    name = above_name(db, office, unit_id)
    news = News(by=unit.name, above=name)
    moved = _move_up(db, office, actor, listed, unit_id=unit_id, news=news, now=now)
    if not moved:
        raise Refusal("selection.nothing", unit=unit.name, sent=None)
    to_unit_id = above.id if above else None
    row = Forwarding(programme_id=programme_id, unit_id=unit_id, to_unit_id=to_unit_id, at=now, by_id=by_id)
    number = selections.forward(db, row, [one.record.id for one in moved if one.record.id is not None])
    details = {"list": number, "count": len(moved), "to": to_unit_id}
    audit.record(db, actor_id=by_id, action="list.forwarded", unit_id=unit_id, now=now, details=details)
    _tell_above(db, office, row, len(moved), unit, now)
    _finish_duties(db, office, programme_id, unit, by_id, now)
    return Sent(number, len(moved), name, tuple(one.told for one in moved if one.told is not None))


def _move_up(
    db: Transaction,
    office: Office,
    actor: Actor,
    listed: Sequence[Submission],
    *,
    unit_id: int,
    news: News,
    now: datetime,
) -> list[Moved]:
    """What of a list goes up: one that was changed in this very moment stays."""
    moved = []
    for record in listed:
        try:
            one = initiative_life.move(
                db, office, record, Act.FORWARD, unit_id=unit_id, actor=actor, now=now, news=news
            )
        except Changed:
            continue
        moved.append(one)
    return moved


def _tell_above(db: Transaction, office: Office, row: Forwarding, count: int, unit: Unit, now: datetime) -> None:
    desk = desks.of_unit(db, row.to_unit_id, now) if row.to_unit_id else None
    if desk is None:
        return
    label = office.catalogue.label
    choices = (Choice("inbox", label("open_inbox")), Choice(f"cover.{row.id}", label("cover")))
    question = f"{QUESTION}@{desk}.{row.programme_id or 0}"
    say = Say("selection.arrived", {"unit": unit.name, "count": count, "number": row.id}, choices, question)
    for member_id in appointments.serving(db, desk, Right.SELECT, now=now, day=local_day(now)):
        once = f"arrived:{row.id}:{member_id}"
        notices.to_officer(db, office, member_id, say, about=str(row.id), topic="officer", once=once, now=now)


def _finish_duties(
    db: Transaction, office: Office, programme_id: int | None, unit: Unit, by_id: int, now: datetime
) -> None:
    """A list that is long enough does the duty of sending one: nobody is reminded of it any more."""
    assert unit.id is not None
    sent = selections.sent_from(db, programme_id, unit.id)
    for duty in programmes.duties(db, programme_id) if programme_id else ():
        if duty.by_level == unit.level and duty.to_level and duty.quota and sent >= duty.quota:
            assert duty.id is not None
            duties.fulfil(db, office, duty.id, Owed(unit.id, by_id), now)


def _unit(db: Transaction, unit_id: int) -> Unit:
    unit = units.by_id(db, unit_id)
    assert unit is not None
    return unit
