"""The initiative's form in the pure engine: what each step accepts, asks back or refuses, and where one stands."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from handlers.chat.context import draft_from, stored_from
from handlers.flows import supplement, welcome
from handlers.flows.form import Draft
from handlers.flows.outcomes import Agree, Refuse, SubmitInitiative, Supplement, WatchOpenings
from handlers.flows.records import Item, Profile
from messages.types import Edited, Medium, Pressed, Unreadable
from tests.flows.plain_world import OPEN, OTHER, TOOL, UNITS, PlainWorld, Talk

PERSON: dict[str, Any] = {
    "name": "Nguyễn Văn An",
    "phone": "+84912345678",
    "place": "51",
    "unit": "GD51-01",
    "group": "office",
}
OWN: dict[str, Any] = {"q_applied": "applied", "q_secret": "no"}
TEXT = "Mỗi lớp có một tủ sách nhỏ do học sinh tự quản, thay vì chờ mượn ở thư viện chung."
LONG = "ế" * 1000
KNOWN = Profile("Nguyễn Văn An", "+84912345678", "51", "GD51-01", None, "office")


def at_text(world: PlainWorld | None = None, **more: object) -> Talk:
    return Talk(world, **{**PERSON, **OWN, **more})


def at_review(world: PlainWorld | None = None, **more: object) -> Talk:
    return at_text(world, text=TEXT, **more)


# --- the notice ---


@pytest.mark.parametrize("typed", ["đồng ý", "Tôi đồng ý", "toi dong y", "1", "1.", "số 1", "ok", "Dạ vâng ạ"])
def test_the_notice_is_agreed_to_in_words_or_by_number(typed: str) -> None:
    assert Talk(form=welcome.FORM).says(typed).effects == (Agree("1"),)


@pytest.mark.parametrize("typed", ["không đồng ý", "khong", "2", "Không đồng ý ạ"])
def test_the_notice_may_be_refused(typed: str) -> None:
    assert Talk(form=welcome.FORM).says(typed).effects == (Refuse(),)


@pytest.mark.parametrize("typed", ["Công ty nợ lương", "đồng", "không biết", "để xem đã", "3"])
def test_anything_else_is_no_agreement(typed: str) -> None:
    assert Talk(form=welcome.FORM).says(typed).keys == ["consent.needed", "consent.ask"]


# --- the programme ---


def test_the_only_open_programme_is_taken_without_asking() -> None:
    assert Talk().asked == "initiative.name"


@pytest.mark.parametrize("typed", ["2", "1 triệu sáng kiến", "1 trieu", "hai"])
def test_of_several_programmes_one_is_chosen(typed: str) -> None:
    talk = Talk(PlainWorld(running=(OPEN, OTHER)))
    assert talk.asked == "initiative.programme"
    assert talk.says(typed).keys == ["initiative.intro", "initiative.name"]
    assert talk.answers["programme"] == OTHER.id
    assert talk.said[0].values["steps"] == talk.said[1].values["total"] == 6


def test_when_none_is_open_one_can_ask_to_be_told_and_no_empty_draft_remains() -> None:
    talk = Talk(PlainWorld(running=()))
    assert talk.asked == "initiative.none_open"
    assert talk.says("báo cho tôi").effects == (WatchOpenings(),)
    assert talk.draft is None


# --- name and phone ---


@pytest.mark.parametrize("name", ["Nguyễn Văn An", "H'Hen Niê", "Ksor H'Bơ Khăp", "Y Moan", "Đạt", "Trần  Thị   Lệ"])
def test_a_name_is_kept_as_it_was_typed_but_for_spaces(name: str) -> None:
    talk = Talk().says(name)
    assert talk.answers["name"] == " ".join(name.split())
    assert talk.asked == "initiative.phone"


def test_a_name_without_marks_is_taken_and_remarked_upon() -> None:
    assert Talk().says("NGUYEN VAN A").keys == ["initiative.name_no_marks", "initiative.phone"]


@pytest.mark.parametrize("name", ["0912 345 678", "http://xau.vn", "A", "?", "x" * 81, "an@congdoan.vn"])
def test_what_is_no_name_is_asked_again(name: str) -> None:
    assert Talk().says(name).asked == "initiative.name_invalid"


def test_a_man_called_huy_is_asked_whether_he_means_his_name() -> None:
    talk = Talk().says("Huy")
    assert talk.asked == "common.which"
    assert talk.labels == ["Huy", "Hủy bỏ"]
    assert talk.says("1").answers["name"] == "Huy"


def test_huy_without_its_mark_can_still_mean_the_way_out() -> None:
    assert Talk().says("huy", "Hủy bỏ").left
    assert Talk().says("Hủy").left


@pytest.mark.parametrize(
    "typed", ["0912 345 678", "0912.345.678", "+84 912 345 678", "84912345678", "0084912345678", "912345678"]
)
def test_a_phone_number_is_kept_in_one_form(typed: str) -> None:
    assert Talk(name="An").says(typed).answers["phone"] == "+84912345678"


@pytest.mark.parametrize("typed", ["055824163", "0912 345 67a", "091234567", "09123456789", "không có"])
def test_what_is_no_phone_number_is_shown_and_asked_again(typed: str) -> None:
    talk = Talk(name="An").says(typed)
    assert talk.asked == "initiative.phone_invalid"
    assert typed in talk.text


def test_an_identity_card_number_is_neither_kept_nor_repeated() -> None:
    talk = Talk(name="An").says("001099012345")
    assert talk.asked == "initiative.phone_looks_like_id"
    assert "001099012345" not in talk.text + repr(talk.draft)


@pytest.mark.parametrize(("typed", "means"), [("O912345678", "+84912345678"), ("01201234567", "+84701234567")])
def test_a_number_that_had_to_be_mended_is_confirmed(typed: str, means: str) -> None:
    talk = Talk(name="An").says(typed)
    assert talk.asked == "initiative.phone_repair"
    assert "phone" not in talk.answers
    assert talk.says("đúng rồi").answers["phone"] == means


def test_a_mended_number_that_is_wrong_is_typed_again() -> None:
    talk = Talk(name="An").says("O912345678", "nhập lại")
    assert talk.asked == "initiative.phone"
    assert talk.says("0987 654 321").answers["phone"] == "+84987654321"


def test_a_landline_is_kept_only_when_confirmed() -> None:
    talk = Talk(name="An").says("0255 382 4163")
    assert talk.asked == "initiative.phone_landline"
    assert talk.says("1").answers["phone"] == "+842553824163"


def test_a_contact_card_counts_only_when_it_is_the_members_own() -> None:
    assert Talk(name="An").shares("84912345678").answers["phone"] == "+84912345678"
    assert Talk(name="An").shares("84912345678", own=False).asked == "initiative.contact_not_own"


# --- place ---


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("hanoi", "01"),
        ("HÀ NỘI", "01"),
        ("tp ha noi", "01"),
        ("TP.HCM", "79"),
        ("sài gòn", "79"),
        ("daklak", "66"),
        ("Quảng Ngãi", "51"),
    ],
)
def test_a_place_is_known_with_and_without_marks(typed: str, code: str) -> None:
    assert Talk(name="An", phone="+84912345678").says(typed).answers["place"] == code


@pytest.mark.parametrize(("typed", "old", "code"), [("binh duong", "Bình Dương", "79"), ("kontum", "Kon Tum", "51")])
def test_a_former_name_is_confirmed(typed: str, old: str, code: str) -> None:
    talk = Talk(name="An", phone="+84912345678").says(typed)
    assert talk.asked == "initiative.place_renamed"
    assert old in talk.text
    assert talk.says("phải").answers["place"] == code


@pytest.mark.parametrize("typed", ["QN", "binh", "ĐN"])
def test_an_ambiguous_place_is_asked_back(typed: str) -> None:
    talk = Talk(name="An", phone="+84912345678").says(typed)
    assert talk.asked == "initiative.place_many"
    assert len(talk.labels) > 2
    assert "place" not in talk.answers
    assert "place" in talk.says("2").answers


def test_a_former_name_among_several_stands_beside_todays() -> None:
    assert "Đà Nẵng (Quảng Nam)" in Talk(name="An", phone="+84912345678").says("QN").labels


def test_a_misspelt_place_is_confirmed() -> None:
    talk = Talk(name="An", phone="+84912345678").says("qung ngai")
    assert talk.asked == "initiative.place_guessed"
    assert "Quảng Ngãi" in talk.text
    assert talk.says("đúng rồi").answers["place"] == "51"


def test_an_unknown_place_leads_to_the_whole_list() -> None:
    talk = Talk(name="An", phone="+84912345678").says("Cty TNHH ABC")
    assert talk.asked == "initiative.place_unknown"
    talk.says("danh sách")
    assert talk.labels[:1] == ["Hà Nội"]
    assert "Công đoàn ngành Hải đăng Việt Nam" in talk.labels
    assert talk.presses("in.NHD").answers["place"] == "NHD"


def test_a_sector_stands_beside_the_places_and_its_few_units_are_listed_at_once() -> None:
    talk = Talk(name="An", phone="+84912345678").says("hải đăng")
    assert talk.answers["place"] == "NHD"
    assert talk.labels[0] == "Công đoàn Đài Hải đăng Mũi Sim"
    assert talk.labels[2] == "Đơn vị khác"


def test_the_code_on_the_poster_answers_place_and_unit_at_once() -> None:
    talk = Talk(name="An", phone="+84912345678").says("gd51-01")
    assert (talk.answers["place"], talk.answers["unit"]) == ("51", "GD51-01")
    assert talk.asked == "initiative.group"


# --- unit and group ---


def at_unit() -> Talk:
    return Talk(name="An", phone="+84912345678", place="51")


def test_many_units_are_not_listed_but_looked_for() -> None:
    talk = at_unit()
    assert talk.labels[0] == "Đơn vị khác"
    talk.says("bai dua")
    assert talk.labels[:2] == ["Công đoàn Trường Tiểu học Số 1 Bãi Dừa", "Công đoàn Trường THCS Bãi Dừa"]
    assert talk.says("2").answers["unit"] == "GD51-07"


@pytest.mark.parametrize("typed", ["gd51-01", "Công đoàn Trường THPT Đồi Sim"])
def test_a_unit_is_taken_by_its_code_or_its_whole_name(typed: str) -> None:
    assert at_unit().says(typed).answers["unit"] == "GD51-01"


def test_units_of_elsewhere_are_not_found() -> None:
    assert at_unit().says("bến xe").asked == "initiative.unit_unknown"
    assert at_unit().says("VT79-01").asked == "initiative.unit_unknown"


def test_a_unit_that_is_not_listed_is_named_by_hand() -> None:
    talk = at_unit().says("đơn vị khác")
    assert talk.asked == "initiative.unit_other"
    assert talk.says("?").asked == "initiative.unit_other_invalid"
    talk.says("Hợp tác xã  Lá Me")
    assert (talk.answers["unit"], talk.answers["other_unit"]) == ("other", "Hợp tác xã Lá Me")
    assert talk.asked == "initiative.group"


@pytest.mark.parametrize(
    ("typed", "group"),
    [("doanh nghiep", "enterprise"), ("công ty", "enterprise"), ("cơ quan", "office"), ("2", "office")],
)
def test_the_group_is_chosen_in_words_or_by_number(typed: str, group: str) -> None:
    assert at_unit().says("GD51-01", typed).answers["group"] == group


# --- the programme's own questions ---


def test_an_answer_that_fails_many_entries_is_warned_of_but_never_blocked() -> None:
    talk = Talk(**PERSON).says("chưa áp dụng")
    assert talk.asked == "initiative.question_warning"
    assert "q_applied" not in talk.answers
    assert talk.says("nhập lại").asked == "initiative.question"
    assert talk.says("chưa áp dụng", "vẫn gửi").answers["q_applied"] == "not_yet"


def test_words_that_fit_no_answer_are_told_so() -> None:
    assert Talk(**PERSON).says("tuần sau").keys == ["common.pick", "initiative.question"]


def test_a_question_without_choices_takes_words_up_to_its_limit() -> None:
    talk = Talk(PlainWorld(running=(replace(OPEN, questions=(TOOL,)),)), **PERSON)
    assert talk.says("x" * 21).asked == "initiative.question_too_long"
    assert talk.says("kéo, giấy, hồ dán").answers["q_tool"] == "kéo, giấy, hồ dán"


def test_of_a_trade_secret_only_name_and_effect_are_asked() -> None:
    assert Talk(**PERSON, q_applied="applied").says("co").asked == "initiative.text_secret"
    assert Talk(**PERSON, q_applied="applied").says("khong").asked == "initiative.text"


def test_a_description_written_before_the_secret_was_told_of_is_dropped() -> None:
    talk = at_review().says("sửa", "bí mật", "có")
    assert talk.asked == "initiative.text_secret"
    assert TEXT not in repr(talk.draft)


# --- the text ---


@pytest.mark.parametrize(
    "typed",
    [
        LONG,
        unicodedata.normalize("NFD", LONG),
        LONG.replace("ế", "ê\u0301"),
        LONG + " \n\u200b",
        "\ufeff" + LONG,
        LONG.replace("ế", "ế\u00ad"),
    ],
    ids=["NFC", "NFD", "tổ hợp", "trailing", "BOM", "soft hyphens"],
)
def test_a_thousand_characters_are_a_thousand_however_they_were_typed(typed: str) -> None:
    talk = at_text().says(typed)
    assert talk.said[-1].values["count"] == 1000
    assert talk.said[-1].values["left"] == 0
    assert talk.says("XONG").answers["text"] == LONG
    assert talk.asked == "initiative.review"


def test_one_character_more_is_refused_with_the_excess_and_the_place() -> None:
    talk = at_text().says("a" * 990 + " vừa đủ ạ")
    assert talk.asked == "initiative.text_count"
    talk = at_text().says("a" * 985 + " đến đây là đủ rồi")
    assert talk.asked == "initiative.text_too_long"
    assert talk.said[-1].values["count"] == 985 + 18
    assert talk.said[-1].values["excess"] == 3
    assert "đến đây là đủ rồi" in talk.text


def test_a_thousand_and_one_characters_exceed_by_one() -> None:
    assert at_text().says(LONG + "ế").said[-1].values["excess"] == 1


def test_a_part_that_does_not_fit_is_refused_alone_and_what_was_written_stands() -> None:
    talk = at_text().says("a" * 600, "b" * 310)
    assert talk.said[-1].values["left"] == 1000 - 911 - 1
    talk.says("c" * 200)
    assert talk.asked == "initiative.text_too_long"
    assert talk.said[-1].values["kept"] == 911
    assert talk.said[-1].values["left"] == 88
    talk.says("d" * 88)
    assert talk.said[-1].values["count"] == 1000
    assert talk.says("XONG").answers["text"] == "\n".join(("a" * 600, "b" * 310, "d" * 88))


def test_what_is_said_to_be_left_is_taken() -> None:
    talk = at_text().says("a" * 600)
    left = talk.said[-1].values["left"]
    assert talk.says("b" * left).asked == "initiative.text_count"
    assert talk.said[-1].values["left"] == 0


def test_a_written_text_is_replaced_only_after_the_word_for_it_and_then_by_what_fits() -> None:
    talk = at_text().says(TEXT, "viết lại từ đầu")
    assert talk.asked == "initiative.text_rewrite"
    assert talk.says(LONG + "ế").asked == "initiative.text_too_long"
    assert talk.says("Hai thùng rác màu ở mỗi lớp học, ai cũng phân loại.", "XONG").asked == "initiative.review"
    assert talk.answers["text"] == "Hai thùng rác màu ở mỗi lớp học, ai cũng phân loại."


def test_whoever_meant_to_write_afresh_and_does_not_keeps_the_text() -> None:
    assert at_text().says(TEXT, "Viết lại từ đầu", "XONG").answers["text"] == TEXT
    talk = at_text().says(TEXT, "Viết lại từ đầu", "quay lại", "giữ nguyên")
    assert talk.says("một đoạn nữa", "XONG").answers["text"] == TEXT + "\nmột đoạn nữa"


@pytest.mark.parametrize("typed", ["gửi đi", "Gửi đi ạ", "gui di"])
def test_the_word_of_the_preview_ends_a_text_and_is_no_part_of_it(typed: str) -> None:
    talk = at_text().says(TEXT, typed)
    assert talk.asked == "initiative.review"
    assert talk.answers["text"] == TEXT


def test_parts_are_joined_by_a_line_break_that_counts() -> None:
    assert at_text().says("a" * 600, "b" * 400).said[-1].values["count"] == 1001
    talk = at_text().says("a" * 600, "b" * 399)
    assert talk.said[-1].values["count"] == 1000
    assert talk.says("xong").answers["text"] == "a" * 600 + "\n" + "b" * 399


@pytest.mark.parametrize("typed", [["ok"], ["   "], ["test"], []])
def test_what_describes_nothing_is_too_short(typed: list[str]) -> None:
    talk = at_text().says(*typed, "XONG")
    assert talk.asked == "initiative.text_too_short"
    assert talk.says(TEXT, "XONG").asked == "initiative.review"


@pytest.mark.parametrize(
    "typed", ["hủy đơn hàng trễ rồi quay lại làm tiếp, thế là xong", "1", "menu", "gửi đi", "dung"]
)
def test_words_of_command_inside_a_text_are_text(typed: str) -> None:
    talk = at_text().says(typed)
    assert talk.asked == "initiative.text_count"
    assert talk.draft is not None
    assert talk.draft.parts == (typed,)


@pytest.mark.parametrize("typed", ["Hủy bỏ", "HỦY", "huỷ", "hủy"])
def test_the_word_for_cancelling_acts_as_a_whole_message(typed: str) -> None:
    talk = at_text().says(TEXT, typed)
    assert talk.left
    assert talk.keys == ["common.cancelled"]
    assert talk.resumes().asked == "initiative.text_count"
    assert talk.says("XONG").answers["text"] == TEXT


def test_going_back_from_a_text_half_written_keeps_it() -> None:
    talk = at_text().says(TEXT, "QUAY LẠI")
    assert talk.asked == "initiative.question"
    assert "Giữ nguyên" in talk.labels
    talk.says("giữ nguyên")
    assert talk.asked == "initiative.text_count"
    assert talk.said[-1].values["count"] == len(TEXT)


def test_markup_and_formulas_are_only_characters() -> None:
    assert '<b>&"' in at_text().says(TEXT + ' <b>&"', "XONG").text


@pytest.mark.parametrize("medium", list(Medium))
def test_what_cannot_be_read_is_answered_and_the_text_stays(medium: Medium) -> None:
    talk = at_text().says(TEXT).sends(Unreadable(medium))
    assert talk.keys == ["common.text_only", "initiative.text_count"]
    assert talk.says("XONG").answers["text"] == TEXT


def test_an_edited_message_changes_nothing() -> None:
    talk = at_text().says(TEXT).sends(Edited())
    assert talk.keys == ["common.edited"]
    assert talk.says("XONG").answers["text"] == TEXT


# --- back, cancel, resume, edit ---


def test_back_leads_step_by_step_to_the_first_question() -> None:
    talk, passed = at_text(), []
    for _ in range(8):
        passed.append(talk.says("Quay lại").asked.removeprefix("initiative."))
    assert passed[:7] == ["question", "question", "group", "unit", "place", "phone", "name"]
    assert passed[7] == "name"
    assert talk.says("Trần Thị Bình").asked == "initiative.text"
    assert talk.answers["name"] == "Trần Thị Bình"


def test_there_is_no_way_back_from_the_first_question() -> None:
    assert Talk().labels == ["Hủy bỏ"]


def test_cancelling_before_anything_was_answered_keeps_no_draft() -> None:
    assert Talk().says("hủy bỏ").draft is None


def test_one_field_is_changed_from_the_preview_and_the_rest_stays() -> None:
    talk = at_review().says("sửa một mục", "số điện thoại", "0987 654 321")
    assert talk.asked == "initiative.review"
    assert talk.answers == {**at_review().answers, "phone": "+84987654321"}


def test_a_field_under_change_may_be_kept() -> None:
    talk = at_review().presses("edit").presses("edit.name")
    assert talk.says("giữ nguyên").asked == "initiative.review"
    assert talk.answers["name"] == "Nguyễn Văn An"


def test_another_place_asks_for_the_unit_again() -> None:
    talk = at_review().says("2", "tỉnh", "tphcm")
    assert talk.asked == "initiative.unit"
    assert "unit" not in talk.answers
    assert talk.says("VT79-01").asked == "initiative.review"


def test_another_place_asks_again_for_a_unit_named_by_hand_too() -> None:
    talk = at_review(unit="other", other_unit="Hợp tác xã Lá Me").says("2", "tỉnh", "tphcm")
    assert talk.asked == "initiative.unit"
    assert "other_unit" not in talk.answers


def test_the_same_place_again_keeps_the_unit() -> None:
    assert at_review().says("2", "tỉnh", "quảng ngãi").asked == "initiative.review"


def test_the_text_is_shown_when_it_is_changed_and_xong_keeps_it() -> None:
    talk = at_review().presses("edit").presses("edit.text")
    assert TEXT in talk.text
    assert talk.says("XONG").asked == "initiative.review"
    assert talk.answers["text"] == TEXT


def test_what_is_sent_to_a_text_under_change_is_added() -> None:
    talk = at_review().presses("edit").presses("edit.text").says("Thêm một ý.", "XONG")
    assert talk.asked == "initiative.review"
    assert talk.answers["text"] == TEXT + "\nThêm một ý."


def test_a_new_text_replaces_the_old_one_and_may_have_several_parts() -> None:
    talk = at_review().presses("edit").presses("edit.text").presses("rewrite").says(TEXT[:40], TEXT[40:], "XONG")
    assert talk.answers["text"] == TEXT[:40] + "\n" + TEXT[40:].strip()


def test_a_new_text_half_written_survives_leaving_and_the_old_one_too() -> None:
    new = "Cách làm mới, ngắn gọn hơn trước nhiều lần."
    talk = at_review().presses("edit").presses("edit.text").presses("rewrite").says(new, "hủy bỏ")
    assert talk.answers["text"] == TEXT
    assert talk.resumes().asked == "initiative.text_current"
    assert new in talk.text
    assert talk.says("XONG").answers["text"] == new


FIELDS = ("name", "phone", "place", "unit", "group", "q_applied", "text")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("typed", ["quay lại", "gửi đi"])
def test_from_a_change_the_preview_is_reached_with_what_was_there(field: str, typed: str) -> None:
    before = at_review().answers
    talk = at_review().presses("edit").presses(f"edit.{field}")
    assert "Quay lại" in talk.labels
    talk.says(typed)
    assert talk.asked in ("initiative.review", "initiative.group", "initiative.question")
    if talk.asked != "initiative.review":  # steps with choices only take no other word
        talk.says("quay lại")
    assert talk.asked == "initiative.review"
    assert talk.answers == before
    assert isinstance(talk.says("gửi đi").effects[0], SubmitInitiative)


def test_back_from_a_text_half_changed_says_that_the_old_one_stands_and_keeps_the_new() -> None:
    talk = at_review().presses("edit").presses("edit.text").says("Thêm một ý.", "quay lại")
    assert talk.keys == ["common.change_waits", "initiative.review"]
    assert talk.answers["text"] == TEXT
    talk.presses("edit").presses("edit.text")
    assert TEXT + "\nThêm một ý." in talk.text


def test_back_from_the_list_of_fields_is_the_preview() -> None:
    talk = at_review().presses("edit").says("quay lại")
    assert talk.asked == "initiative.review"
    assert talk.draft is not None
    assert talk.draft.parts == ()


def test_back_from_a_place_that_was_looked_for_is_the_question_for_a_place() -> None:
    talk = Talk(name="An", phone="+84912345678").says("QN", "quay lại")
    assert talk.asked == "initiative.place"
    assert talk.says("quay lại").asked == "initiative.phone"


def test_a_way_back_survives_a_restart() -> None:
    talk = at_review().presses("edit").presses("edit.text")
    assert talk.draft is not None
    again = Talk.found(draft_from(stored_from(talk.draft)), talk.world)
    assert again.says("quay lại").asked == "initiative.review"


def test_a_text_opened_for_a_change_and_left_alone_stays() -> None:
    talk = at_review().presses("edit").presses("edit.text").says("hủy bỏ")
    assert talk.resumes().asked == "initiative.review"
    assert talk.answers["text"] == TEXT


# --- the profile ---


def test_what_is_known_is_offered_and_taken_with_one_word() -> None:
    talk = Talk(PlainWorld(profile=KNOWN))
    assert talk.asked == "initiative.profile"
    assert talk.says("đúng rồi").asked == "initiative.question"
    assert {key: talk.answers[key] for key in PERSON} == PERSON


def test_one_field_of_what_is_known_is_changed() -> None:
    talk = Talk(PlainWorld(profile=KNOWN)).says("sửa lại")
    assert talk.asked == "initiative.edit"
    talk.says("số điện thoại", "0987 654 321")
    assert talk.asked == "initiative.question"
    assert {key: talk.answers[key] for key in PERSON} == {**PERSON, "phone": "+84987654321"}


def test_a_known_unit_that_no_longer_exists_is_asked_for_again() -> None:
    talk = Talk(PlainWorld(profile=KNOWN, units=UNITS[1:])).says("đúng rồi")
    assert talk.asked == "initiative.unit_gone"


def test_the_unit_of_a_poster_is_filled_in_before_anything_else_is_known() -> None:
    talk = Talk(PlainWorld(profile=Profile(None, None, "51", "GD51-01", None, None)))
    assert talk.says("Nguyễn Văn An", "0912 345 678").asked == "initiative.group"
    assert talk.answers["unit"] == "GD51-01"


# --- a world that changes under a draft ---


def test_a_unit_closed_meanwhile_is_asked_for_again_even_at_the_last_tap() -> None:
    talk = at_review()
    talk.world.units = UNITS[1:]
    assert talk.presses("submit").asked == "initiative.unit_gone"
    assert talk.says("GD51-07").asked == "initiative.review"


def test_a_programme_closed_meanwhile_refuses_the_last_tap_and_keeps_the_draft() -> None:
    talk = at_review()
    talk.world.running, talk.world.over, talk.world.coming = (), (OPEN,), OTHER
    assert talk.presses("submit").asked == "initiative.closed"
    assert "Bản nháp" in talk.text
    assert OTHER.name in talk.text
    assert talk.answers == at_review().answers


def test_the_old_button_sends_the_draft_when_the_programme_was_extended() -> None:
    talk = at_review()
    send = Pressed("initiative.review@d1:submit")
    talk.world.running, talk.world.over = (), (OPEN,)
    talk.sends(send)
    talk.world.running, talk.world.over = (OPEN,), ()
    assert isinstance(talk.sends(send).effects[0], SubmitInitiative)


def test_a_draft_whose_programme_closed_may_go_to_another_one() -> None:
    talk = at_review()
    talk.world.running, talk.world.over = (OTHER,), (OPEN,)
    talk.presses("submit")
    assert talk.labels[0] == OTHER.name
    assert talk.says("1").keys == ["initiative.intro", "initiative.review"]
    assert talk.answers["programme"] == OTHER.id


def test_a_button_of_another_question_is_told_to_be_old() -> None:
    assert at_text().sends(Pressed("initiative.group@d1:office")).keys == ["common.old_button", "initiative.text"]
    assert at_text().sends(Pressed("initiative.text@d0:finish")).keys == ["common.old_button", "initiative.text"]


# --- a text like another ---


def test_ones_own_text_again_is_told_with_its_code_and_never_blocked() -> None:
    talk = at_text(PlainWorld(earlier={TEXT: "SK-27-4F7K2"})).says(TEXT.upper(), "XONG")
    assert talk.asked == "initiative.duplicate"
    assert "SK-27-4F7K2" in talk.text
    assert talk.says("vẫn gửi").asked == "initiative.review"
    assert isinstance(talk.says("gửi đi").effects[0], SubmitInitiative)


def test_of_anothers_text_only_that_it_exists_is_told() -> None:
    talk = at_text(PlainWorld(earlier={TEXT: None})).says(TEXT, "XONG")
    assert talk.asked == "initiative.duplicate"
    assert "SK-" not in talk.text


def test_a_text_like_another_may_be_changed_instead() -> None:
    talk = at_text(PlainWorld(earlier={TEXT: None})).says(TEXT, "XONG", "sửa lại")
    assert TEXT in talk.text
    talk.says("Phân loại rác ngay tại lớp học bằng ba thùng màu.", "XONG")
    assert talk.asked == "initiative.review"


# --- the last look ---


@pytest.mark.parametrize("typed", ["đúng", "gửi đi", "gui", "ok", "1", "Dạ gửi đi ạ"])
def test_the_preview_is_confirmed_in_many_words(typed: str) -> None:
    talk = at_review().says(typed)
    assert talk.draft is None
    assert talk.answers.items() >= at_review().answers.items()


def test_a_bare_dung_is_asked_back_for_it_may_mean_send_or_stop() -> None:
    talk = at_review().says("dung")
    assert talk.asked == "common.which"
    assert talk.labels[:2] == ["Gửi đi", "Hủy bỏ"]
    assert talk.says("dung").asked == "common.which"
    assert isinstance(talk.says("đúng").effects[0], SubmitInitiative)


def test_dung_with_the_mark_of_stopping_stops() -> None:
    talk = at_review().says("dừng")
    assert talk.left
    assert talk.resumes().asked == "initiative.review"
    assert at_review().says("dung", "2").left


@pytest.mark.parametrize("typed", ["đừng", "dùng", "để xem", "không"])
def test_nothing_else_sends_anything(typed: str) -> None:
    talk = at_review().says(typed)
    assert talk.asked in ("initiative.review", "common.which")
    assert not any(isinstance(effect, SubmitInitiative) for effect in talk.effects)


# --- the author's new text ---


def at_supplement(state: str = "needs_more") -> Talk:
    item = Item("SK-27-4F7K2", state, 2, "ghi rõ số tiết dạy", "Bản cũ")
    return Talk(PlainWorld(items=(item,)), supplement.FORM, code="SK-27-4F7K2")


def test_the_author_adds_to_the_text_after_a_last_look_at_the_whole() -> None:
    talk = at_supplement()
    assert "ghi rõ số tiết dạy" in talk.text
    assert talk.says("12 tiết", "XONG").asked == "supplement.review"
    assert "Bản cũ\n+ 12 tiết" in talk.text
    assert talk.says("gửi đi").effects == (Supplement("SK-27-4F7K2", "12 tiết", whole=False),)


def test_a_new_text_takes_the_place_of_the_old_one_only_where_that_is_chosen() -> None:
    talk = at_supplement().says(TEXT, "XONG", "thay bản cũ")
    assert talk.asked == "supplement.review"
    assert "Bản cũ\n+" not in talk.text
    assert talk.says("thêm vào bản cũ", "thay bản cũ", "gửi đi").effects == (
        Supplement("SK-27-4F7K2", TEXT, whole=True),
    )


def test_what_is_too_short_for_an_initiative_cannot_take_its_place() -> None:
    talk = at_supplement().says("12 tiết", "XONG")
    assert "Thay bản cũ" not in talk.labels


def test_the_new_text_obeys_the_same_limit_and_can_be_changed() -> None:
    talk = at_supplement().says(LONG + "ế")
    assert talk.said[-1].values["excess"] == 1
    talk.says(TEXT, "XONG", "sửa lại")
    assert talk.asked == "initiative.text_current"
    talk.says("viết lại từ đầu", LONG, "XONG", "gửi đi")
    assert talk.effects == (Supplement("SK-27-4F7K2", LONG),)


def test_a_submission_that_waits_for_nothing_more_cannot_be_supplemented() -> None:
    assert at_supplement("received").asked == "supplement.closed"


def test_a_draft_is_never_changed_in_place() -> None:
    draft = Draft("initiative", "d1", {"programme": 1, **PERSON, **OWN})
    Talk.of(draft, PlainWorld()).says(TEXT, "XONG", "gửi đi")
    assert draft == Draft("initiative", "d1", {"programme": 1, **PERSON, **OWN})
