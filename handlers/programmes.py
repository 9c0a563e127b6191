"""Staff run programmes: made from a template for new dates, opened, closed, extended; each step is audited (F13).

What those concerned are told stands in handlers/duties/openings.py; a new programme needs no code, only a template's
file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import chain, count
from typing import Any

from handlers import actors, revisions
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.duties import openings
from handlers.errors import Refusal
from handlers.office import Office
from handlers.reaching.promises import Promise
from messages import programmes as templates
from messages.dates import ZONE
from messages.programmes import Span, Template
from storage import programmes as storage
from storage import units
from storage.database import Transaction
from storage.tables import Duty, Programme, Slogan

EXTENDABLE_DAYS = 60
"""After its end."""
CODE = re.compile(r"[a-z0-9-]{2,40}")


class Status(StrEnum):
    """Where a programme stands at a moment."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    HIDDEN = "hidden"
    """Made, but neither shown nor open until staff opens it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list that staff see."""

    code: str
    name: str
    kind: str
    status: Status
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Extended:
    """A programme with its new end, and what came of telling those concerned; an earlier end is told to nobody."""

    programme: Programme
    told: tuple[Promise, ...]


@act(Needs.STAFF, audit="programme.load")
def load(
    db: Transaction,
    actor: Actor,
    template_code: str,
    opens: date | int,
    *,
    now: datetime,
    code: str | None = None,
    run_by: str | None = None,
) -> Programme:
    """Make a programme of a template, opening on a day, or in a year on the template's own calendar days.

    `run_by`: the code of the unit that runs it, for itself and all below.
    """
    unit_id = _unit_id(db, run_by) if run_by else None
    actors.require_running(db, actor, unit_id, now)
    template = _template(template_code)
    plan = templates.clone_year(template, opens) if isinstance(opens, int) else templates.clone(template, opens)
    row = Programme(
        code=_own_code(db, code) if code else _free_code(db, f"{plan.code}-{plan.window.opens.year}"),
        template=plan.code,
        name=plan.name,
        theme=plan.theme,
        kind=plan.kind.value,
        level=plan.level,
        unit_id=unit_id,
        source=plan.source,
        opens_at=_midnight(plan.window.opens),
        closes_at=_midnight(plan.window.bound),
        details=_details(plan),
    )
    programme_id = storage.add(db, row)
    storage.add_parts(db, [*_slogans(plan, programme_id), *_duties(plan, programme_id)])
    _record(db, "load", row, actor=actor, now=now)
    return row


@act(Needs.STAFF, audit="programme.open", revision=True)
def open_(db: Transaction, actor: Actor, code: str, *, now: datetime, seen: int | None = None) -> Programme:
    """Let a programme take entries from now on. One that is over is refused: that takes a new end."""
    row = _own(db, code, actor, now, seen)
    if row.closes_at <= now:
        raise Refusal("planning.over", programme=row.name, closes=row.closes_at)
    row.hidden = False
    row.opens_at = min(row.opens_at, now)
    row.revision += 1
    _record(db, "open", row, actor=actor, now=now)
    return row


@act(Needs.STAFF, audit="programme.close", revision=True)
def close(db: Transaction, actor: Actor, code: str, *, now: datetime, seen: int | None = None) -> Programme:
    """End a programme now; one that has not begun is hidden until staff opens it."""
    row = _own(db, code, actor, now, seen)
    if row.closes_at <= now:
        raise Refusal("planning.over_already", programme=row.name, closes=row.closes_at)
    if row.opens_at < now:
        row.closes_at = now
    else:
        row.hidden = True
    row.revision += 1
    _record(db, "close", row, actor=actor, now=now)
    return row


@act(
    Needs.STAFF,
    audit="programme.extend",
    tells="of a later end: members with an unfinished entry, and who watches for openings",
    revision=True,
)
def extend(
    db: Transaction,
    office: Office,
    actor: Actor,
    code: str,
    closes_at: datetime,
    *,
    now: datetime,
    earlier: bool = False,
    seen: int | None = None,
) -> Extended:
    """Move a programme's end to a later moment (exclusive), or to an `earlier` one that is still ahead.

    One that was over is open again. Duties that fell due with the old end move along.
    """
    row = _own(db, code, actor, now, seen)
    soonest = max(now, row.opens_at) if earlier else max(now, row.closes_at)
    if closes_at <= soonest or closes_at == row.closes_at:
        raise Refusal("planning.not_later", closes=row.closes_at)
    assert row.id is not None
    for duty in storage.duties(db, row.id):
        if duty.due_at == row.closes_at:
            duty.due_at, duty.moved_at = closes_at, now
            duty.revision += 1
    is_later = closes_at > row.closes_at
    row.closes_at = closes_at
    row.hidden = False
    row.revision += 1
    _record(db, "extend", row, actor=actor, now=now)
    return Extended(row, tuple(openings.tell_extended(db, office, row, now)) if is_later else ())


