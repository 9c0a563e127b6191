"""Cleaning, counting, folding, names and codes, as members really type them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.text.readers import Name, around, clean, compact, count, fold, given_name, read_code, read_name, toned

TONES = "\u0300\u0301\u0303\u0309\u0323"
VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
TRICKY = "a \n\t\r\u00a0\u200b\u200d\ufe0f\ufeff\u00ad\u0301\u0323\u0338e\u0302ế❤🔥👩\u2329\u219a\u0085İß\u0345đÐ.-_'"

texts = st.text() | st.text(alphabet=TRICKY, max_size=30)
vietnamese = st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " .,\n", max_size=200)


def composed_tone(text: str) -> str:
    """The third way keyboards write Vietnamese: the vowel's own shape composed, its tone as a separate mark."""
    made = ""
    for char in unicodedata.normalize("NFD", text):
        if char in TONES or not unicodedata.combining(char):
            made += char
        else:
            body = len(made.rstrip(TONES))
            made = made[: body - 1] + unicodedata.normalize("NFC", made[body - 1] + char) + made[body:]
    return made


ENCODINGS = {
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "composed tone": composed_tone,
}


def test_the_composed_tone_encoding_is_neither_nfc_nor_nfd():
    assert composed_tone("ế") == "ê\u0301"
    assert composed_tone("ự") == "ư\u0323"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_thousand_letters_count_a_thousand_however_they_are_encoded(encoding):
    text = ENCODINGS[encoding]("ế" * 1000)
    assert count(text) == 1000
    assert clean(text) == "ế" * 1000


@pytest.mark.parametrize("tail", ["\n", " ", "\u200b", "\ufeff", "\u00a0", " \r\n\u200b"])
def test_what_cannot_be_seen_at_the_end_does_not_count(tail):
    assert count("ế" * 1000 + tail) == 1000


def test_one_more_letter_is_one_too_many():
    assert count("ế" * 1001) - 1000 == 1


def test_the_line_break_that_joins_two_messages_counts():
    assert count("\n".join(["a" * 600, "b" * 400])) == 1001


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "\u200b\ufeff\u00ad"])
def test_an_empty_message_counts_nothing(text):
    assert count(text) == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("một\r\nhai\rba", "một\nhai\nba"),
        ("một\u00a0hai", "một hai"),
        ("mộ\u200bt ha\u00adi\ufeff \u200cba", "một hai ba"),
        ("một\x00\x07\x0bhai\tba", "mộthai\tba"),
        ("một\n\n\n\n\nhai\n\nba", "một\n\nhai\n\nba"),
        ("  \n một \n ", "một"),
        ("👩\u200d🔧 ❤️\u200d🔥", "👩\u200d🔧 ❤️\u200d🔥"),
        ("mộ\u200dt 🔧\u200d", "một 🔧"),
        ("e\u200b\u0301", "é"),
        ("hỏng\ud83d", "hỏng"),
        ("“ngoặc” • – …", "“ngoặc” • – …"),
    ],
)
def test_cleaning_drops_only_what_cannot_be_seen(typed, kept):
    assert clean(typed) == kept


def test_the_authors_spelling_is_never_changed():
    assert clean("hoà bình, thuỷ lợi") == "hoà bình, thuỷ lợi"


@given(texts)
@example("👩\u200d\u200d🔥")
@example("\u2329\u200d🔥")
@example("e\u200d\u0301")
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)


@given(vietnamese)
def test_the_three_encodings_are_stored_alike_and_count_alike(text):
    assert {clean(encode(text)) for encode in ENCODINGS.values()} == {clean(text)}
    assert {fold(encode(text)) for encode in ENCODINGS.values()} == {fold(text)}


def test_the_piece_around_the_limit_is_one_line_with_the_limit_in_its_middle():
    text = "a" * 990 + "đúng\nmười kýtự" + "b" * 100
    assert around(text, 1000, width=10) == "đúng mười kýtự" + "b" * 6
    assert len(around("x" * 1500, 1000)) == 40


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Đắk Lắk", "dak lak"),
        ("Ðắk Lắk", "dak lak"),
        ("TP.HCM – Quận 1!", "tp hcm quan 1"),
        ("💡 Gửi sáng kiến", "gui sang kien"),
        ("2️⃣", "2"),
        ("  H'Hen   Niê ", "h hen nie"),
        ("ha\u200bnoi", "hanoi"),
    ],
)
def test_folding_keeps_letters_and_digits_only(text, key):
    assert fold(text) == key


