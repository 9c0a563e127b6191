"""Whoever serves no longer: nothing waits for them, nothing is theirs, nothing opens (F8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers import actors
from handlers.chat import forms
from handlers.files import files
from handlers.initiatives import assigning
from handlers.people import appointments, privacy
from handlers.text.terms import FORMS_OF_OFFICERS
from storage import assignments, conversations, members
from storage.database import Transaction
from storage.tables import Member, Outbox, Sending, Submission
from storage.tables_files import FileLink
from tests.desk import Desk, Visitor
from tests.people import TEMPLATE, author, hand_in, officer

SCHOOL = "GD51-01"
WORDS = "Mỗi tổ có một góc đọc sách ngoài trời do các em tự trang trí và trông coi hằng ngày."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def who(db: Transaction, visitor: Visitor) -> Member:
    return members.by_addresses(db, [visitor.address])[visitor.address].member


def _ended(desk: Desk, visitor: Visitor) -> None:
    with desk.rows() as db:
        member_id = who(db, visitor).id or 0
        (row,) = members.appointments(db, [member_id], desk.now)[member_id]
        appointments.end(db, desk.office, actors.of_member(db, member_id, desk.now), row.id or 0, now=desk.now)


def _withdrawn(_desk: Desk, visitor: Visitor) -> None:
    assert "vai trò cán bộ" in visitor.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")


def _erased(desk: Desk, visitor: Visitor) -> None:
    with desk.rows() as db:
        privacy.erase_member(db, desk.office, who(db, visitor), code="XD-1", now=desk.now)


@pytest.mark.parametrize("leave", [_ended, _withdrawn, _erased])
def test_whoever_leaves_has_no_role_no_work_no_open_form_and_hears_nothing(
    desk: Desk, leave: Callable[[Desk, Visitor], None]
) -> None:
    hanh, binh = officer(desk, SCHOOL), officer(desk, SCHOOL, name="binh")
    _, code = author(desk)
    with desk.rows() as db:
        one, two = who(db, hanh).id or 0, who(db, binh).id or 0
        assigning.assign(db, desk.office, actors.of_member(db, two, desk.now), code, one, now=desk.now)
        offer = files.offer_upload(
            db, desk.office, member_id=one, purpose="award", subject="HS-1", title="HS-1", channel="web", now=desk.now
        )
        assert offer is not None
    hanh.talks(code, "[Không công nhận]")
    leave(desk, hanh)
    with desk.rows() as db:
        assert members.appointments(db, [one, two], desk.now).keys() == {two}
        record = db.scalars(select(Submission).where(col(Submission.code) == code)).one()
        assert assignments.assigned(db, record.id or 0, record.receiver_id or 0) is None
        assert conversations.load(db, [one], desk.now)[one].drafts == {}
        assert all(link.expires_at <= desk.now for link in db.scalars(select(FileLink)))
        mine = col(Outbox.member_id) == one, col(Outbox.topic) == "officer", col(Outbox.state) == Sending.READY
        assert db.scalars(select(Outbox).where(*mine)).all() == []
    hanh.hears()
    desk.now += timedelta(hours=1)
    binh.hears()
    hand_in(desk.member("chi"), "/sangkien", "Trần Văn Chi", "0912 345 679", "quang ngai", SCHOOL.lower(), "2",
            "[Thủ trưởng đơn vị]", "[Trong thời gian này]", "[Chưa]", "[Không]",
            text=WORDS)  # fmt: skip
    assert "sáng kiến mới" in binh.hears()
    assert hanh.hears() == ""


def test_every_form_that_ends_with_a_role_is_one_of_ours() -> None:
    assert forms.OF_OFFICERS == FORMS_OF_OFFICERS


def test_an_author_who_leaves_a_desk_still_hears_of_their_own(desk: Desk) -> None:
    """What waits for them as a member is no news of the desk."""
    binh, hanh = officer(desk, "GD51", name="binh"), officer(desk, SCHOOL)
    code = hand_in(hanh, "/sangkien", "Lê Thị Hạnh", "0912 345 679", "quang ngai", "gd51", "2",
                   "[Thủ trưởng đơn vị]", "[Trong thời gian này]", "[Chưa]", "[Không]",
                   text=WORDS)  # fmt: skip
    binh.talks(code, "[Tiếp nhận]")
    _ended(desk, hanh)
    with desk.rows() as db:
        mine = col(Outbox.member_id) == who(db, hanh).id, col(Outbox.topic) == "status"
        assert {row.state for row in db.scalars(select(Outbox).where(*mine))} == {Sending.READY}
