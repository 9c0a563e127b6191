"""Places as members type them, against the real list of today's provinces and their former names."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.text.places import SHARED_INITIALS, Place, PlaceIndex
from handlers.text.readers import fold
from messages import places

INDEX = PlaceIndex(places.load())


def codes(typed: str) -> list[str]:
    return [match.code for match in INDEX.find(typed)]


def test_every_name_of_today_is_sure_in_any_spelling():
    for place in places.load():
        today = (Place(place.code, place.name),)
        for typed in (place.name, place.name.upper(), fold(place.name), f"{place.kind} {place.name}"):
            assert INDEX.find(typed) == today


def test_every_former_name_and_every_alias_leads_to_a_place_of_today():
    for place in places.load():
        for typed in (*place.legacy, *place.aliases):
            assert place.code in codes(typed)
        for former in place.legacy:
            assert codes(former) == codes(fold(former)) == [place.code]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("hanoi", "01"),
        ("Ha Noi", "01"),
        ("HÀ NỘI", "01"),
        ("tp ha noi", "01"),
        ("tphanoi", "01"),
        ("tphcm", "79"),
        ("TP.HCM", "79"),
        ("t/p hcm", "79"),
        ("sài gòn", "79"),
        ("daklak", "66"),
        ("Đắc Lắc", "66"),
        ("Ðắk Lắk", "66"),
        ("dac lac", "66"),
        ("quãng ngải", "51"),
        ("Tp Quảng Ngãi", "51"),
        ("ở tỉnh Quảng Ngãi ạ", "51"),
        ("Tỉnh Quảng Ngãi.", "51"),
        ("HP", "31"),
        ("CT", "92"),
        ("khanh hoa", "56"),
        ("Huế", "46"),
        ("Thừa Thiên - Huế", "46"),
    ],
)
def test_a_name_of_today_is_found_however_it_is_typed(typed, code):
    (match,) = INDEX.find(typed)
    assert (match.code, match.via, match.guessed) == (code, None, False)


@pytest.mark.parametrize(
    ("typed", "code", "via"),
    [
        ("binh duong", "79", "Bình Dương"),
        ("Bình Dương", "79", "Bình Dương"),
        ("hoà bình", "25", "Hòa Bình"),
        ("hòa bình", "25", "Hòa Bình"),
        ("Tiền Giang", "82", "Tiền Giang"),
        ("kontum", "51", "Kon Tum"),
        ("tra vinh", "86", "Trà Vinh"),
        ("Bắc Cạn", "19", "Bắc Kạn"),
        ("dak nong", "68", "Đắk Nông"),
        ("BRVT", "79", "Bà Rịa - Vũng Tàu"),
        ("BR-VT", "79", "Bà Rịa - Vũng Tàu"),
        ("Vũng Tàu", "79", "Bà Rịa - Vũng Tàu"),
    ],
)
def test_a_former_name_says_which_one_it_was(typed, code, via):
    (match,) = INDEX.find(typed)
    assert (match.code, match.via) == (code, via)


def test_a_town_is_found_without_naming_a_former_province():
    assert INDEX.find("Đà Lạt") == (Place("68", "Lâm Đồng"),)


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        ("QN", {"22", "48", "51"}),
        ("qn", {"22", "48", "51"}),
        ("Q.N", {"22", "48", "51"}),
        ("ĐN", {"48", "68", "75"}),
        ("DN", {"48", "68", "75"}),
        ("BD", {"52", "79"}),
        ("BĐ", {"52", "79"}),
        ("HN", {"01", "37"}),
        ("NB", {"37", "79"}),
        ("TB", {"33", "79"}),
        ("BN", {"24", "37"}),
        ("PT", {"25", "68"}),
        ("ĐL", {"66", "68"}),
        ("binh", {"25", "33", "37", "44", "52", "68", "75", "79"}),
        ("Bình", {"25", "33", "37", "44", "52", "68", "75", "79"}),
        ("an", {"40", "80", "91"}),
        ("la", {"14", "80"}),
    ],
)
def test_what_may_be_several_places_is_asked_back(typed, candidates):
    assert set(codes(typed)) == candidates
    assert len(codes(typed)) == len(candidates)


def test_marks_that_were_typed_rule_out_names_with_others():
    assert "38" in codes("hoa")
    assert "38" not in codes("Hòa")
    assert codes("Hoà") == codes("Hòa")


def test_the_beginning_or_a_word_of_one_name_is_enough():
    assert codes("quang nga") == ["51"]
    assert codes("nai") == ["75"]
    assert codes("ki") == []


def test_a_slip_of_the_keyboard_is_forgiven_and_told():
    assert INDEX.find("thnh hoa") == (Place("38", "Thanh Hóa", guessed=True),)
    assert INDEX.find("Quảng Ngiã") == (Place("51", "Quảng Ngãi", guessed=True),)
    assert INDEX.find("Quản Ngãi") == (Place("51", "Quảng Ngãi", guessed=True),)
    assert INDEX.find("binh duongg") == (Place("79", "Hồ Chí Minh", via="Bình Dương", guessed=True),)


def test_a_slip_between_two_names_is_asked_back():
    assert set(codes("quang ngia")) == {"48", "51"}


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "ạ",
        "tỉnh",
        "tp",
        "Q. Hoàn Kiếm",
        "Q. Bình Thạnh",
        "Bình Thạnh",
        "Gia Lâm",
        "Hải Châu",
        "P. Hải Châu",
        "q ha dong",
        "Cty TNHH ABC",
        "KCN VSIP",
        "Thái Bình Dương",
        "không biết",
        "12",
        "😀",
        "quảng ngãi " * 50,
    ],
)
def test_a_district_a_company_or_a_phrase_is_no_province(typed):
    assert INDEX.find(typed) == ()


def test_the_last_piece_of_an_address_that_is_a_province_counts():
    assert codes("phường Hoàn Kiếm, Hà Nội") == ["01"]
    assert codes("TP Hồ Chí Minh, Việt Nam") == ["79"]


def test_the_names_offered_for_shared_initials_exist():
    known = {fold(name) for place in places.load() for name in (place.name, *place.legacy)}
    assert {name for names in SHARED_INITIALS.values() for name in names} <= known


@dataclass(frozen=True)
class Sector:
    code: str
    name: str
    legacy: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


def test_any_list_of_named_places_can_be_searched():
    index = PlaceIndex([Sector("NYT", "Công đoàn Y tế Việt Nam", aliases=("ngành y tế",))])
    assert index.find("y te") == (Place("NYT", "Công đoàn Y tế Việt Nam"),)
    assert PlaceIndex([]).find("y te") == ()


@given(st.text(max_size=40) | st.text(alphabet="abghinotquyăâđêôơư ìáảạ.,", max_size=12))
def test_reading_a_place_again_finds_the_same(typed):
    found = INDEX.find(typed)
    assert len({match.code for match in found}) == len(found)
    for match in found:
        assert INDEX.find(match.name) == (Place(match.code, match.name),)
