"""Initiatives that stand in the tables already: for rules about what officers do with them."""

from __future__ import annotations

from datetime import date, datetime

from handlers import actors, programmes
from handlers.actors import COMMAND_LINE
from handlers.initiatives import selection
from handlers.office import Office
from storage import submissions
from storage.database import Transaction
from storage.tables import Kind, Member, Programme, Purpose, State, Submission
from storage.units import by_code

WORDS = "Mỗi lớp có một tủ sách nhỏ do học sinh tự quản, thay vì chờ mượn ở thư viện chung. Đợt {number}."


def programme(
    db: Transaction, now: datetime, template: str = "75-nghin-sang-kien", opens: date | int = 2021
) -> Programme:
    """A programme of the seeds with its numbers and its scoring sheet."""
    return programmes.load(db, COMMAND_LINE, template, opens, now=now)


def plant(
    db: Transaction,
    unit: str,
    of: Programme,
    number: int,
    now: datetime,
    *,
    state: State = State.RECOGNISED,
    author: Member | None = None,
    text: str | None = None,
) -> str:
    """One initiative received at a unit; its code."""
    found = by_code(db, unit)
    assert found is not None
    record = Submission(
        kind=Kind.INITIATIVE,
        code=f"SK-21-{number:05d}",
        draft_id=f"draft-{number}",
        member_id=author.id if author else None,
        programme_id=of.id,
        full_name="Nguyễn Văn An",
        unit_id=found.id,
        receiver_id=found.id,
        group="office",
        text=text or WORDS.format(number=number),
        fingerprint=f"f{number}",
        state=state,
        sent_at=now,
        updated_at=now,
    )
    submissions.add(db, record, actor_id=None)
    db.write_out()
    return record.code


def send_up(db: Transaction, office: Office, codes: list[str], unit_id: int, actor_id: int, now: datetime) -> int:
    """Choose all of these and send them up; the list's number."""
    actor = actors.of_member(db, actor_id, now)
    for code in codes:
        selection.choose(db, office, actor, code, Purpose.SELECT, now=now, reason="Đều xứng đáng cả.")
    record = submissions.by_code(db, codes[0])
    assert record is not None
    return selection.forward(db, office, actor, unit_id, record.programme_id, now=now).number