@pytest.mark.parametrize(("old", "new"), [("hoà", "hòa"), ("thuỷ", "thủy"), ("khoẻ", "khỏe"), ("HUỶ", "hủy")])
def test_both_places_of_the_tone_are_one_key(old, new):
    assert fold(old) == fold(new)
    assert toned(old) == toned(new)


def test_marks_tell_words_apart_that_fold_alike():
    assert len({toned(word) for word in ("đúng", "dừng", "đừng", "dùng", "dung")}) == 5
    assert {fold(word) for word in ("đúng", "dừng", "đừng", "dùng", "dung")} == {"dung"}


def test_folding_any_character_of_a_living_script_twice_is_folding_it_once():
    every = (chr(code) for code in range(0x20000) if not 0xD800 <= code <= 0xDFFF)
    assert not [char for char in every if fold(fold(char)) != fold(char)]


@given(texts)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)
    assert compact(compact(text)) == compact(text) == fold(text).replace(" ", "")


@pytest.mark.parametrize(
    "name", ["Nguyễn Văn An", "H'Hen Niê", "Ksor H’Bơ Khăp", "Ngọc", "Lê Thị Bình-Minh", "Trần T. Hoa", "Đỗ Ân"]
)
def test_a_name_is_kept_as_typed(name):
    assert read_name(name) == Name(name, lacks_marks=False)


@pytest.mark.parametrize("name", ["NGUYEN VAN A", "tran thi hoa", "Y Moan"])
def test_several_words_without_any_mark_are_worth_an_offer_to_correct(name):
    assert read_name(name) == Name(name, lacks_marks=True)


def test_one_word_without_marks_may_well_be_right():
    assert read_name("Lan") == Name("Lan", lacks_marks=False)


def test_spaces_and_encoding_of_a_name_are_tidied():
    assert read_name("  Nguyễn \u00a0 Văn\nAn ") == read_name(unicodedata.normalize("NFD", "Nguyễn Văn An"))


@pytest.mark.parametrize(
    "typed",
    ["", "A", "...", "0912345678", "Nguyễn Văn 5", "https://a.vn", "www.abc", "congdoan.vn", "a@b", "An 😀", "x" * 81],
)
def test_what_cannot_be_a_name_is_refused(typed):
    assert read_name(typed) is None


@given(texts | vietnamese)
def test_reading_a_name_again_changes_nothing(text):
    name = read_name(text)
    assert name is None or read_name(name.value) == name


@pytest.mark.parametrize(
    ("name", "given"), [("Nguyễn Văn An", "An"), ("Ngọc", "Ngọc"), ("Trần Văn B.", "B"), ("H'Hen Niê", "Niê"), ("", "")]
)
def test_a_person_is_addressed_by_the_last_word(name, given):
    assert given_name(name) == given


@pytest.mark.parametrize(
    "typed",
    [
        "SK-27-4F7K2",
        "sk-27-4f7k2",
        " SK 27 4F7K2.",
        "SK274F7K2",
        "sk – 27 – 4f 7k2",
        "“SK-27-4F7K2”",
        "cho hỏi mã sk-27-4f7k2 đến đâu rồi ạ",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed):
    assert read_code(typed) == "SK-27-4F7K2"


@pytest.mark.parametrize(("typed", "code"), [("yk-27-o1i0a", "YK-27-0110A"), ("SK-2O-AAAAA", "SK-20-AAAAA")])
def test_letters_no_code_has_are_read_as_digits(typed, code):
    assert read_code(typed) == code


@pytest.mark.parametrize(
    "typed", ["", "SK", "SK-27", "SK-27-4F7K", "SK-27-4F7K22", "XK-27-4F7K2", "4F7K2", "ask274F7K2"]
)
def test_what_is_not_a_code_is_none(typed):
    assert read_code(typed) is None


@given(st.from_regex(r"(SK|YK)[- ]?[0-9Oo]{2}[- ]?[0-9A-Za-z]{5}", fullmatch=True))
def test_reading_a_code_again_changes_nothing(typed):
    code = read_code(typed)
    assert code is not None
    assert read_code(code) == code
