"""Phone numbers as members type them. All numbers are invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.text.phones import OLD_PREFIXES, PhoneBad, PhoneLikeId, PhoneOk, PhoneRepair, read_phone

OK = PhoneOk("+84912345678")


@pytest.mark.parametrize(
    "typed",
    [
        "0912 345 678",
        "0912.345.678",
        "0912-345-678",
        "0912–345–678",
        "(0912) 345 678",
        "+84912345678",
        "+84 912 345 678",
        "+84 (0) 912 345 678",
        "84 912.345.678",
        "84912345678",
        "0084912345678",
        "912345678",
        "0912\u00a0345\u200b678",
        "０９１２３４５６７８",
        "số của tôi là 0912 345 678",
        "so 0912345678 nhe, cho 5 nguoi o to 3",
        "0912 345 678 ok ạ",
        "0912345678 (sau 17h)",
    ],
)
def test_one_mobile_number_is_accepted_however_it_is_written(typed):
    assert read_phone(typed) == OK


@pytest.mark.parametrize("prefix", "35789")
def test_all_mobile_ranges_of_today_are_accepted(prefix):
    assert read_phone(f"0{prefix}12345678") == PhoneOk(f"+84{prefix}12345678")


@pytest.mark.parametrize("typed", ["O912345678", "o912 345 678", "09O2 345 678", "091234567o", "số O912345678"])
def test_a_letter_o_is_asked_about_never_taken_silently(typed):
    reading = read_phone(typed)
    assert isinstance(reading, PhoneRepair)
    assert reading.why == "letter_o"


def test_an_old_number_is_offered_in_its_new_form():
    assert read_phone("01201234567") == PhoneRepair("+84701234567", "old_number")
    assert read_phone("+84 120 123 4567") == PhoneRepair("+84701234567", "old_number")
    assert read_phone("841201234567") == PhoneRepair("+84701234567", "old_number")


@pytest.mark.parametrize(("old", "new"), OLD_PREFIXES.items())
def test_every_old_prefix_leads_to_a_number_that_exists_today(old, new):
    assert read_phone(f"0{old}1234567") == PhoneRepair(f"+84{new}1234567", "old_number")
    assert read_phone(f"+84{new}1234567") == PhoneOk(f"+84{new}1234567")


@pytest.mark.parametrize("typed", ["0255 3824163", "(024) 3812 3456", "+84 28 3812 3456"])
def test_a_landline_is_accepted_and_named_as_such(typed):
    reading = read_phone(typed)
    assert isinstance(reading, PhoneOk)
    assert reading.landline


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "không có",
        "055824163",
        "0912 345 67a",
        "091234567",
        "09123456789",
        "0912345678a",
        "a0912345678",
        "01231234",
        "+1 650 253 0000",
        "+44 7911 123456",
        "01601234567",
        "0912345678 hoặc 0987654321",
        "0912345678/0987654321",
        "0912345678\n0987654321",
        "0912345678 0987654321",
    ],
)
def test_what_is_not_one_number_is_refused(typed):
    assert read_phone(typed) == PhoneBad()


@pytest.mark.parametrize(
    "typed", ["001099012345", "001 099 012 345", "CCCD: 084199012345 nhé", "001099012345a", "O01099012345"]
)
def test_twelve_digits_look_like_an_identity_number(typed):
    assert read_phone(typed) == PhoneLikeId()


def test_an_identity_number_beside_a_phone_number_is_told_first():
    assert read_phone("0912345678, căn cước 001099012345") == PhoneLikeId()


@given(st.text() | st.from_regex(r"(\+?84|0)?[ .]?[0-9oO]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{3,4}", fullmatch=True))
def test_reading_a_number_again_changes_nothing(typed):
    reading = read_phone(typed)
    match reading:
        case PhoneOk(value):
            assert read_phone(value) == reading
        case PhoneRepair(value):
            assert isinstance(read_phone(value), PhoneOk)
