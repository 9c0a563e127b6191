"""Which choice or command a typed message means."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.flows.choices import Ambiguous, Chosen, Command, command, match, sure_command
from messages.types import Choice


@dataclass(frozen=True)
class Words:
    slash: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    always: tuple[str, ...] = ()


SYNONYMS = {
    "submit": Words(words=("gui", "gui di", "ok"), exact=("đúng",)),
    "edit": Words(words=("sua", "chinh sua")),
    "yes": Words(words=("dung roi", "chinh xac", "ok"), exact=("đúng",)),
    "fix": Words(words=("sua lai", "chua dung")),
    "cancel": Words(words=("huy", "huy bo"), exact=("dừng",)),
    "back": Words(words=("quay lai",)),
    "finish": Words(words=("xong", "het roi")),
    "initiative": Words(words=("sang kien", "sk")),
    "feedback": Words(words=("y kien", "gop y")),
    "menu": Words(words=("menu", "0")),
}
COLLISIONS = {"dung": ("submit", "cancel")}

REVIEW = (Choice("submit", "Gửi đi"), Choice("edit", "Sửa một mục"))
CONFIRM = (Choice("yes", "Đúng rồi"), Choice("fix", "Sửa lại"))
MENU = (
    Choice("initiative", "💡 Gửi sáng kiến"),
    Choice("feedback", "💬 Gửi ý kiến"),
    Choice("lookup", "🔎 Tra cứu"),
    Choice("later", "Nhắc lại sau"),
    Choice("data", "🔒 Dữ liệu của tôi"),
)
NAVIGATION = (Choice("finish", "XONG"), Choice("back", "Quay lại"), Choice("cancel", "Hủy bỏ"))


def chosen(typed: str, choices: tuple[Choice, ...] = MENU) -> str | None:
    found = match(typed, choices, SYNONYMS, COLLISIONS)
    return found.key if isinstance(found, Chosen) else None


@pytest.mark.parametrize(
    "typed",
    ["2", "2.", "(2)", "2️⃣", " 2 \n", "số 2", "so 2", "SỐ 2.", "hai", "Hai", "số hai", "so hai", "2 ạ", "dạ 2"],
)
def test_a_number_chooses_in_any_dress(typed):
    assert chosen(typed) == "feedback"


@pytest.mark.parametrize("typed", ["0", "6", "99", "1234", "1/2", "2,5", "sáu", "bảy"])
def test_a_number_that_is_not_on_offer_chooses_nothing(typed):
    assert chosen(typed) is None


@pytest.mark.parametrize(
    ("typed", "key"), [("năm", "data"), ("nam", "data"), ("nấm", None), ("bà", None), ("hải", None)]
)
def test_a_numeral_counts_only_with_its_own_marks(typed, key):
    assert chosen(typed) == key


@pytest.mark.parametrize(
    "typed",
    [
        "Gửi sáng kiến",
        "💡 gửi sáng kiến",
        "gui sang kien",
        "GUI SANG KIEN!",
        "gưi sang kiên",
        "sáng kiến",
        "SK",
        "sk ạ",
    ],
)
def test_a_label_or_a_synonym_chooses_with_and_without_marks(typed):
    assert chosen(typed) == "initiative"
    assert chosen(unicodedata.normalize("NFD", typed)) == "initiative"


def test_the_only_label_with_a_beginning_is_chosen():
    assert chosen("tra") == "lookup"
    assert chosen("Dữ li") == "data"
    assert chosen("gửi ý") == "feedback"


@pytest.mark.parametrize("typed", ["gửi", "tr", "trà", "tra cứu giúp", "gửi sáng kiến này cho ai"])
def test_a_shared_or_short_or_differing_beginning_and_words_within_a_text_choose_nothing(typed):
    assert chosen(typed) is None


@pytest.mark.parametrize("typed", ["", "   ", "👍", "\u200b"])
def test_nothing_readable_chooses_nothing(typed):
    assert match(typed, MENU, SYNONYMS, COLLISIONS) is None


def test_at_a_confirmation_the_marks_decide():
    assert chosen("đúng", REVIEW) == "submit"
    assert chosen("dừng", (*REVIEW, *NAVIGATION)) == "cancel"
    assert chosen("dừng", REVIEW) is None
    assert match("dung", REVIEW, SYNONYMS, COLLISIONS) == Ambiguous(("submit", "cancel"))
    assert match("Dung ạ", REVIEW, SYNONYMS, COLLISIONS) == Ambiguous(("submit", "cancel"))


def test_a_word_with_its_letter_but_not_its_tone_is_asked_back_too():
    assert match("đung", REVIEW, SYNONYMS, COLLISIONS) == Ambiguous(("submit", "cancel"))


@pytest.mark.parametrize("typed", ["dừng", "đừng", "dùng", "dừng rồi", "đừng ạ"])
def test_another_word_with_the_same_letters_never_means_yes(typed):
    assert match(typed, CONFIRM, SYNONYMS, COLLISIONS) is None


@pytest.mark.parametrize("typed", ["đúng", "Đúng", "đúng rồi", "dung roi", "đúng ạ", "dạ đúng rồi ạ", "chính xác"])
def test_yes_is_understood(typed):
    assert chosen(typed, CONFIRM) == "yes"


def test_a_colliding_word_is_no_beginning_of_a_label():
    assert match("dung", CONFIRM, SYNONYMS, COLLISIONS) is None


@pytest.mark.parametrize("typed", ["chưa đúng", "chua dung", "sửa lại", "sữa lại", "sua lai"])
def test_a_no_with_a_colliding_word_inside_is_understood(typed):
    assert chosen(typed, CONFIRM) == "fix"


def test_a_synonym_of_two_choices_is_asked_back():
    assert match("ok", (*REVIEW, *CONFIRM), SYNONYMS, COLLISIONS) == Ambiguous(("submit", "yes"))


def test_labels_that_differ_only_in_marks_are_told_apart_by_marks():
    milk = (Choice("a", "Sửa chữa"), Choice("b", "Sữa chua"))
    assert chosen("sữa chua", milk) == "b"
    assert chosen("sua chua", milk) is None


def navigation(typed: str) -> str | None:
    found = match(typed, NAVIGATION, SYNONYMS, {}, numbers=False)
    return found.key if isinstance(found, Chosen) else None


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("XONG", "finish"),
        ("xong ạ", "finish"),
        ("Quay lại", "back"),
        ("quay lai", "back"),
        ("HỦY", "cancel"),
        ("huỷ", "cancel"),
    ],
)
def test_in_free_text_a_whole_word_of_navigation_acts(typed, key):
    assert navigation(typed) == key


@pytest.mark.parametrize(
    "typed", ["1", "quay", "một", "hủy giấy tờ cũ bằng máy", "xong việc thì tắt máy", "dung", "Hủy bỏ thủ tục A"]
)
def test_in_free_text_numbers_beginnings_and_words_within_do_not_act(typed):
    assert navigation(typed) is None


@given(st.sampled_from(MENU + CONFIRM), st.sampled_from(["NFC", "NFD"]))
def test_every_label_chooses_itself(choice, form):
    choices = MENU if choice in MENU else CONFIRM
    assert chosen(unicodedata.normalize(form, choice.label), choices) == choice.key


@given(st.text())
def test_whatever_is_typed_only_choices_on_offer_are_chosen(typed):
    found = match(typed, REVIEW, SYNONYMS, COLLISIONS)
    assert found is None or isinstance(found, Ambiguous) or found.key in {"submit", "edit"}


COMMANDS = {
    "start": Words(slash=("/start", "/batdau"), words=("bat dau", "chao")),
    "initiative": Words(slash=("/sangkien",), words=("sang kien", "gui sang kien")),
    "stop_news": Words(slash=("/dungnhantin",), words=("dung nhan tin", "stop"), exact=("dừng",)),
    "cancel": Words(slash=("/huy",), words=("huy", "huy bo"), exact=("dừng", "thôi"), always=("huy", "huy bo")),
    "privacy": Words(words=("du lieu", "du lieu cua toi"), always=("du lieu cua toi",)),
    "back": Words(slash=("/quaylai",), words=("quay lai",)),
    "link": Words(slash=("/lienket",)),
}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("/sangkien", Command("initiative")),
        ("/SangKien", Command("initiative")),
        ("/sangkien@CongDoanBot", Command("initiative")),
        ("/start u_QN01", Command("start", "u_QN01")),
        ("/start@CongDoanBot u_QN01", Command("start", "u_QN01")),
        ("/lienket  ABC 123", Command("link", "ABC 123")),
        ("/quay lại", Command("back")),
        ("/hủy", Command("cancel")),
        ("Gửi sáng kiến", Command("initiative")),
        ("gui sang kien ạ", Command("initiative")),
        ("💡 Gửi sáng kiến", Command("initiative")),
        ("HUỶ", Command("cancel")),
        ("dừng nhận tin", Command("stop_news")),
        ("thôi", Command("cancel")),
        ("/linhtinh gì đó", Command("unknown", "/linhtinh gì đó")),
    ],
)
def test_a_whole_message_is_a_command(typed, expected):
    assert command(typed, COMMANDS) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "dung",
        "đúng",
        "thoi",
        "Quy trình hủy giấy tờ cũ",
        "gửi sáng kiến giúp tôi với, tôi không biết làm",
        "chào buổi sáng, tôi có sáng kiến",
        "xem /sangkien",
        "/ sangkien",
        "/home/may1/so lieu",
        "3/4 số máy",
    ],
)
def test_a_word_inside_a_message_is_no_command(typed):
    assert command(typed, COMMANDS) is None


def test_the_first_of_two_commands_with_one_word_is_meant():
    assert command("dừng", COMMANDS) == Command("stop_news")
    assert command("dừng", {"cancel": COMMANDS["cancel"], **COMMANDS}) == Command("cancel")


def test_in_free_text_only_slash_commands_act():
    assert sure_command("sáng kiến", COMMANDS) is None
    assert sure_command("khen thưởng", COMMANDS) is None
    assert sure_command("dữ liệu", COMMANDS) is None
    assert sure_command("/huy", COMMANDS) == Command("cancel")
    assert sure_command("/abc", COMMANDS) == Command("unknown", "/abc")


@pytest.mark.parametrize(
    ("typed", "name"), [("Hủy", "cancel"), ("huy bo", "cancel"), ("Dữ liệu của tôi", "privacy"), ("hủy ạ", "cancel")]
)
def test_a_few_words_act_wherever_they_are_typed(typed: str, name: str) -> None:
    assert sure_command(typed, COMMANDS) == Command(name)


@given(st.text())
def test_whatever_is_typed_only_known_commands_act(typed):
    found = command(typed, COMMANDS)
    assert found is None or found.name in {*COMMANDS, "unknown"}
