"""Whom of some units a duty is said to today, and as what: decided from the facts of storage/addressees.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from handlers.duties import days as duty_dates
from handlers.office import local_day
from messages.dates import local
from storage import addressees
from storage.addressees import Heard, Holding, Span
from storage.database import Transaction
from storage.duties import Matter
from storage.tables import Notice


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what. `moved`: the date was changed and they do not know yet."""

    holding: Holding
    kind: Notice
    moved: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """What there may be to say of a duty today."""

    today: date
    kind: Notice | None
    """What a reminder is by now; None before 08:00."""
    planned: date | None
    """The planned day whose reminder is due."""
    moved_at: datetime | None
    """When its date was changed, where that is news."""

    @property
    def since(self) -> date:
        """From which day on it matters what somebody was told."""
        moved = local_day(self.moved_at) if self.moved_at is not None else self.today
        return min(self.planned or self.today, moved, self.today)


def occasion(matter: Matter) -> Occasion:
    """What there may be to say. The news of a moved date goes with the day's own reminder where there is one."""
    bound, today = matter.duty.due_at, matter.today
    moved_at = matter.duty.moved_at if _is_news(matter) else None
    if local(matter.now).hour < duty_dates.HOUR:
        waits = today in duty_dates.days(bound, matter.duty.every)
        return Occasion(today, None, None, None if waits else moved_at)
    kind = Notice.REMINDER if duty_dates.days_left(bound, today) >= 0 else Notice.OVERDUE
    return Occasion(today, kind, duty_dates.latest(bound, today, matter.duty.every), moved_at)


def _is_news(matter: Matter) -> bool:
    moved = matter.duty.moved_at
    return moved is not None and moved > matter.now - duty_dates.LATE and matter.duty.due_at > matter.now


def told(db: Transaction, matter: Matter, span: Span) -> list[Told]:
    """Who of these units is told what, by unit and member, each once."""
    about = occasion(matter)
    put_off = addressees.put_off(db, matter, span, matter.today - duty_dates.LATE) if about.kind else {}
    if about.planned is None and about.moved_at is None and not put_off:
        return []
    held = addressees.holdings(db, matter, span)
    heard = addressees.heard(db, matter, span, min(about.since, *put_off.values()) if put_off else about.since)
    found: dict[tuple[int, int], Told] = {}
    for unit_id, of_unit in groupby(held, attrgetter("unit_id")):
        for one in _of_unit(about, list(of_unit), heard.get(unit_id, ()), put_off):
            key = unit_id, one.holding.member_id
            found[key] = _both(found[key], one) if key in found else one
    return list(found.values())


def _of_unit(
    about: Occasion, held: Sequence[Holding], heard: Sequence[Heard], put_off: dict[tuple[int, int], date]
) -> Iterator[Told]:
    for holding in addressees.answering(held):
        mine = [one for one in heard if one.member_id == holding.member_id]
        if any(one.day == about.today for one in mine):
            continue  # not two on one day, whatever became of the first
        again = put_off.get((holding.unit_id, holding.member_id))
        asked = again is not None and not any(one.kept and one.day >= again for one in mine)
        moved = _is_untold(about.moved_at, holding, mine)
        if about.kind is not None and (asked or _is_due(about, holding, held, heard)):
            yield Told(holding, about.kind, moved)
        elif moved:
            yield Told(holding, Notice.MOVED, moved=True)


def _is_due(about: Occasion, holding: Holding, held: Sequence[Holding], heard: Sequence[Heard]) -> bool:
    """Whether somebody was not told of the reminder of the planned day.

    Somebody appointed since is told only if nobody of the unit was; nobody is where the one who was told has left.
    """
    planned = about.planned
    if planned is None:
        return False
    told = [one.member_id for one in heard if one.kept and one.day >= planned]
    if not told:
        return True
    is_new = holding.since > duty_dates.instant(planned)
    staying = {one.member_id for one in held}
    return not (holding.member_id in told or is_new or any(member_id not in staying for member_id in told))


def _is_untold(moved_at: datetime | None, holding: Holding, mine: Sequence[Heard]) -> bool:
    """Whether somebody answered for it already when its date was changed, and has heard nothing of it since."""
    if moved_at is None or holding.since > moved_at:
        return False
    return not any(one.kept and one.at >= moved_at for one in mine)


def _both(one: Told, other: Told) -> Told:
    """What somebody is told who holds two roles in one unit."""
    reminded = one if one.kind is not Notice.MOVED else other
    return Told(reminded.holding, reminded.kind, one.moved or other.moved)