def extendable(db: Transaction, actor: Actor, now: datetime) -> list[Programme]:
    """Those whose end somebody may still move."""
    found = storage.extendable(db, now, EXTENDABLE_DAYS)
    return [row for row in found if actor.runs(db, row.unit_id, now)][: storage.SHOWN]


def closes_earlier(db: Transaction, code: str, closes_at: datetime, now: datetime) -> datetime | None:
    """The end there is, where the new one lies before it and may still be meant."""
    row = _programme(db, code)
    return row.closes_at if max(now, row.opens_at) < closes_at < row.closes_at else None


def list_(db: Transaction, now: datetime) -> list[Listed]:
    """Every programme, the latest to open first."""
    return [
        Listed(row.code, row.name, row.kind, status(row, now), row.opens_at, row.closes_at) for row in storage.every(db)
    ]


def status(row: Programme, now: datetime) -> Status:
    """Where a programme stands."""
    if row.hidden:
        return Status.HIDDEN
    if now < row.opens_at:
        return Status.UPCOMING
    return Status.OPEN if now < row.closes_at else Status.CLOSED


def _template(code: str) -> Template:
    known = {template.code: template for template in templates.load_all()}
    if code not in known:
        raise Refusal("planning.no_template", code=code, known=", ".join(known))
    return known[code]


def _programme(db: Transaction, code: str) -> Programme:
    row = storage.by_code(db, code)
    if row is None:
        raise Refusal("planning.no_programme", code=code)
    return row


def _own(db: Transaction, code: str, actor: Actor, now: datetime, seen: int | None) -> Programme:
    row = _programme(db, code)
    actors.require_running(db, actor, row.unit_id, now)
    revisions.hold(db, row, seen, "planning.changed", programme=row.name)
    return row


def _unit_id(db: Transaction, code: str) -> int | None:
    unit = units.by_code(db, code)
    if unit is None:
        raise Refusal("planning.no_unit", unit=code)
    return unit.id


def _own_code(db: Transaction, code: str) -> str:
    if not CODE.fullmatch(code):
        raise Refusal("planning.code_invalid", code=code)
    if storage.by_code(db, code) is not None:
        raise Refusal("planning.code_taken", code=code)
    return code


def _free_code(db: Transaction, wanted: str) -> str:
    """The code itself, else with the first number that is free."""
    candidates = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(code for code in candidates if storage.by_code(db, code) is None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def _slogans(plan: Template, programme_id: int) -> Iterable[Slogan]:
    for position, slogan in enumerate(plan.slogans, 1):
        yield Slogan(programme_id=programme_id, position=position, text=slogan.text, invitation=slogan.invitation)


def _duties(plan: Template, programme_id: int) -> Iterable[Duty]:
    for duty in plan.duties:
        yield Duty(
            programme_id=programme_id,
            key=duty.key,
            title=duty.title,
            by_level=duty.by,
            to_level=duty.to,
            due_at=_midnight(duty.bound),
            quota=duty.quota,
            consequence=duty.consequence,
        )


def _details(plan: Template) -> dict[str, Any]:
    """The rest of the plan as JSON; days in ISO form, `bound` always the first day that is too late."""
    return {
        "text_limit": plan.text_limit,
        "practice": _span(plan.practice) if plan.practice else None,
        "peaks": [_span(peak) for peak in plan.peaks],
        "phases": [{"name": phase.name, "span": _span(phase)} for phase in plan.phases],
        "quotas": [{**asdict(quota), "on": quota.on.isoformat() if quota.on else None} for quota in plan.quotas],
        "recurring": [asdict(recurring) for recurring in plan.recurring],
        "questions": [asdict(question) for question in plan.questions],
        "criteria": [asdict(criterion) for criterion in plan.criteria],
        "hashtags": list(plan.hashtags),
    }


def _span(span: Span) -> list[str]:
    return [span.opens.isoformat(), span.bound.isoformat()]


def _record(db: Transaction, step: str, row: Programme, *, actor: Actor, now: datetime) -> None:
    window = {"opens": row.opens_at.isoformat(), "closes": row.closes_at.isoformat()}
    actors.record(db, actor, f"programme.{step}", now=now, subject=row.code, details=window)
