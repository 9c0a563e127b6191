"""What a seal tells to somebody without the key: neither when it was made nor more than a rough length."""

from __future__ import annotations

import os

import pytest

from storage.errors import WrongKey
from storage.seals import Seals

SEALS = Seals(["a key of the tests"])


@pytest.mark.parametrize("value", [7, "", "ế" * 3000, {"text": "Nội dung\n", "choices": [["a", "b"]]}, None])
def test_what_is_sealed_comes_back_as_it_was(value: object) -> None:
    assert SEALS.open(SEALS.seal(value)) == value


def test_a_seal_is_chance_but_for_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", bytes)
    first, later = SEALS.seal("now"), SEALS.seal("now")
    assert first == later
    assert first[:13] == b"\x01" + bytes(12)


@pytest.mark.parametrize("spoilt", [b"", b"\x01", b"\x01" * 12, b"\x02" * 300, b"plain words"])
def test_what_is_no_seal_is_refused(spoilt: bytes) -> None:
    with pytest.raises(WrongKey):
        SEALS.open(spoilt)


def test_a_seal_that_was_touched_is_refused_and_an_older_key_still_opens() -> None:
    sealed = bytearray(SEALS.seal("text"))
    assert Seals(["a newer key of the tests", "a key of the tests"]).open(bytes(sealed)) == "text"
    sealed[-1] ^= 1
    with pytest.raises(WrongKey):
        SEALS.open(bytes(sealed))


def test_lengths_come_in_few_sizes() -> None:
    assert len({len(SEALS.seal("a" * length)) for length in range(250)}) == 1
    assert len({len(SEALS.seal("a" * length)) for length in range(0, 8000, 7)}) == 6


def test_the_same_value_is_never_sealed_the_same_twice_and_another_key_opens_nothing() -> None:
    assert SEALS.seal(1) != SEALS.seal(1)
    with pytest.raises(WrongKey):
        Seals(["another key"]).open(SEALS.seal(1))
