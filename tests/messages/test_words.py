"""All the words that ship: every key renders, fits every channel, and keeps to the manners of the house."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from itertools import chain

import pytest

from messages.catalogue import DIRECTORY, Catalogue
from messages.errors import MissingValue
from messages.render import numbered
from messages.types import Choice, Outbound
from tests.messages import samples

CATALOGUE = Catalogue.load()
KEYS = sorted(CATALOGUE.keys())
TEXTS = [key for key in KEYS if not key.startswith("label.")]
LABELS = [key for key in KEYS if key.startswith("label.")]
NARROWEST = 2000
OPTIONAL = {"step"}
"""A question asked outside a numbered flow has no step."""
LOUD = {
    "XONG",
    "HỦY",
    "XÓA",
    "DỮ",
    "LIỆU",
    "SK",
    "CSV",
    "UTF",
    "GB",
    "MB",
    "QR",
    "TIN",
    "THPT",
    "PDF",
    "OA",
    "BASIC",
    "ID",
    "API",
    "ZBS",
    "ZCA",
    "MÃ",
    "MAT",
    "KHOA",
    "TỆP",
    "MỚI",
}


def rendered(key: str) -> str:
    return CATALOGUE.text(key, samples.values(key, CATALOGUE.variables(key)))


def is_picture(character: str) -> bool:
    return unicodedata.category(character) == "So"


def sources() -> dict[str, str]:
    """The words as they are written, without what is filled in."""
    files = [file for file in DIRECTORY.glob("*.toml") if file.name != "vocabulary.toml"]
    return {file.stem: re.sub(r"\{\{.*?\}\}|\{%.*?%\}|^#.*?$", "", file.read_text(), flags=re.M) for file in files}


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_fits_the_narrowest_channel_with_its_choices_as_numbers(key: str) -> None:
    choices = tuple(Choice(f"c{number}", "Hai mươi bốn ký tự đây nè") for number in range(8))
    assert 0 < len(numbered(Outbound(rendered(key), choices, "q"), CATALOGUE)) <= NARROWEST


@pytest.mark.parametrize("key", KEYS)
def test_every_text_insists_on_its_values(key: str) -> None:
    names = CATALOGUE.variables(key)
    values = samples.values(key, names)
    for name in names - OPTIONAL:
        with pytest.raises(MissingValue):
            CATALOGUE.text(key, {other: value for other, value in values.items() if other != name})


@pytest.mark.parametrize("key", KEYS)
def test_no_text_leaves_gaps_or_placeholders(key: str) -> None:
    text = rendered(key)
    assert text == unicodedata.normalize("NFC", text)
    assert not re.search(r"\n\n\n|  |\{\{|\}\}|None| [,.;](?!\w)", text.replace(". \n", ".\n")), text


@pytest.mark.parametrize("key", LABELS)
def test_every_label_fits_on_a_button(key: str) -> None:
    assert 0 < len(CATALOGUE.text(key, {})) <= 24


@pytest.mark.parametrize("key", TEXTS)
def test_one_particle_of_politeness_and_one_picture_at_the_start_are_enough(key: str) -> None:
    text = rendered(key)
    assert len(re.findall(r"\b(?:ạ|nhé)\b", text)) <= 1
    assert not any(is_picture(character) for character in text[1:])
    assert not re.search(r"\b(?:bạn|ông/bà)\b", text, re.IGNORECASE)


@pytest.mark.parametrize("key", [key for key in TEXTS if key.startswith(("feedback.", "common."))])
def test_feedback_and_errors_never_raise_their_voice(key: str) -> None:
    assert "!" not in rendered(key)


@pytest.mark.parametrize("key", [key for key in TEXTS if key.startswith("feedback.")])
def test_feedback_has_no_pictures(key: str) -> None:
    assert not any(map(is_picture, rendered(key)))


def test_only_words_to_be_typed_are_in_capitals() -> None:
    words = chain.from_iterable(re.findall(r"\b[^\W\d_]{2,}\b", text) for text in sources().values())
    of_pushes = {word for key in LABELS if key.startswith("label.word.") for word in rendered(key).split()} | {"GỬI"}
    assert {word for word in words if word.isupper()} <= LOUD | of_pushes


def test_a_person_without_a_known_name_is_still_greeted() -> None:
    assert CATALOGUE.text("welcome.back", {"given_name": None}).startswith("Chào anh/chị, rất vui")


def test_a_question_asked_alone_has_no_step() -> None:
    assert CATALOGUE.text("initiative.name", {}).startswith("Anh/chị cho biết họ và tên")
    assert CATALOGUE.text("initiative.name", {"step": 2, "total": 6}).startswith("Bước 2/6. Anh/chị")


def test_the_preview_shows_what_was_written_and_the_exact_count() -> None:
    values = samples.values("initiative.review", CATALOGUE.variables("initiative.review"))
    text = CATALOGUE.text("initiative.review", {**values, "text": '<b>&" *_[', "count": 9})
    assert 'Nội dung (9/1.000 ký tự):\n<b>&" *_[\n' in text
    assert "Số điện thoại: 0912 345 678" in text
    assert "Nơi công nhận: Thủ trưởng đơn vị" in text


def test_no_key_is_written_twice_and_no_file_is_empty() -> None:
    assert all(tomllib.loads(file.read_text(encoding="utf-8")) for file in DIRECTORY.glob("*.toml"))
