"""Near-duplicates warn; what merely shares a subject does not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.text.likeness import fingerprint, looks_like_complaint, overlap, shingles, similar

IDEA = (
    "Trước đây nhà trường nhập điểm bằng tay nên mất nhiều thời gian và hay sai. "
    "Nay dùng bảng tính có công thức kiểm tra, giáo viên nhập một lần, in được ngay phiếu liên lạc cho phụ huynh. "
    "Kết quả tiết kiệm mỗi lớp hai buổi làm việc."
)
OTHER = (
    "Trước đây xưởng cắt vải bằng tay nên mất nhiều thời gian và hao vải. "
    "Nay xếp sơ đồ cắt trên máy tính, tận dụng vải vụn may khẩu trang. "
    "Kết quả tiết kiệm mỗi tháng hai triệu đồng."
)
COMPLAINTS = ("nợ lương", "cham luong", "bóc lột")


def test_the_same_text_in_other_spelling_has_the_same_fingerprint():
    assert fingerprint(IDEA) == fingerprint(unicodedata.normalize("NFD", IDEA).upper() + " !!!")
    assert fingerprint(IDEA) == fingerprint(f"\u200b{IDEA}\n")
    assert len(fingerprint("")) == 32


def test_another_text_has_another_fingerprint():
    assert fingerprint(IDEA) != fingerprint(OTHER)


@pytest.mark.parametrize(
    "changed",
    [
        IDEA,
        IDEA.upper(),
        IDEA.replace("hai buổi", "ba buổi"),
        f"Kính gửi Công đoàn. {IDEA}",
        IDEA.replace(". ", "\n- "),
    ],
)
def test_a_text_hardly_changed_is_alike(changed):
    assert similar(IDEA, changed)
    assert similar(changed, IDEA)


def test_texts_of_one_pattern_about_different_things_are_not_alike():
    assert not similar(IDEA, OTHER)


def test_nothing_is_alike_to_nothing():
    assert not similar("", "")
    assert not similar("", IDEA)


def test_a_single_word_is_compared_whole():
    assert similar("Sáng-kiến", "sang kien")
    assert similar("ok", "OK!")
    assert not similar("ok", "oke")


@given(st.text(), st.text())
def test_likeness_has_no_direction_and_stays_between_nothing_and_all(a, b):
    assert overlap(shingles(a), shingles(b)) == overlap(shingles(b), shingles(a))
    assert 0.0 <= overlap(shingles(a), shingles(b)) <= 1.0


@pytest.mark.parametrize(
    "text", ["Công ty nợ lương 3 tháng rồi", "cong ty NO LUONG", "Sếp chậm\nlương", "Họ bóc lột công nhân."]
)
def test_a_complaint_is_recognised_by_its_phrases(text):
    assert looks_like_complaint(text, COMPLAINTS)


@pytest.mark.parametrize("text", [IDEA, "", "nơi lượng mưa lớn", "công nợ của khách, lương của tổ"])
def test_words_inside_other_words_are_no_complaint(text):
    assert not looks_like_complaint(text, COMPLAINTS)


def test_without_phrases_nothing_is_a_complaint():
    assert not looks_like_complaint("Công ty nợ lương", ())
    assert not looks_like_complaint("Công ty nợ lương", ("", "…"))
