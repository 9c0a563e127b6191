"""What becomes of an initiative beyond its form: consent, time, drafts, doubles, the way in and the way round.

Turn by turn at chosen moments, each turn committed; both databases where the database decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from handlers import programmes, retention
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.duties import openings
from messages.types import Medium, Pressed, Text, Unreadable
from storage import conversations, transcript
from storage.tables import Consent, Member, Submission, Unit
from tests.desk import Desk, Visitor

TEMPLATE = "75-nghin-sang-kien"
PERSON = ("Nguyễn Văn An", "0912 345 678", "quang ngai", "GD51-01", "2")
QUESTIONS = ("[Thủ trưởng đơn vị]", "[Trong thời gian này]", "[Chưa]", "[Không]")
TEXT = "Mỗi lớp có một tủ sách nhỏ do học sinh tự quản, thay vì chờ mượn ở thư viện chung."
SECOND = "Phân loại rác ngay tại lớp học bằng ba thùng màu, cuối tuần cân và ghi bảng thi đua."


@pytest.fixture
def desk(sqlite_database: str) -> Iterator[Desk]:
    made = Desk(sqlite_database)
    yield made
    made.database.close()


@pytest.fixture
def any_desk(database_url: str) -> Iterator[Desk]:
    made = Desk(database_url)
    yield made
    made.database.close()


def reach_text(visitor: Visitor) -> str:
    return visitor.talks("/sangkien", *PERSON, *QUESTIONS)


def reach_review(visitor: Visitor, text: str = TEXT) -> str:
    reach_text(visitor)
    return visitor.talks(text, "XONG")


def hand_in(visitor: Visitor, text: str = TEXT) -> str:
    """Up to the code, which is returned."""
    reach_review(visitor, text)
    return code_in(visitor.presses("Gửi đi"))


def code_in(answer: str) -> str:
    assert "Mã hồ sơ: SK-" in answer, answer
    return answer.partition("Mã hồ sơ: ")[2][:11]


def stored(desk: Desk) -> list[Submission]:
    with desk.rows() as db:
        rows = list(db.scalars(select(Submission).order_by(col(Submission.id))))
        db.expunge_all()
        return rows


def everything(desk: Desk) -> str:
    """Every value of every table, what is sealed opened."""
    with desk.rows() as db:
        cells = [cell for table in SQLModel.metadata.sorted_tables for row in db.execute(select(table)) for cell in row]
        return "\n".join(str(db.seals.open(cell) if isinstance(cell, bytes) else cell) for cell in cells)


# --- consent ---


def test_of_somebody_who_ignores_the_notice_nothing_typed_is_stored(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    an = any_desk.person("An")
    an.talks("/start", "Tôi tên Tạ Thị Mướp", "0912 345 678", "trường Đồi Sim", "/sangkien", "SK-27-4F7K2")
    rows = everything(any_desk)
    assert not any(word in rows for word in ("Mướp", "345 678", "+84912345678", "trường Đồi Sim"))
    with any_desk.rows() as db:
        assert not db.scalars(select(Member)).all()


def test_before_consent_every_way_in_leads_to_the_notice(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.person("An")
    for line in ("chào ad", "/sangkien", "gửi sáng kiến", "/tracuu", "Tôi có sáng kiến", "/khongco"):
        assert "Thông báo về dữ liệu cá nhân" in an.says(line)
        assert an.labels == ["Tôi đồng ý", "Không đồng ý"]
    assert "Thông báo về dữ liệu cá nhân" in an.sends(Unreadable(Medium.STICKER))


def test_who_refuses_may_still_read_what_is_open_and_come_back(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.person("An")
    an.says("/start")
    assert "không lưu thông tin cá nhân nào" in an.says("không đồng ý")
    assert "75 nghìn sáng kiến" in an.says("/chuongtrinh")
    an.says("bắt đầu")
    assert "muốn nhận thông điệp" in an.says("đồng ý")


@pytest.mark.parametrize("typed", ["đồng ý", "1", "ok"])
def test_consent_is_kept_with_its_version_its_text_and_its_message(desk: Desk, typed: str) -> None:
    an = desk.person("An")
    an.says("/start")
    an.sends(Text(typed), "u-consent")
    with desk.rows() as db:
        proof = db.scalars(select(Consent)).one()
        assert (proof.account, proof.update_id, proof.given_at) == ("web", "u-consent", desk.now)
        assert proof.version == desk.office.notice_version
        assert proof.text_hash == desk.office.notice_hash("trang web")


@pytest.mark.parametrize("typed", ["ok", "1", "vâng", "đồng ý"])
def test_a_notice_that_was_never_shown_cannot_be_agreed_to(any_desk: Desk, typed: str) -> None:
    an = any_desk.person("An")
    assert "Kính chào anh/chị" in an.says(typed)
    with any_desk.rows() as db:
        assert not db.scalars(select(Consent)).all()
    assert "muốn nhận thông điệp" in an.says(typed)


def test_the_browser_s_history_shows_the_words_of_the_button(desk: Desk) -> None:
    an = desk.member("An")
    with desk.rows() as db:
        assert [line.message.text for line in transcript.since(db, an.address, 0) if line.mine] == ["Tôi đồng ý"]


def test_the_unit_of_a_poster_travels_in_the_button_alone_and_is_filled_in(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    an = any_desk.person("An")
    an.says("/start u_GD51-01")
    assert "GD51-01" in an.button("Tôi đồng ý")
    agreed = an.presses("Tôi đồng ý")
    assert "ghi nhận anh/chị thuộc Công đoàn Trường THPT Đồi Sim" in agreed
    assert "muốn nhận thông điệp" in agreed
    assert "hỗ trợ việc gì" in an.presses("Không nhận tin")
    answer = an.talks("/sangkien", "Nguyễn Văn An", "0912 345 678")
    assert "Sáng kiến thuộc nhóm nào" in answer


@pytest.mark.parametrize("carried", ["u_KHONG-CO", "u_" + "A" * 62, "u_Đồi", "u_", "x"])
def test_a_link_with_a_unit_nobody_has_is_only_a_greeting(desk: Desk, carried: str) -> None:
    desk.furnish(TEMPLATE)
    an = desk.person("An")
    assert "Kính chào anh/chị" in an.says(f"/start {carried}")
    assert "muốn nhận thông điệp" in an.presses("Tôi đồng ý")


def test_an_identity_card_number_typed_as_a_phone_number_is_stored_nowhere(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An", "telegram")
    assert "không lưu dãy số đó" in an.talks("/sangkien", "Nguyễn Văn An", "001099012345")
    assert "001099012345" not in everything(desk)


# --- the programme ---


def test_who_asked_is_told_once_when_a_programme_opens(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE, opened=-3)
    an = any_desk.member("An")
    assert "chưa có chương trình nào" in an.says("/sangkien")
    assert "sẽ nhắn anh/chị" in an.presses("Báo cho tôi")
    assert "bản nháp" not in " ".join(an.talks("/menu") and an.labels).lower()
    any_desk.now += timedelta(days=4)
    for _ in range(2):
        with any_desk.rows() as db:
            openings.announce(db, any_desk.office, CLOCK, now=any_desk.now)
    assert an.hears().count("đã mở nhận sáng kiến") == 1
    assert "Bước 1/10" in an.presses("💡 Gửi sáng kiến")


def test_of_several_programmes_one_is_chosen_and_its_questions_are_asked(desk: Desk) -> None:
    desk.furnish(TEMPLATE, "1-trieu-sang-kien")
    an = desk.member("An")
    assert "Hiện có 2 chương trình" in an.says("sáng kiến")
    assert "Bước 1/10" in an.says("1 triệu sáng kiến")
    an.talks(*PERSON)
    assert "Đã áp dụng" in [*an.labels, *(an.talks("[Hội đồng sáng kiến]") and an.labels)]


# --- the closing instant ---


def test_the_last_second_counts_and_the_next_does_not(any_desk: Desk) -> None:
    (programme,) = any_desk.furnish(TEMPLATE)
    an, binh = any_desk.member("An"), any_desk.member("Bình")
    any_desk.now = programme.closes_at - timedelta(minutes=5)
    reach_review(an)
    reach_review(binh, SECOND)
    any_desk.now = programme.closes_at - timedelta(seconds=1)
    assert "Mã hồ sơ" in an.presses("Gửi đi")
    any_desk.now = programme.closes_at
    answer = binh.presses("Gửi đi")
    assert "đã kết thúc nhận sáng kiến lúc 24h00" in answer
    assert "Bản nháp của anh/chị vẫn được giữ" in answer
    assert [row.sent_at for row in stored(any_desk)] == [programme.closes_at - timedelta(seconds=1)]


def test_an_extended_programme_takes_the_draft_that_came_too_late(any_desk: Desk) -> None:
    (programme,) = any_desk.furnish(TEMPLATE)
    an = any_desk.member("An")
    any_desk.now = programme.closes_at - timedelta(minutes=5)
    reach_review(an)
    any_desk.now = programme.closes_at
    an.presses("Gửi đi")
    with any_desk.rows() as db:
        later = any_desk.now + timedelta(days=3)
        done = programmes.extend(db, any_desk.office, COMMAND_LINE, programme.code, later, now=any_desk.now)
        assert len(done.told) == 1
    assert "được gia hạn" in an.hears()
    assert TEXT in an.says("tiếp tục")
    assert "Mã hồ sơ" in an.presses("Gửi đi")


# --- drafts ---


def test_a_draft_is_kept_for_seven_days_and_gone_on_the_eighth(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    an, binh = any_desk.member("An"), any_desk.member("Bình")
    for person in (an, binh):
        reach_text(person)
        person.says(TEXT)
    any_desk.now += timedelta(days=7) - timedelta(seconds=1)
    assert "Đã ghi nhận 82/1.000" in an.says("/tieptuc")
    assert "Mã hồ sơ" in an.talks("XONG", "[Gửi đi]")
    any_desk.now += timedelta(seconds=1)
    assert "📝 Viết tiếp bản nháp" not in binh.talks("/tieptuc") + " ".join(binh.labels)


@pytest.mark.parametrize("swept", [False, True])
def test_after_an_expired_draft_a_new_one_begins(any_desk: Desk, swept: bool) -> None:
    any_desk.furnish(TEMPLATE)
    an = any_desk.member("An")
    reach_text(an)
    any_desk.now += timedelta(days=8)
    if swept:
        with any_desk.rows() as db:
            retention.drop_old_drafts(db, any_desk.now)
    assert "Bước 1/10" in an.says("/sangkien")
    assert "Bước 2/10" in an.says("Nguyễn Văn An")


def test_slash_commands_act_inside_a_text_and_the_draft_survives(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    reach_text(an)
    an.says(TEXT)
    assert "chưa gửi hồ sơ nào" in an.says("/tracuu")
    assert "chương trình" in an.says("/chuongtrinh").lower()
    assert "Đã ghi nhận 82/1.000" in an.says("Tiếp tục")
    assert TEXT in an.says("XONG")


def test_whoever_begins_again_is_asked_what_to_do_with_the_draft(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    an = any_desk.member("An")
    reach_text(an)
    an.talks(TEXT, "hủy bỏ")
    assert "còn một bản nháp chưa gửi" in an.says("/sangkien")
    assert "Đã ghi nhận 82/1.000" in an.says("tiếp tục")
    an.talks("/menu", "/sangkien")
    assert "Bước 1/10" in an.says("làm lại")
    with any_desk.rows() as db:
        (standing,) = conversations.load(db, [1], any_desk.now).values()
        assert standing.drafts["initiative"].parts == ()


def test_cancelling_says_until_when_the_draft_is_kept(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    reach_text(an)
    assert "Bản nháp được giữ đến 09:00, Thứ Hai 08/03/2027" in an.says("/huy")
    assert an.labels[0] == "📝 Viết tiếp bản nháp"
    assert "Mời anh/chị mô tả" in an.says("1")


def test_a_unit_that_staff_closed_is_asked_for_again(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    reach_review(an)
    with desk.rows() as db:
        unit = db.scalars(select(Unit).where(col(Unit.code) == "GD51-01")).one()
        unit.valid_until = (desk.now - timedelta(days=1)).date()
    assert "không còn trong danh sách" in an.presses("Gửi đi")
    assert "Công đoàn Trường THPT Bến Lau" in an.says("GD51-02")
    assert "Mã hồ sơ" in an.says("gửi đi")


# --- doubles ---


def test_a_double_tap_gives_one_record_and_the_same_code(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    an = any_desk.member("An")
    reach_review(an)
    send = Pressed(an.button("Gửi đi"))
    code = code_in(an.sends(send))
    assert code_in(an.sends(send).replace("anh/chị không cần gửi lại. ", "\n")) == code
    assert [row.code for row in stored(any_desk)] == [code]


@pytest.mark.parametrize("typed", ["gửi đi", "gửi", "Gui di"])
def test_typing_it_twice_gives_one_record_and_the_same_code(desk: Desk, typed: str) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    reach_review(an)
    code = code_in(an.says(typed))
    assert code in an.says(typed)
    assert [row.code for row in stored(desk)] == [code]


def test_a_redelivered_update_changes_nothing_and_says_nothing(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    an = any_desk.member("An")
    reach_text(an)
    assert "82/1.000" in an.sends(Text(TEXT), "again")
    assert an.sends(Text(TEXT), "again") == ""
    assert "(82/1.000" in an.says("XONG")


def test_the_same_text_again_names_ones_own_code_and_is_taken_all_the_same(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    an = any_desk.member("An")
    code = hand_in(an)
    an.talks("/sangkien", "đúng rồi", *QUESTIONS)
    assert code in an.talks(TEXT.upper() + "!!", "XONG")
    assert code_in(an.talks("Vẫn gửi", "Gửi đi")) != code
    assert len(stored(any_desk)) == 2


def test_a_few_changed_words_are_still_ones_own_text(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    code = hand_in(an, SECOND * 3)
    an.talks("/sangkien", "đúng rồi", *QUESTIONS)
    assert code in an.talks(SECOND * 3 + " Rất tốt.", "XONG")


def test_the_same_text_of_a_colleague_is_told_without_the_code(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    code = hand_in(any_desk.member("An"))
    answer = reach_review(any_desk.member("Bình"))
    assert "giống với một sáng kiến đã có" in answer
    assert code not in answer


# --- what is stored ---


def test_what_was_typed_is_stored_to_the_letter(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    text = ("ế" * 960 + ' <b>&" =1+1 *_[`] {{ 7*7 }} đ “ngoặc”').ljust(1000, "x")
    hand_in(any_desk.member("An"), text.replace("ế", "ê\u0301"))
    (row,) = stored(any_desk)
    assert (row.text, row.full_name, row.phone, row.place) == (text, "Nguyễn Văn An", "+84912345678", "51")
    assert row.answers == {"recognised": "head", "applied": "within", "protected": "no", "secret": "no"}


def test_a_unit_named_by_hand_is_kept_and_goes_to_the_top_of_its_place(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    an.talks("/sangkien", *PERSON[:3], "đơn vị khác", "Hợp tác xã Lá Me", "1", *QUESTIONS)
    assert "Hợp tác xã Lá Me, Quảng Ngãi" in an.talks(TEXT, "XONG")
    assert "Nơi tiếp nhận: Liên đoàn Lao động tỉnh Quảng Ngãi" in an.presses("Gửi đi")
    (row,) = stored(desk)
    assert (row.unit_id, row.other_unit) == (None, "Hợp tác xã Lá Me")


def test_a_sectors_unit_is_found_under_its_sector(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    an.talks("/sangkien", *PERSON[:2], "hải đăng")
    assert an.labels[:2] == ["Công đoàn Đài Hải đăng Mũi Sim", "Công đoàn Xưởng Cơ khí Hải đăng Cồn Én"]
    an.talks("1", "2", *QUESTIONS)
    assert "Nơi tiếp nhận: Công đoàn Đài Hải đăng Mũi Sim" in an.talks(TEXT, "XONG", "[Gửi đi]")


def test_next_time_the_profile_is_offered_and_one_field_can_be_changed(any_desk: Desk) -> None:
    any_desk.furnish(TEMPLATE)
    an = any_desk.member("An")
    hand_in(an)
    asked = an.says("/sangkien")
    for shown in ("Nguyễn Văn An", "0912 345 678", "Quảng Ngãi", "Công đoàn Trường THPT Đồi Sim"):
        assert shown in asked
    an.talks("sửa lại", "số điện thoại", "0987 654 321", *QUESTIONS, SECOND, "XONG", "[Gửi đi]")
    assert [row.phone for row in stored(any_desk)] == ["+84912345678", "+84987654321"]
    assert "0987 654 321" in an.says("/sangkien")


# --- round about ---


@pytest.mark.parametrize("typed", ["alo", "chào ad", "có ai không", "cho hỏi", "/start", "/menu", "0"])
def test_a_greeting_is_answered_with_the_menu(desk: Desk, typed: str) -> None:
    an = desk.member("An")
    an.says(typed)
    assert an.labels[0] == "💡 Gửi sáng kiến"
    assert "chưa hiểu" not in an.heard[-1].text


@pytest.mark.parametrize("typed", ["1", "1.", "số 1", "một", "gui sang kien", "sáng kiến", "sk", "Gửi sáng kiến"])
def test_the_menu_is_answered_in_words_and_digits(desk: Desk, typed: str) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    an.says("2")
    assert "Bước 1/10" in an.says(typed)


def test_a_code_typed_outside_is_looked_up_and_anothers_is_not_shown(desk: Desk) -> None:
    desk.furnish(TEMPLATE)
    an, binh = desk.member("An"), desk.member("Bình")
    code = hand_in(an)
    assert "Trạng thái: Đã gửi" in an.says(code.lower().replace("-", " "))
    assert "không tìm thấy mã" in binh.says(code)


@pytest.mark.parametrize("medium", [Medium.PHOTO, Medium.VOICE, Medium.STICKER, Medium.FILE])
def test_what_cannot_be_read_is_answered_inside_and_outside(desk: Desk, medium: Medium) -> None:
    desk.furnish(TEMPLATE)
    an = desk.member("An")
    assert "chỉ nhận được chữ" in an.sends(Unreadable(medium))
    an.says("/sangkien")
    answer = an.sends(Unreadable(medium))
    assert "chỉ nhận được chữ" in answer
    assert "Bước 1/10" in answer
