"""«Dữ liệu của tôi»: what is kept, when, and what is left after it was asked to go (Law 91/2025/QH15; F6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from handlers import retention
from messages.types import Contact, Medium, Pressed, Text, Unreadable
from storage import clock, members, submissions
from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables import Audit, Consent, Erasure, Member, Role, State, Transition
from tests import people
from tests.box import Box, Person, TelegramLine, WebLine, ZaloBotLine
from tests.desk import Desk, Visitor
from tests.journeys.test_initiative import QUESTIONS
from tests.people import TEMPLATE, author, hand_in, officer

NAME, SCHOOL = "Trần Kim Khánh Linh", "GD51-01"
TEXT = "Cạnh bồn rửa tay đặt thùng hứng nước dùng lại để tưới vườn hoa của trường."
NOTE = "Đề nghị cô Trần Kim Khánh Linh nêu rõ chi phí."
SECRETS = (NAME, "987654321", "987 654 321", TEXT, "thùng hứng nước")
OLD_TEXT = "Nội dung cũ: cạnh bồn rửa tay đặt thùng hứng nước cho vườn hoa của trường."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def everything(db: Transaction) -> Iterator[tuple[str, str]]:
    """Every value of every table, as a text that can be searched, sealed ones opened; with its column's name."""
    for table in SQLModel.metadata.sorted_tables:
        for row in db.execute(select(table)).mappings():
            for name, value in row.items():
                yield f"{table.name}.{name}", readable(db, value)


def readable(db: Transaction, value: Any) -> str:
    if not isinstance(value, bytes):
        return json.dumps(value, ensure_ascii=False, default=str)
    try:
        return json.dumps(db.seals.open(value), ensure_ascii=False)
    except WrongKey:
        return value.decode("utf-8", "replace")


def found(db: Transaction, *words: str) -> list[str]:
    """The columns in which one of these stands."""
    return sorted({where for where, value in everything(db) if any(word in value for word in words)})


def traces_of(person: Person) -> tuple[str, ...]:
    """What names this person's chat in the database, and nobody else's; at a terminal all chats have one name."""
    match person.line:
        case WebLine(address=address):
            return (address.chat,)
        case TelegramLine(user=user):
            return (str(user.number),)
        case ZaloBotLine(user=somebody):
            return (somebody.chat,)
    return ()


async def test_an_erased_member_is_in_no_table_any_more(box: Box) -> None:
    box.furnish()
    hanh, linh = await box.officer("Hạnh", SCHOOL), box.person("Linh")
    person = (NAME, "0987 654 321", "quang ngai", "doi sim", "[Công đoàn Trường THPT Đồi Sim]", "2")
    await linh.talks("/start", "[Tôi đồng ý]", "/sangkien", *person, *QUESTIONS, TEXT, "XONG")
    code = (await linh.presses("Gửi đi")).partition("Mã hồ sơ: ")[2].split()[0]
    await hanh.talks(code, "[Cần bổ sung]", NOTE)
    await linh.hears()
    with box.database() as db:
        assert {"submission.full_name", "member.phone", "outbox.body"} <= set(found(db, *SECRETS))
        assert all(found(db, trace) for trace in traces_of(linh))
    await linh.talks("/dulieu", "[Xóa dữ liệu]")
    assert "chưa xóa gì" in await linh.says("xóa dữ liệu giúp tôi")
    assert "Mã xác nhận: XD-" in await linh.says("XÓA DỮ LIỆU")
    assert f"{code} đã được tác giả rút lại" in await hanh.hears()
    card = await hanh.says(code)
    assert "Tác giả: đã xóa" in card
    assert "Nội dung đã được xóa" in card
    with box.database() as db:
        assert found(db, *SECRETS) == []
        record = submissions.by_code(db, code)
        assert record is not None
        assert (record.state, record.member_id, record.programme_id) == (State.WITHDRAWN, None, 1)
    await a_day_passes(box)
    with box.database() as db:
        assert found(db, *SECRETS, *traces_of(linh)) == []
        assert {len(row.digest) for row in db.scalars(select(Erasure))} == {len(db.seals.digest("a", "b"))}


async def a_day_passes(box: Box) -> None:
    async with box.bot() as running:
        await running.clockwork.tick_all(await running.writer.read(in_a_day))


