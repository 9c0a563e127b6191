"""The words that may be typed: folded, disjoint, and honest about collisions."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from messages.catalogue import Catalogue
from messages.errors import BadWords
from messages.vocabulary import Vocabulary

VOCABULARY = Catalogue.load().vocabulary
LISTS = {
    **{f"command {key}": words for key, words in VOCABULARY.commands.items()},
    **{f"choice {key}": words for key, words in VOCABULARY.choices.items()},
}
SURFACE = {
    "start",
    "menu",
    "initiative",
    "feedback",
    "lookup",
    "programmes",
    "news",
    "privacy",
    "help",
    "cancel",
    "back",
    "finish",
    "stop_news",
    "inbox",
    "duties",
    "report",
    "compose",
    "link",
    "resume",
    "skip",
}
SLASHES = {
    "/start",
    "/sangkien",
    "/ykien",
    "/tracuu",
    "/chuongtrinh",
    "/nhantin",
    "/dulieu",
    "/trogiup",
    "/huy",
    "/hopthu",
    "/nhiemvu",
    "/baocao",
    "/soantin",
    "/lienket",
}


def folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(character for character in plain if not unicodedata.combining(character))


@pytest.mark.parametrize("name", LISTS)
def test_words_are_folded_and_exact_words_carry_their_marks(name: str) -> None:
    words = LISTS[name]
    assert all(re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*", word) for word in words.words)
    assert all(word == unicodedata.normalize("NFC", word.lower()) and word != folded(word) for word in words.exact)
    assert len(set(words.words)) == len(words.words)


def test_a_colliding_word_is_listed_nowhere_and_asks_back() -> None:
    assert VOCABULARY.collisions["dung"] == ("submit", "cancel")
    assert not any("dung" in words.words for words in LISTS.values())


def test_the_accented_words_are_told_apart() -> None:
    assert "đúng" in VOCABULARY.choices["submit"].exact
    assert "đúng" in VOCABULARY.choices["yes"].exact
    assert "dừng" in VOCABULARY.commands["cancel"].exact
    assert list(VOCABULARY.commands).index("cancel") < list(VOCABULARY.commands).index("stop_news")


def test_every_command_of_the_outside_surface_can_be_typed() -> None:
    assert VOCABULARY.commands.keys() >= SURFACE
    assert all(words.slash for words in VOCABULARY.commands.values())
    assert set(chain.from_iterable(words.slash for words in VOCABULARY.commands.values())) >= SLASHES


def test_no_word_means_two_commands() -> None:
    for field in ("slash", "words"):
        counted = Counter(chain.from_iterable(getattr(words, field) for words in VOCABULARY.commands.values()))
        assert not [word for word, times in counted.items() if times > 1]


def test_a_slash_command_is_what_the_platforms_accept() -> None:
    slashes = chain.from_iterable(words.slash for words in VOCABULARY.commands.values())
    assert all(re.fullmatch(r"/[a-z0-9_]{1,32}", slash) for slash in slashes)


def test_deleting_needs_more_than_a_folded_word() -> None:
    assert "xoa du lieu" not in set(chain.from_iterable(words.words for words in VOCABULARY.commands.values()))


@pytest.mark.parametrize("text", ["[other]\nx = 1", "[command.start]\nwords = []\nextra = []"])
def test_an_unknown_table_or_field_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "vocabulary.toml"
    file.write_text(text + "\n[choice]\n[collision]\n", encoding="utf-8")
    with pytest.raises(BadWords, match=r"vocabulary\.toml"):
        Vocabulary.load(file)
