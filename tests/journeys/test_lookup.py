"""Following what was handed in: by its code in any spelling, from the list of one's own, and no one else's (F7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.box import Box
from tests.desk import Desk
from tests.journeys.test_initiative import hand_in
from tests.people import NAME, TEMPLATE, TEXT, author, officer
from tests.people import hand_in as hand_in_at_desk

UNKNOWN = "không tìm thấy mã"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


async def test_the_author_finds_it_in_the_list_and_by_its_code_and_nobody_else_does(box: Box) -> None:
    box.furnish()
    an, binh = box.person("An"), box.person("Bình")
    code = (await hand_in(an)).partition("Mã hồ sơ: ")[2].split()[0]
    assert "nhập mã hồ sơ" in await an.says("tra cứu")
    assert an.labels[0] == f"{code} · Đã gửi"
    assert "Đang ở: Công đoàn Trường THPT Đồi Sim" in await an.presses(an.labels[0])
    await binh.talks("/start", "[Tôi đồng ý]")
    stranger = await binh.says(code)
    assert UNKNOWN in stranger
    assert "Đồi Sim" not in stranger


@pytest.mark.parametrize(
    "spelling",
    [str, str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("-", ""), "mã {}.".format],
)
def test_a_code_may_be_written_in_many_ways(desk: Desk, spelling: object) -> None:
    an, code = author(desk)
    typed = spelling(code)  # type: ignore[operator]
    assert f"Hồ sơ {code}" in an.says(typed), typed
    assert f"Hồ sơ {code}" in an.talks("/tracuu", typed), typed


def test_the_letters_that_no_code_has_are_read_as_the_digits_they_look_like(desk: Desk) -> None:
    an, code = author(desk)
    assert f"Hồ sơ {code}" in an.says(code.replace("0", "O").replace("1", "I"))


def test_who_has_handed_in_nothing_is_told_so(desk: Desk) -> None:
    an = desk.member("an")
    assert "chưa gửi hồ sơ nào" in an.says("/tracuu")
    assert UNKNOWN in an.says("SK-27-4F7K2")


def test_a_code_nobody_has_and_one_of_somebody_else_are_answered_alike(desk: Desk) -> None:
    _, code = author(desk)
    binh = desk.member("binh")
    other, none = binh.talks("/tracuu", code), binh.talks("/tracuu", "SK-27-00000")
    assert other.replace(code, "…") == none.replace("SK-27-00000", "…")


@pytest.mark.parametrize(
    ("decision", "words", "state"),
    [
        ("Tiếp nhận", (), "Đã tiếp nhận"),
        ("Cần bổ sung", ("Xin nêu rõ chi phí.",), "Cần bổ sung"),
        ("Công nhận", (), "Được công nhận"),
        ("Không công nhận", ("Chưa nêu kết quả.",), "Chưa được công nhận"),
    ],
)
def test_each_state_is_told_in_words_with_the_moment_and_what_was_said(
    desk: Desk, decision: str, words: tuple[str, ...], state: str
) -> None:
    hanh = officer(desk, "GD51-01")
    an, code = author(desk)
    desk.now += timedelta(hours=2)
    hanh.talks(code, f"[{decision}]", *words)
    if decision == "Công nhận":
        hanh.presses("Đã đồng ý, công nhận")
    shown = an.says(code)
    assert f"Trạng thái: {state}" in shown
    assert "Cập nhật: 11:00" in shown
    assert all(f"Ghi chú: {said}" in shown for said in words)


def test_a_supplement_may_also_be_begun_from_the_look_up(desk: Desk) -> None:
    hanh = officer(desk, "GD51-01")
    an, code = author(desk)
    hanh.talks(code, "[Cần bổ sung]", "Xin nêu rõ chi phí.")
    assert "viết phần bổ sung" in an.talks("/tracuu", "1", "1")


def test_the_list_is_of_ones_own_newest_first(desk: Desk) -> None:
    an, first = author(desk)
    author(desk, text="Dùng nước mưa tưới vườn trường để giảm tiền nước.")
    desk.now += timedelta(days=1)
    again = ("/sangkien", "[Đúng rồi]", "[Thủ trưởng đơn vị]", "[Trong thời gian này]", "[Chưa]", "[Không]")
    second = hand_in_at_desk(an, *again, text="Lịch trực thư viện do học sinh tự xếp lấy hằng tuần.")
    an.says("/tracuu")
    assert [label.split()[0] for label in an.labels[:2]] == [second, first]
    assert all(" · " not in label for label in an.labels[2:])


def test_a_word_of_the_menu_leads_out_of_the_look_up(desk: Desk) -> None:
    an, code = author(desk)
    an.says("/tracuu")
    assert "Chương trình của Công đoàn" in an.says("chương trình")
    assert "📣 Các chương trình" not in an.says("1")
    assert f"Hồ sơ {code}" in an.talks("/trangchinh", code)


def test_an_officer_looks_up_what_belongs_to_the_own_subtree(desk: Desk) -> None:
    hanh, binh = officer(desk, "GD51-01"), officer(desk, "GD51-02")
    _, code = author(desk)
    card = hanh.talks("/tracuu", code)
    assert NAME in card
    assert TEXT in card
    assert NAME not in binh.talks("/tracuu", code)
