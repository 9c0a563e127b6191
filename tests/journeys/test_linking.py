"""One person on several channels: a code taken on one and typed on another; two records that become one; unlinking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from handlers.actors import CLOCK
from handlers.people import linking
from messages.types import Left
from storage import feedback, members, pseudonyms
from storage.database import Transaction
from storage.tables import Audit, Feedback, LinkCode, Member, Role
from tests.desk import Desk, Visitor
from tests.people import NAME, PHONE, QUESTIONS, TEMPLATE, TEXT, hand_in, invite, link_code, officer

SCHOOL = "GD51-01"
OTHER = "Sổ đăng ký phòng máy được đặt trên bảng tin, ai cũng ghi được, thay vì hỏi từng người trực."
PERSON = (NAME, PHONE, "quang ngai", "gd51-01", "2")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def link(desk: Desk, known: Visitor, channel: str, name: str = "an") -> Visitor:
    new = desk.person(name, channel)
    code = link_code(known)
    desk.now += timedelta(minutes=1)
    new.says(f"/lienket {code}")
    known.hears()
    known.presses("Đồng ý nối")
    new.hears()
    return new


def member_of(db: Transaction, person: Visitor) -> Member:
    return members.by_addresses(db, [person.address])[person.address].member


def test_a_conversation_that_starts_on_zalo_ends_on_telegram_with_its_draft(desk: Desk) -> None:
    zalo = desk.member("an", "zalo_bot")
    zalo.talks("/sangkien", *PERSON)
    telegram = link(desk, zalo, "telegram")
    answer = telegram.heard[-1].text
    assert "Đã nối kênh này với hồ sơ của anh/chị" in answer
    assert "Thông báo về dữ liệu cá nhân" not in answer, "the agreement carries over"
    assert "Đã nối Telegram với hồ sơ của anh/chị" in zalo.heard[-2].text
    assert telegram.labels[0] == "📝 Viết tiếp bản nháp"
    submitted = telegram.talks("[📝 Viết tiếp bản nháp]", *QUESTIONS, TEXT, "XONG", "[Gửi đi]")
    found = re.search(r"SK-\d\d-\w{5}", submitted)
    assert found is not None
    assert "Trạng thái" in zalo.says(found[0])
    with desk.rows() as db:
        assert member_of(db, zalo).id == member_of(db, telegram).id


def test_the_code_may_be_typed_by_itself_in_any_spelling(desk: Desk) -> None:
    zalo = desk.member("an", "zalo_bot")
    code = link_code(zalo)
    assert "đang hỏi lại trên Zalo" in desk.person("an", "telegram").says(code.lower().replace("-", " "))
    assert "vừa nhập mã nối kênh của anh/chị" in zalo.hears()


def test_a_push_goes_to_the_channel_last_used_and_a_lost_one_loses_nothing(desk: Desk) -> None:
    zalo = desk.member("an", "zalo_bot")
    found = hand_in(zalo, "/sangkien", *PERSON, *QUESTIONS)
    web = link(desk, zalo, "web")
    desk.now += timedelta(minutes=1)
    web.says("/start")
    hanh = officer(desk, SCHOOL)
    hanh.talks(found, "[Tiếp nhận]")
    assert "tiếp nhận" in web.hears()
    assert "tiếp nhận" not in zalo.hears()
    desk.now += timedelta(minutes=1)
    desk.take(web.address, Left())
    hanh.talks(found, "[Cần bổ sung]", "Xin nêu rõ chi phí mỗi lớp.")
    assert "cần bổ sung" in zalo.hears()
    assert "Trạng thái" in link(desk, zalo, "telegram").says(found)


def test_a_browser_that_lost_its_cookie_comes_back_by_a_code(desk: Desk) -> None:
    web = desk.member("an", "web")
    found = hand_in(web, "/sangkien", *PERSON, *QUESTIONS)
    zalo = link(desk, web, "zalo_bot")
    fresh = link(desk, zalo, "web")
    assert fresh.address != web.address
    assert "Trạng thái" in fresh.says(found)


def test_a_code_works_once_and_not_for_long(desk: Desk) -> None:
    an = desk.member("an")
    code = link_code(an)
    assert "đang hỏi lại" in desk.person("an", "telegram").says(f"/lienket {code}")
    late = desk.person("binh", "telegram").says(f"/lienket {code}")
    assert "chưa đúng hoặc đã hết hạn" in late
    assert "Thông báo về dữ liệu cá nhân" in late
    old, newer = link_code(an), link_code(an)
    assert "chưa đúng" in desk.person("binh", "telegram").says(f"/lienket {old}")
    desk.now += timedelta(minutes=3)
    assert "chưa đúng" in desk.person("binh", "telegram").says(f"/lienket {newer}")
    with desk.rows() as db:
        linking.expire(db, desk.office, CLOCK, now=desk.now)
        assert db.scalars(select(LinkCode)).all() == []


def test_the_code_itself_is_stored_nowhere_in_the_open(desk: Desk) -> None:
    code = link_code(desk.member("an")).replace("-", "")
    with desk.rows() as db:
        for table in SQLModel.metadata.sorted_tables:
            assert code not in repr(db.execute(select(table)).all())


def test_the_agreement_of_somebody_who_withdrew_carries_nowhere(desk: Desk) -> None:
    an = desk.member("an")
    code = link_code(an)
    an.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
    assert "Thông báo về dữ liệu cá nhân" in desk.person("an", "telegram").says(f"/lienket {code}")


def test_a_code_of_ones_own_chat_changes_nothing(desk: Desk) -> None:
    an = desk.member("an")
    assert "đã thuộc hồ sơ của anh/chị" in an.says(f"/lienket {link_code(an)}")


class TestTwoRecords:
    def test_become_one_after_a_question_and_nothing_is_lost(self, desk: Desk) -> None:
        zalo, web = desk.member("an", "zalo_bot"), desk.member("an", "web")
        first, second = (
            hand_in(zalo, "/sangkien", *PERSON, *QUESTIONS),
            hand_in(web, "/sangkien", *PERSON, *QUESTIONS, text=OTHER),
        )
        zalo.says("/sangkien")
        desk.now += timedelta(minutes=1)
        asked = web.says(f"/lienket {link_code(zalo)}")
        assert "1 sáng kiến, 0 ý kiến" in asked
        assert web.labels == ["Đồng ý nối", "Giữ riêng"]
        assert "đang hỏi lại" in web.says("1")
        assert "1 sáng kiến, 0 ý kiến" in zalo.hears()
        assert "Đã nối" in zalo.says("đồng ý nối")
        assert "Đã nối kênh này" in web.hears()
        for person in (zalo, web):
            for found in (first, second):
                assert "Trạng thái" in person.says(found)
        with desk.rows() as db:
            kept = member_of(db, zalo)
            assert member_of(db, web).id == kept.id
            (old,) = db.scalars(select(Member.id).where(col(Member.id) != kept.id)).all()
            assert references_to(db, old or 0) == set()
            assert db.get_one(Member, old).erased_at == desk.now
            assert "member.merge" in set(db.scalars(select(col(Audit.action))))

    def test_stay_two_when_that_is_wanted(self, desk: Desk) -> None:
        zalo, web = desk.member("an", "zalo_bot"), desk.member("an", "web")
        hand_in(web, "/sangkien", *PERSON, *QUESTIONS)
        web.says(f"/lienket {link_code(zalo)}")
        assert "Hai kênh không được nối" in web.presses("Giữ riêng")
        assert "Hai kênh không được nối" in zalo.hears()
        with desk.rows() as db:
            assert member_of(db, web).id != member_of(db, zalo).id

    def test_what_was_said_without_a_name_keeps_its_seal_and_opens_by_its_code_alone(self, desk: Desk) -> None:
        zalo, web = desk.member("an", "zalo_bot"), desk.member("an", "web")
        found = say_without_name(web)
        before = sealed(desk, found)
        web.talks(f"/lienket {link_code(zalo)}", "1")
        zalo.hears()
        zalo.says("đồng ý nối")
        assert sealed(desk, found) == before, "two backups side by side must not show who wrote it"
        for person in (zalo, web):
            person.hears()
            assert found in person.says(found)
            assert found not in person.says("/tracuu")
        with desk.rows() as db:
            item = db.get_one(Feedback, found)
            me = member_of(db, zalo).id
            assert me is not None
            author = feedback.author_of(db, item)
            assert author == pseudonyms.Author(me, current=False, address=web.address)
            assert feedback.is_by(db, item, me)
            feedback.erase_member(db, me)
            assert feedback.author_of(db, db.get_one(Feedback, found)) is None
        assert sealed(desk, found) == before

    def test_an_officer_s_chat_becomes_part_of_nobody(self, desk: Desk) -> None:
        hanh, stranger = officer(desk, SCHOOL), desk.member("la", "telegram")
        assert "đang giữ vai trò cán bộ" in hanh.says(f"/lienket {link_code(stranger)}")
        stranger.talks(f"/lienket {link_code(hanh)}", "[Đồng ý nối]")
        hanh.hears()
        hanh.presses("Đồng ý nối")
        stranger.hears()
        stranger.presses("Về trang chính")
        assert "Hộp thư" in "".join(stranger.labels), "the officer's own code opens the officer's record"

    def test_an_officer_s_invitation_still_works_beside_it(self, desk: Desk) -> None:
        hanh, code = desk.member("hanh", "zalo_bot"), invite(desk, SCHOOL, Role.OFFICER)
        assert "Vai trò: Cán bộ phụ trách" in hanh.talks(f"/lienket {code}", "Trần Thị Hạnh")


def test_the_other_chats_can_be_unlinked_from_any_of_them(desk: Desk) -> None:
    an = desk.member("an", "zalo_bot")
    found = hand_in(an, "/sangkien", *PERSON, *QUESTIONS)
    other = link(desk, an, "telegram")
    an.says("/lienket")
    assert an.labels == ["Lấy mã nối kênh", "Gỡ các kênh khác", "Hủy bỏ"]
    assert "Đã gỡ 1 kênh khác" in an.presses("Gỡ các kênh khác")
    assert "Thông báo về dữ liệu cá nhân" in other.says(found)
    assert "Trạng thái" in an.says(found)
    assert an.says("/lienket")
    assert an.labels == ["Lấy mã nối kênh", "Hủy bỏ"]


def references_to(db: Transaction, member_id: int) -> set[tuple[str, str]]:
    """Every column that still names a member."""
    found = set()
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            names = any(key.target_fullname == "member.id" for key in column.foreign_keys)
            if (names or (table.name, column.name) == ("outbox", "member_id")) and db.execute(
                select(column).where(column == member_id)
            ).first():
                found.add((table.name, column.name))
    return found


def sealed(desk: Desk, code: str) -> tuple[object, ...]:
    table = SQLModel.metadata.tables["feedback"]
    with desk.rows() as db:
        return tuple(db.execute(select(table).where(table.c.code == code)).one())


def say_without_name(person: Visitor) -> str:
    where = ("quang ngai", "[Đơn vị khác]", "Công đoàn Xưởng may Bến Lau")
    person.talks("/ykien", "[Vấn đề bức xúc]", "[Bảo hiểm]", *where)
    done = person.talks("[Gửi ẩn danh]", TEXT, "XONG", "[Gửi đi]")
    return done.partition("Mã ý kiến: ")[2].split()[0]