def in_a_day(db: Transaction) -> Any:
    return clock.now(db) + timedelta(hours=25)


class TestAgreeing:
    def test_the_proof_says_who_to_which_text_when_and_by_which_message(self, desk: Desk) -> None:
        an = desk.person("an", "telegram")
        an.says("/start")
        desk.now += timedelta(minutes=3)
        an.sends(Pressed(an.button("Tôi đồng ý")), "update-7")
        with desk.rows() as db:
            proof = db.scalars(select(Consent)).one()
            member = db.scalars(select(Member)).one()
            assert (proof.member_id, proof.version) == (member.id, desk.office.notice_version)
            assert proof.text_hash == desk.office.notice_hash("Telegram")
            assert (proof.given_at, proof.account, proof.update_id) == (desk.now, "telegram", "update-7")
            assert proof.withdrawn_at is None

    def test_nothing_of_somebody_who_has_not_agreed_is_kept_and_their_lines_go_after_a_day(self, desk: Desk) -> None:
        binh = desk.person("binh")
        for event in (
            Text("/start u_GD51-01"),
            Text(f"{NAME}, 0987 654 321"),
            Text("/sangkien"),
            Text("SK-27-4F7K2"),
            Contact("+84987654321", own=True),
            Unreadable(Medium.PHOTO, caption=NAME),
            Pressed("initiative.review@0123:submit"),
            Text("không đồng ý"),
            Text("/dulieu"),
        ):
            binh.sends(event)
        with desk.rows() as db:
            assert found(db, *SECRETS, "SK-27-4F7K2") == []
            assert db.scalars(select(Member)).all() == []
            assert found(db, binh.address.chat) == ["outbox.chat"]
            assert not any("Đồi Sim" in value for where, value in everything(db) if where == "outbox.body")
        sent(desk)
        desk.now += timedelta(hours=25)
        with desk.rows() as db:
            retention.forget_newcomers(db, desk.now)
            assert found(db, binh.address.chat) == []

    def test_a_refusal_is_respected_and_programmes_can_still_be_read(self, desk: Desk) -> None:
        an = desk.person("an")
        assert "tôn trọng lựa chọn" in an.talks("/start", "[Không đồng ý]")
        assert "75 nghìn sáng kiến" in an.says("chương trình")
        assert "Thông báo về dữ liệu cá nhân" in an.says("/sangkien")

    def test_silence_is_no_agreement(self, desk: Desk) -> None:
        an = desk.person("an")
        an.says("/start")
        for line in ("vậy à", "1 phút nữa nhé", "/hopthu", "/tracuu"):
            assert "Thông báo về dữ liệu cá nhân" in an.says(line)
        with desk.rows() as db:
            assert db.scalars(select(Consent)).all() == []


class TestAChangedNotice:
    @pytest.fixture
    def an(self, desk: Desk) -> Visitor:
        """In the middle of an initiative when the wording changes."""
        an = desk.member("an")
        an.talks("/sangkien", NAME, "0987 654 321")
        desk.office = replace(desk.office, retention="36 tháng sau khi chương trình kết thúc")
        return an

    def test_is_asked_again_and_the_draft_is_not_lost(self, desk: Desk, an: Visitor) -> None:
        answer = an.says("quang ngai")
        assert "vừa được cập nhật" in answer
        assert "36 tháng" in answer
        assert an.talks("[Tôi đồng ý]") == "Anh/chị cần Công đoàn hỗ trợ việc gì ạ?"
        assert "Bước 4/10" in an.talks("[📝 Viết tiếp bản nháp]", "quang ngai")
        with desk.rows() as db:
            versions = [proof.version for proof in db.scalars(select(Consent).order_by(col(Consent.id)))]
            assert len(set(versions)) == 2
            assert versions[-1] == desk.office.notice_version

    def test_whatever_is_wanted_comes_after_it(self, desk: Desk, an: Visitor) -> None:
        for wanted in ("/sangkien", "/tracuu", "hộp thư"):
            assert "36 tháng" in an.says(wanted)

    def test_refused_it_stops_new_things_but_not_the_rights_over_ones_data(self, desk: Desk, an: Visitor) -> None:
        an.says("/tracuu")
        assert "chưa tiếp nhận thêm nội dung mới" in an.presses("Không đồng ý")
        assert "Bản sao dữ liệu" in an.talks("/dulieu", "[Xem bản sao dữ liệu]")
        assert "vừa được cập nhật" in an.says("/sangkien")
        assert "Mã xác nhận: XD-" in an.talks("dữ liệu", "[Xóa dữ liệu]", "xóa dữ liệu")
        with desk.rows() as db:
            assert found(db, *SECRETS) == []


