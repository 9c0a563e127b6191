"""Acts about feedback, called as a page or a command would: whose they are, what was seen, what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers import actors
from handlers.actors import CLOCK, Actor, NoRight
from handlers.errors import Refusal
from handlers.feedback import answering, items, late, library, public, readers
from handlers.feedback.answering import Resolved
from handlers.feedback.card import Changed
from storage import feedback, members
from storage.database import Transaction
from storage.feedback import State
from storage.tables import Audit, Right, Role
from tests.desk import Desk, Visitor
from tests.people import officer
from tests.voices import ABOVE, SCHOOL, TEXT, the, write, write_named

ANSWER = "Nhà trường đã lợp lại mái nhà xe, xin mời anh chị em để xe như cũ."
WORDS = "Chỗ để xe của một trường bị hỏng mái; Công đoàn đã làm việc và mái đã được thay mới."
KEPT = library.Answer("other", "Nhà xe", "Thỏa ước lao động tập thể", "Trường phải có nhà để xe có mái.")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


def of(desk: Desk, db: Transaction, visitor: Visitor) -> Actor:
    (known,) = members.by_addresses(db, [visitor.address]).values()
    assert known.member.id is not None
    return actors.of_member(db, known.member.id, desk.now)


Try = Callable[[Desk, Transaction, Actor, str], object]
OF_AUTHORS: dict[str, Try] = {
    "rate": lambda desk, db, actor, code: items.rate(db, desk.office, actor, code, settled=True, now=desk.now),
    "add": lambda desk, db, actor, code: items.add(db, desk.office, actor, code, "Vẫn dột.", now=desk.now),
    "reopen": lambda desk, db, actor, code: items.reopen(db, desk.office, actor, code, "Vẫn dột.", now=desk.now),
}
OF_THE_PROGRAM: dict[str, Try] = {
    "climb": lambda desk, db, actor, _: late.climb(db, desk.office, actor, now=desk.now),
    "remind": lambda desk, db, actor, _: late.remind(db, desk.office, actor, now=desk.now),
    "withdraw": lambda desk, db, actor, _: items.withdraw_named(db, desk.office, actor, 0, now=desk.now),
}
OF_STAFF: dict[str, Try] = {
    "keep an answer": lambda desk, db, actor, _: library.keep(db, actor, SCHOOL, KEPT, now=desk.now),
    "drop an answer": lambda desk, db, actor, _: library.drop(db, actor, 1, now=desk.now),
}


@pytest.mark.parametrize("name", OF_AUTHORS)
@pytest.mark.parametrize("send", [write, write_named])
def test_what_is_its_authors_is_nobody_elses(desk: Desk, send: Callable[..., str], name: str) -> None:
    an, binh, hanh = desk.member("an"), desk.member("binh"), officer(desk, SCHOOL)
    binh.says("/start")
    code = send(an)
    hanh.talks(code, "[Báo kết quả]", ANSWER)
    with desk.rows() as db:
        for other in (of(desk, db, hanh), of(desk, db, binh)):
            with pytest.raises(Refusal):
                OF_AUTHORS[name](desk, db, other, code)
    with desk.rows() as db:
        OF_AUTHORS[name](desk, db, of(desk, db, an), code)


@pytest.mark.parametrize("name", OF_THE_PROGRAM)
def test_what_is_the_programs_is_nobody_elses(desk: Desk, name: str) -> None:
    staff = officer(desk, ABOVE, Role.STAFF, name="staff")
    with desk.rows() as db:
        with pytest.raises(NoRight):
            OF_THE_PROGRAM[name](desk, db, of(desk, db, staff), "")
        OF_THE_PROGRAM[name](desk, db, CLOCK, "")


@pytest.mark.parametrize("name", OF_STAFF)
def test_a_library_is_its_staffs(desk: Desk, name: str) -> None:
    hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
    elsewhere = officer(desk, "GD51-02", Role.STAFF, name="elsewhere")
    with desk.rows() as db:
        library.keep(db, of(desk, db, staff), SCHOOL, KEPT, now=desk.now)
        for other in (hanh, elsewhere):
            with pytest.raises(NoRight):
                OF_STAFF[name](desk, db, of(desk, db, other), "")
        OF_STAFF[name](desk, db, of(desk, db, staff), "")


def test_what_was_changed_since_it_was_seen_is_not_answered(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    code = write(desk.member("an"))
    with desk.rows() as db:
        actor = of(desk, db, hanh)
        answering.mark(db, actor, code, "wide", seen=1, now=desk.now)
        with pytest.raises(Changed):
            answering.answer(db, desk.office, actor, code, Resolved(ANSWER), seen=1, now=desk.now)
        answering.answer(db, desk.office, actor, code, Resolved(ANSWER), seen=2, now=desk.now)
        with pytest.raises(Changed):
            answering.answer(db, desk.office, actor, code, Resolved(ANSWER), seen=None, now=desk.now)


def test_what_may_not_be_read_may_not_be_told_either(desk: Desk) -> None:
    hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
    code = write(desk.member("an"))
    hanh.talks(code, "[Báo kết quả]", ANSWER)
    with desk.rows() as db, pytest.raises(Refusal, match="not_yours"):
        public.publish(db, desk.office, of(desk, db, staff), code, WORDS, seen=None, now=desk.now)


def test_an_authors_act_is_recorded_without_them_and_of_what_has_no_name_without_an_order(desk: Desk) -> None:
    hanh, an, binh = officer(desk, SCHOOL), desk.member("an"), desk.member("binh")
    hidden, named = write(an), write_named(binh)
    for code in (hidden, named):
        hanh.talks(code, "[Báo kết quả]", ANSWER)
    for author in (an, binh):
        author.hears()
        author.presses("Đã thỏa đáng")
    with desk.rows() as db:
        rows = db.scalars(select(Audit).where(col(Audit.action) == "feedback.settled")).all()
        told = {row.subject: (row.actor_id, row.at, (row.id or 0) < 0) for row in rows}
        day = datetime(2027, 2, 28, 17, tzinfo=UTC)
        assert told == {hidden: (None, day, True), named: (None, day, False)}


class TestAbove:
    """Whoever serves the level above the one that received it."""

    def late(self, desk: Desk) -> None:
        with desk.rows() as db:
            late.look(db, desk.office, datetime(2027, 3, 4, 2, tzinfo=UTC))
        desk.now = datetime(2027, 3, 4, 3, tzinfo=UTC)

    def test_hears_how_many_there_are_and_reads_none(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        hidden, named = write(desk.member("an")), write_named(desk.member("binh"))
        listed = staff.says("/hopthu")
        assert "Các đơn vị trực thuộc còn 2 ý kiến chờ xử lý; nội dung chỉ mở cho cán bộ nơi nhận." in listed
        for code in (hidden, named):
            assert code not in listed
            assert "không tìm thấy mã" in staff.says(code)
            assert code in hanh.says("/hopthu")

    def test_reads_what_is_late_where_it_has_a_name_and_the_receipt_said_so(self, desk: Desk) -> None:
        officer(desk, SCHOOL)
        staff, top = officer(desk, ABOVE, Role.STAFF, name="staff"), officer(desk, "LDLD51", name="top")
        an, binh = desk.member("an"), desk.member("binh")
        hidden, named = write(an), write_named(binh)
        assert "chưa ai trả lời, cấp trên được báo là còn một ý kiến chưa trả lời, nhưng không xem" in an.heard[-1].text
        assert "chưa ai trả lời, cấp trên được báo và được xem ý kiến này" in binh.heard[-1].text
        self.late(desk)
        listed = staff.says("/hopthu")
        assert named in listed
        assert hidden not in listed
        assert "Các đơn vị trực thuộc còn 1 ý kiến chờ xử lý" in listed
        assert "không tìm thấy mã" in staff.says(hidden)
        assert "không tìm thấy mã" in top.says(named)
        shown = staff.says(named)
        assert TEXT in shown
        assert hidden not in shown
        assert hidden not in staff.presses("Gộp ý kiến cùng việc")
        staff.talks(named, "[Báo kết quả]", ANSWER)
        assert the(desk, named).state == State.RESOLVED

    def test_reads_nothing_whose_receipt_had_not_said_so(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        named = write_named(desk.member("an"))
        with desk.rows() as db:
            item = feedback.by_code(db, named)
            assert item is not None
            item.climb_announced = False
        self.late(desk)
        assert "không tìm thấy mã" in staff.says(named)
        hanh.talks(named, "[Chuyển lên cấp trên]", "[Không ghi gì thêm]")
        assert named in staff.says(named)

    def test_reads_what_nobody_below_serves(self, desk: Desk) -> None:
        staff = officer(desk, ABOVE, Role.STAFF, name="staff")
        code = write(desk.member("an"))
        with desk.rows() as db:
            item = feedback.by_code(db, code)
            assert item is not None
            item.receiver_id = item.unit_id
            assert readers.readers(db, item, desk.now) == frozenset(of(desk, db, staff).units(Right.ANSWER))
        assert code in staff.says("/hopthu")
