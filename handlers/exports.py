"""Records for other programs: who asked is audited first, then the records flow out line by line.

A record without a name has a date only and no channel: nothing finer may tell who wrote it. A further kind is one more
entry of KINDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from operator import attrgetter
from typing import BinaryIO, TypeVar

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.duties import workdays
from handlers.errors import Refusal
from handlers.export_records import FeedbackRecord, ItemRecord, MemberRecord
from handlers.office import local_day
from handlers.papers import sheets
from handlers.papers.sheets import Form
from handlers.units.changes import Names
from messages.dates import local
from storage import courses, exports, feedback, units
from storage.courses import Course, Step
from storage.database import Transaction
from storage.exports import FeedbackRow, MemberRow, SubmissionRow
from storage.tables import FeedbackTask, Kind

BETWEEN = "; "
PETITION = "petition"
NOWHERE = Course()
"""Nothing has been done with it yet."""


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
class Source:
    """Where one kind's records come from, and their shape."""

    shape: type[ItemRecord] | type[FeedbackRecord] | type[MemberRecord]
    read: Callable[
        [Transaction, int | None, date], Iterator[ItemRecord] | Iterator[FeedbackRecord] | Iterator[MemberRecord]
    ]
    """All, or what belongs to a unit and everything under it, as it stands on a day."""


@act(Needs.STAFF, audit="export")
def record(db: Transaction, actor: Actor, request: Request, *, now: datetime) -> None:
    """Note that an export was asked for, before anything is handed out. Raises Refusal: no such unit, not theirs."""
    unit_id = _unit_id(db, request)
    actors.require_running(db, actor, unit_id, now)
    actors.record(
        db,
        actor,
        "export",
        now=now,
        unit_id=unit_id,
        subject=request.kind.value,
        details={"form": request.form.value},
    )


def write(db: Transaction, actor: Actor, request: Request, out: BinaryIO, *, now: datetime) -> int:
    """Write the records to an open binary stream, once it was noted that they were asked for (`record`); returns how
    many. A reading transaction is enough. Raises Refusal as `record` does.
    """
    unit_id = _unit_id(db, request)
    actors.require_running(db, actor, unit_id, now)
    source = KINDS[request.kind]
    columns = [column.name for column in fields(source.shape)]
    rows = map(attrgetter(*columns), source.read(db, unit_id, local_day(now)))
    return sheets.write(request.form, columns, rows, out)


def _unit_id(db: Transaction, request: Request) -> int | None:
    if request.unit_code is None:
        return None
    unit = units.by_code(db, request.unit_code)
    if unit is None:
        raise Refusal("export.no_unit", code=request.unit_code)
    return unit.id


def _initiatives(db: Transaction, below_unit: int | None, _today: date) -> Iterator[ItemRecord]:
    names, rows = Names(db), exports.submissions(db, Kind.INITIATIVE, below_unit=below_unit)
    for some in _batches(rows):
        went = courses.of(db, [row.id for row in some])
        yield from (_item(names, row, went.get(row.id, NOWHERE)) for row in some)


def _item(names: Names, row: SubmissionRow, course: Course) -> ItemRecord:
    named = row.full_name is not None
    decided = course.decided
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
        receiver=row.receiver,
        received_at=_when(course.received, named=named),
        decision=decided.what if decided else None,
        decided_at=_when(decided, named=named),
        decided_by=decided.unit if decided else None,
        employer_agreed_on=local_day(course.agreed_at).isoformat() if course.agreed_at else None,
        score=None if course.score is None else round(course.score, 1),
        selected_by=_names(course.selected),
        selected_at=_when(next(iter(course.selected), None), named=named),
        sent_up_to=_names(course.sent),
        sent_up_at=_when(next(reversed(course.sent), None), named=named),
        awarded_by=_names(course.awarded),
        awarded_at=_when(next(iter(course.awarded), None), named=named),
    )


def _when(step: Step | None, *, named: bool) -> str | None:
    return _moment(step.at, named=named) if step else None


def _names(steps: Sequence[Step]) -> str | None:
    return BETWEEN.join(step.unit for step in steps if step.unit) or None


def _feedback(db: Transaction, below_unit: int | None, today: date) -> Iterator[FeedbackRecord]:
    names, rows = Names(db), exports.feedback(db, below_unit=below_unit)
    for some in _batches(rows):
        asked = courses.tasks(db, [row.code for row in some])
        yield from (_heard(names, row, asked.get(row.code, ()), today) for row in some)


def _heard(names: Names, row: FeedbackRow, tasks: Sequence[FeedbackTask], today: date) -> FeedbackRecord:
    over = today if row.state in feedback.WAITING else row.answered_on or row.due_on
    promised = [task.due_on for task in tasks if task.due_on and not task.done_on]
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
        receiver=row.receiver,
        overdue_days=workdays.between(row.due_on, over),
        escalated_on=row.escalated_on.isoformat() if row.escalated_on else None,
        petitioned_to=BETWEEN.join(task.who for task in tasks if task.kind == PETITION and task.who) or None,
        promised_by=max(promised).isoformat() if promised else None,
    )


def _members(db: Transaction, below_unit: int | None, _today: date) -> Iterator[MemberRecord]:
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


T = TypeVar("T")


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    """As many at once as are looked up together."""
    while some := list(islice(rows, exports.SLICE)):
        yield some


def _moment(moment: datetime, *, named: bool) -> str:
    """2027-04-20T08:15:00+07:00, or the day alone."""
    here = local(moment)
    return here.isoformat(timespec="seconds") if named else here.date().isoformat()


KINDS: Mapping[ExportKind, Source] = {
    ExportKind.INITIATIVES: Source(ItemRecord, _initiatives),
    ExportKind.FEEDBACK: Source(FeedbackRecord, _feedback),
    ExportKind.MEMBERS: Source(MemberRecord, _members),
}