class TestMyData:
    def test_is_shown_in_short_and_copied_whole(self, desk: Desk) -> None:
        an, code = author(desk, name=NAME, text=TEXT)
        short = an.says("/dulieu")
        assert f"{NAME}, Công đoàn Trường THPT Đồi Sim" in short
        assert "Sáng kiến: 1" in short
        whole = an.presses("Xem bản sao dữ liệu")
        for shown in (NAME, people.PHONE, "Quảng Ngãi", "Khối cơ quan, sự nghiệp", code, TEXT, "đồng ý lúc 09:00"):
            assert shown in whole

    @pytest.mark.parametrize(
        ("field", "lines", "shown"),
        [
            ("Họ và tên", ("Lê Thị Bình",), "Họ và tên: Lê Thị Bình"),
            ("Số điện thoại", ("0987.654.321",), "Số điện thoại: 0987 654 321"),
            ("Nhóm", ("1",), "Nhóm: Doanh nghiệp"),
            ("Đơn vị", ("gd51-02",), "Đơn vị: Công đoàn Trường THPT Bến Lau"),
            ("Đơn vị", ("[Đơn vị khác]", "Hợp tác xã Cầu Mây"), "Đơn vị: Hợp tác xã Cầu Mây"),
            ("Tỉnh, thành phố, ngành", ("Hải đăng Việt Nam", "NHD-01"), "Đơn vị: Công đoàn Đài Hải đăng Mũi Sim"),
        ],
    )
    def test_each_field_can_be_corrected(self, desk: Desk, field: str, lines: tuple[str, ...], shown: str) -> None:
        an, code = author(desk)
        assert "đã cập nhật thông tin" in an.talks("/dulieu", "[Sửa thông tin]", f"[{field}]", *lines)
        assert shown in an.talks("/dulieu", "[Xem bản sao dữ liệu]")
        with desk.rows() as db:
            record = submissions.by_code(db, code)
            assert record is not None
            assert (record.full_name, record.phone) == (people.NAME, "+84912345678"), "as it was handed in"

    def test_a_correction_begun_can_be_given_up(self, desk: Desk) -> None:
        an, _ = author(desk)
        an.talks("/dulieu", "[Sửa thông tin]", "[Họ và tên]", "/huy")
        assert f"Họ và tên: {people.NAME}" in an.talks("/dulieu", "[Xem bản sao dữ liệu]")


