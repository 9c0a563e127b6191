"""What a seal tells to somebody without the key: neither when it was made nor more than a rough length."""

from __future__ import annotations

import base64

import pytest

from storage.errors import WrongKey
from storage.seals import Seals

SEALS = Seals(["a key of the tests"])


@pytest.mark.parametrize("value", [7, "", "ế" * 3000, {"text": "Nội dung\n", "choices": [["a", "b"]]}, None])
def test_what_is_sealed_comes_back_as_it_was(value: object) -> None:
    assert SEALS.open(SEALS.seal(value)) == value


def test_a_seal_carries_no_moment() -> None:
    assert base64.urlsafe_b64decode(SEALS.seal("now"))[1:9] == bytes(8)


def test_lengths_come_in_few_sizes() -> None:
    assert len({len(SEALS.seal("a" * length)) for length in range(250)}) == 1
    assert len({len(SEALS.seal("a" * length)) for length in range(0, 8000, 7)}) == 6


def test_the_same_value_is_never_sealed_the_same_twice_and_another_key_opens_nothing() -> None:
    assert SEALS.seal(1) != SEALS.seal(1)
    with pytest.raises(WrongKey):
        Seals(["another key"]).open(SEALS.seal(1))
