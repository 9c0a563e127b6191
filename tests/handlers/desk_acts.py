"""What officers press about feedback, as one call each: for tests of who may.

Each gives something false where nothing was done.
"""

from __future__ import annotations

from datetime import datetime

from handlers.chat.context import Context, Talk
from handlers.feedback import answering as feedback_answering
from handlers.feedback import groups as feedback_groups
from handlers.feedback import public as feedback_public
from messages.types import Address, Inbound, Text
from storage import feedback, members
from storage.database import Transaction
from storage.members import Known
from tests.union import OFFICE

WORDS = "Mái nhà xe đã được lợp lại xong."


def context(db: Transaction, actor: int, now: datetime) -> Context:
    """A turn of somebody who has just written."""
    member = members.by_id(db, actor)
    assert member is not None
    held = members.appointments(db, [actor], now).get(actor, [])
    said = Inbound(Address("telegram", "actor"), "u", Text(""))
    return Context(db, OFFICE, now, said, Known(member), Talk(), tuple(held))


def answer_feedback(db: Transaction, code: str, actor: int, now: datetime, what: str) -> object:
    before = _revision(db, code)
    told = {"text": WORDS, "basis": "Điều 98 Bộ luật Lao động", "note": "Đề nghị cấp trên làm việc."}
    feedback_answering.answer(context(db, actor, now), code, before, what, told)
    return _revision(db, code) > before


def merge_feedback(db: Transaction, code: str, other: str, actor: int, now: datetime) -> object:
    found = feedback.by_code(db, code)
    assert found is not None
    feedback_groups.join(context(db, actor, now), found, other)
    followers = feedback.by_code(db, other)
    return followers is not None and followers.merged_into == code


def publish_feedback(db: Transaction, code: str, actor: int, now: datetime) -> object:
    before = _revision(db, code)
    feedback_public.publish(context(db, actor, now), code, before, WORDS, at_once=False)
    return _revision(db, code) > before


def _revision(db: Transaction, code: str) -> int:
    found = feedback.by_code(db, code)
    assert found is not None
    db.refresh(found)
    return found.revision
