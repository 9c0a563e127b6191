"""Records for other programs: who asked is audited first, then the records flow out line by line.

A record without a name has a date only and no channel: nothing finer may tell who wrote it. A further kind is one more
entry of KINDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import partial
from operator import attrgetter
from typing import BinaryIO

from handlers.errors import Refusal
from handlers.office import local_day
from handlers.papers import sheets
from handlers.papers.sheets import Form
from handlers.units.changes import Names
from messages.dates import local
from storage import audit, exports, units
from storage.database import Transaction
from storage.exports import FeedbackRow, MemberRow, SubmissionRow
from storage.tables import Kind


class ExportKind(StrEnum):
    """What can be exported."""

    INITIATIVES = "initiatives"
    FEEDBACK = "feedback"
    MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; `unit_code`: only that unit and everything under it."""

    kind: ExportKind
    form: Form
    unit_code: str | None = None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One line of an export of what members handed in; the field names are the columns."""

    code: str
    state: str
    created_at: str
    updated_at: str
    channel: str | None
    programme_code: str | None
    programme: str | None
    place: str | None
    unit_code: str | None
    unit: str | None
    receiver_code: str | None
    group: str | None
    full_name: str | None
    phone: str | None
    text: str | None
    answers: str | None
    """The programme's own questions, `key=answer`, with semicolons between them."""
    note: str | None


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """One line of an export of feedback; the field names are the columns. Days are local, yes and no are 1 and 0."""

    code: str
    state: str
    created_at: str
    answer_by: str
    """The last day for the first answer."""
    answered_on: str | None
    kind: str
    topic: str
    anonymous: int
    urgent: int
    impact: int
    wide: int
    above: int
    reopened: int
    satisfied: int | None
    """What the author said of the last answer; None: nothing."""
    merged_into: str | None
    """The item of the same matter with which it is answered."""
    published_on: str | None
    channel: str | None
    programme_code: str | None
    programme: str | None
    place: str | None
    unit_code: str | None
    unit: str | None
    receiver_code: str | None
    group: str | None
    full_name: str | None
    phone: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """One line of an export of members; the field names are the columns."""

    code: str
    state: str
    created_at: str
    channel: str | None
    """The kinds of channel they are reached by, with commas between them."""
    place: str | None
    unit_code: str | None
    unit: str | None
    group: str | None
    full_name: str | None
    phone: str | None
    news: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where one kind's records come from, and their shape."""

    shape: type[ItemRecord] | type[FeedbackRecord] | type[MemberRecord]
    read: Callable[[Transaction, int | None], Iterator[ItemRecord] | Iterator[FeedbackRecord] | Iterator[MemberRecord]]


def record(db: Transaction, request: Request, *, actor_id: int | None, now: datetime) -> None:
    """Note that an export was asked for, before anything is handed out. Raises Refusal: no such unit."""
    unit_id = _unit_id(db, request)
    details = {"form": request.form.value}
    subject = request.kind.value
    audit.record(db, action="export", actor_id=actor_id, now=now, unit_id=unit_id, subject=subject, details=details)


def write(db: Transaction, request: Request, out: BinaryIO) -> int:
    """Write the records to an open binary stream; returns how many. A reading transaction is enough."""
    source = KINDS[request.kind]
    columns = [column.name for column in fields(source.shape)]
    rows = map(attrgetter(*columns), source.read(db, _unit_id(db, request)))
    return sheets.write(request.form, columns, rows, out)


def _unit_id(db: Transaction, request: Request) -> int | None:
    if request.unit_code is None:
        return None
    unit = units.by_code(db, request.unit_code)
    if unit is None:
        raise Refusal("export.no_unit", code=request.unit_code)
    return unit.id


def _initiatives(db: Transaction, below_unit: int | None) -> Iterator[ItemRecord]:
    return map(partial(_item, Names(db)), exports.submissions(db, Kind.INITIATIVE, below_unit=below_unit))


def _item(names: Names, row: SubmissionRow) -> ItemRecord:
    named = row.full_name is not None
    return ItemRecord(
        code=row.code,
        state=row.state,
        created_at=_moment(row.sent_at, named=named),
        updated_at=_moment(row.updated_at, named=named),
        channel=row.channel if named else None,
        programme_code=row.programme_code,
        programme=row.programme,
        place=row.place,
        unit_code=row.unit_code,
        unit=names.on(row.unit_code, row.unit, local_day(row.sent_at)) or row.other_unit,
        receiver_code=row.receiver_code,
        group=row.group,
        full_name=row.full_name,
        phone=row.phone if named else None,
        text=row.text,
        answers="; ".join(f"{key}={answer}" for key, answer in row.answers.items()) or None,
        note=row.note,
    )


def _feedback(db: Transaction, below_unit: int | None) -> Iterator[FeedbackRecord]:
    return map(partial(_heard, Names(db)), exports.feedback(db, below_unit=below_unit))


def _heard(names: Names, row: FeedbackRow) -> FeedbackRecord:
    return FeedbackRecord(
        code=row.code,
        state=row.state,
        created_at=_moment(row.sent_at, named=True) if row.sent_at else row.day.isoformat(),
        answer_by=row.due_on.isoformat(),
        answered_on=row.answered_on.isoformat() if row.answered_on else None,
        kind=row.kind,
        topic=row.topic,
        anonymous=int(row.anonymous),
        urgent=int(row.urgent),
        impact=int(row.impact),
        wide=int(row.wide),
        above=int(row.above),
        reopened=int(row.reopened),
        satisfied=None if row.satisfied is None else int(row.satisfied),
        merged_into=row.merged_into,
        published_on=row.published_on.isoformat() if row.published_on else None,
        channel=row.channel,
        programme_code=row.programme_code,
        programme=row.programme,
        place=row.place,
        unit_code=row.unit_code,
        unit=names.on(row.unit_code, row.unit, row.day) or row.other_unit,
        receiver_code=row.receiver_code,
        group=row.group,
        full_name=row.full_name,
        phone=row.phone,
        text=row.text,
    )


def _members(db: Transaction, below_unit: int | None) -> Iterator[MemberRecord]:
    return map(_member, exports.members(db, below_unit=below_unit))


def _member(row: MemberRow) -> MemberRecord:
    accounts = (row.accounts or "").split(",")
    return MemberRecord(
        code=str(row.id),
        state="active",
        created_at=_moment(row.created_at, named=True),
        channel=",".join(sorted({account.partition(":")[0] for account in accounts})),
        place=row.place,
        unit_code=row.unit_code,
        unit=row.unit or row.other_unit,
        group=row.group,
        full_name=row.full_name,
        phone=row.phone,
        news=int(row.news),
    )


def _moment(moment: datetime, *, named: bool) -> str:
    """2027-04-20T08:15:00+07:00, or the day alone."""
    here = local(moment)
    return here.isoformat(timespec="seconds") if named else here.date().isoformat()


KINDS: Mapping[ExportKind, Source] = {
    ExportKind.INITIATIVES: Source(ItemRecord, _initiatives),
    ExportKind.FEEDBACK: Source(FeedbackRecord, _feedback),
    ExportKind.MEMBERS: Source(MemberRecord, _members),
}