class TestWithdrawing:
    def test_ends_every_push_and_agreeing_again_begins_anew(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        an.talks("/sangkien", "/dulieu")
        sent(desk)
        assert "rút lại sự đồng ý từ 09:00" in an.talks("[Rút đồng ý]", "[Rút đồng ý]")
        hanh.talks(code, "[Tiếp nhận]")
        assert an.hears() == ""
        assert "Thông báo về dữ liệu cá nhân" in an.says("/tracuu")
        with desk.rows() as db:
            proof = db.scalars(select(Consent).order_by(col(Consent.id).desc())).first()
            assert proof is not None
            assert proof.withdrawn_at == desk.now
        assert "📝 Viết tiếp bản nháp" not in an.talks("[Tôi đồng ý]") + str(an.labels)
        hanh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")
        assert "Chúc mừng" in an.hears()

    def test_what_waited_to_be_sent_is_not_sent(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        sent(desk)
        hanh.talks(code, "[Tiếp nhận]")
        an.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
        with desk.rows() as db:
            waiting = db.execute(select(SQLModel.metadata.tables["outbox"])).mappings().all()
            assert {row["state"] for row in waiting if row["topic"] == "status"} == {"cancelled"}

    def test_can_be_thought_better_of(self, desk: Desk) -> None:
        an, _ = author(desk)
        an.talks("/dulieu", "[Rút đồng ý]", "[Về trang chính]")
        assert "Họ và tên" in an.talks("/dulieu", "[Xem bản sao dữ liệu]")

    def test_leaves_the_right_to_see_and_to_erase(self, desk: Desk) -> None:
        an, _ = author(desk, name=NAME, text=TEXT)
        an.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
        an.says("/dulieu")
        assert an.labels == ["Xem bản sao dữ liệu", "Xóa dữ liệu"]
        assert TEXT in an.says("1")
        assert "Thông báo về dữ liệu cá nhân" in an.talks("/dulieu", "2", "/sangkien")
        assert "Mã xác nhận" in an.talks("/dulieu", "2", "XÓA DỮ LIỆU")
        with desk.rows() as db:
            assert found(db, *SECRETS) == []


class TestErasing:
    def test_keeps_counts_dates_and_what_was_recognised(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, recognised = author(desk, name=NAME, text=TEXT)
        hanh.talks(recognised, "[Công nhận]", "[Đã đồng ý, công nhận]")
        opened = hand_in(an, "/sangkien", "[Đúng rồi]", *people.QUESTIONS, text=OLD_TEXT)
        with desk.rows() as db:
            before = [
                (row.to_state, row.at, row.unit_id)
                for row in db.scalars(select(Transition).order_by(col(Transition.id)))
            ]
        an.talks("/dulieu", "[Xóa dữ liệu]", "xóa dữ liệu")
        with desk.rows() as db:
            kept = {code: submissions.by_code(db, code) for code in (recognised, opened)}
            states = {code: record and (record.state, record.sent_at) for code, record in kept.items()}
            assert states == {recognised: (State.RECOGNISED, desk.now), opened: (State.WITHDRAWN, desk.now)}
            after = [
                (row.to_state, row.at, row.unit_id)
                for row in db.scalars(select(Transition).order_by(col(Transition.id)))
            ]
            assert after[: len(before)] == before
            assert found(db, *SECRETS, OLD_TEXT) == []
            assert db.scalars(select(Audit).where(col(Audit.action) == "privacy.erase")).one().actor_id is None

    def test_forgets_the_unsent_draft_the_replaced_text_and_what_officers_wrote(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk, name=NAME, text=OLD_TEXT)
        hanh.talks(code, "[Cần bổ sung]", NOTE)
        an.hears()
        an.talks("[Bổ sung nội dung]", TEXT, "XONG", "[Gửi đi]")
        hanh.talks(code, "[Không công nhận]", NOTE)
        an.talks("/sangkien", "[Đúng rồi]", *people.QUESTIONS, f"{TEXT} Bản khác.")
        an.talks("/dulieu", "[Xóa dữ liệu]", "xóa dữ liệu")
        with desk.rows() as db:
            assert found(db, *SECRETS, OLD_TEXT) == []

    def test_leaves_the_others_alone(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, _ = author(desk, name=NAME, text=TEXT)
        binh, code = author(desk)
        hanh.says(code)
        an.talks("/dulieu", "[Xóa dữ liệu]", "xóa dữ liệu")
        assert people.TEXT in binh.talks("/dulieu", "[Xem bản sao dữ liệu]")
        with desk.rows() as db:
            assert "outbox.body" in found(db, people.TEXT)

    def test_somebody_erased_is_a_stranger_and_may_begin_anew(self, desk: Desk) -> None:
        an, code = author(desk)
        an.talks("/dulieu", "[Xóa dữ liệu]", "xóa dữ liệu")
        assert "Thông báo về dữ liệu cá nhân" in an.says(code)
        an.talks("/start", "[Tôi đồng ý]")
        assert "không tìm thấy mã" in an.says(code)
        assert "chưa có" in an.says("/dulieu")

    def test_an_officer_erased_is_none_any_more(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL, Role.OFFICER)
        hanh.talks("/dulieu", "[Xóa dữ liệu]", "xóa dữ liệu", "/start", "[Tôi đồng ý]")
        assert "dành cho cán bộ" in hanh.says("/hopthu")
        with desk.rows() as db:
            assert members.officer_chats(db, hanh.address.account, desk.now) == []


def sent(desk: Desk) -> None:
    """As if the courier had delivered everything."""
    with desk.rows() as db:
        rows = SQLModel.metadata.tables["outbox"]
        db.execute(rows.update().values(state="sent", settled_at=desk.now))
