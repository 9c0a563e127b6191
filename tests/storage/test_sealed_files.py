"""A sealed file says no to whoever has not the key, and to every change of a byte."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from storage import sealed_files
from storage.errors import WrongKey
from storage.sealed_files import PIECE, Damaged, Sealer

OLD, NEW = "the key of last year, which is long enough", "the key of this year, which is long enough too"
TEXT = b"".join(b"%d\n" % number for number in range(400_000))
"""More than two pieces."""


def sealed(data: bytes = TEXT, key: str = OLD) -> bytes:
    stream = io.BytesIO()
    sealer = Sealer(stream, key, {"made": "today"})
    for start in range(0, len(data), 70_001):
        sealer.write(data[start : start + 70_001])
    sealer.finish()
    return stream.getvalue()


SEALED = sealed()
HEAD = SEALED.index(b"\n") + 1


def opened(data: bytes, *keys: str) -> bytes:
    return b"".join(sealed_files.pieces(io.BytesIO(data), keys or (NEW, OLD)))


def pieces_of(data: bytes) -> list[bytes]:
    """The sealed pieces, with their lengths."""
    found, at = [], HEAD
    while at < len(data):
        size = 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at : at + size])
        at += size
    return found


def test_what_was_sealed_comes_back_with_any_key_of_the_list() -> None:
    assert len(TEXT) > 2 * PIECE
    assert opened(SEALED) == TEXT
    assert list(sealed_files.lines(io.BytesIO(sealed(b"a\nb\n")), [OLD])) == [b"a", b"b"]
    assert opened(sealed(b"")) == b""
    assert sealed_files.facts(io.BytesIO(SEALED))["made"] == "today"


def test_two_files_of_the_same_text_have_nothing_in_common() -> None:
    assert pieces_of(sealed()) != pieces_of(sealed())


def test_without_its_key_it_says_that_the_key_is_wrong() -> None:
    with pytest.raises(WrongKey):
        opened(SEALED, NEW)


HARM: dict[str, Callable[[list[bytes]], bytes]] = {
    "the last piece is missing": lambda parts: SEALED[:HEAD] + b"".join(parts[:-1]),
    "it ends inside a piece": lambda _: SEALED[:-1],
    "it ends inside a length": lambda parts: SEALED[:HEAD] + b"".join(parts[:-1]) + parts[-1][:3],
    "no piece is left": lambda _: SEALED[:HEAD],
    "two pieces changed places": lambda parts: SEALED[:HEAD] + b"".join([parts[1], parts[0], *parts[2:]]),
    "a piece came twice": lambda parts: SEALED[:HEAD] + b"".join([parts[0], *parts]),
    "something follows": lambda _: SEALED + b"\0\0\0\1x",
    "a piece is of another file": lambda parts: SEALED[:HEAD] + b"".join([pieces_of(sealed())[0], *parts[1:]]),
    "a bit fell over": lambda _: SEALED[: HEAD + 99] + bytes([SEALED[HEAD + 99] ^ 1]) + SEALED[HEAD + 100 :],
    "the line in clear was changed": lambda _: SEALED.replace(b'"today"', b'"later"', 1),
    "a piece of absurd length": lambda _: SEALED[:HEAD] + b"\xff\xff\xff\xff",
    "another format": lambda _: SEALED.replace(b"congdoan-backup 1", b"congdoan-backup 9", 1),
    "no backup at all": lambda _: b"PK\3\4 this is a spreadsheet",
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("what", HARM)
def test_a_damaged_file_is_refused(what: str) -> None:
    with pytest.raises(Damaged):
        opened(HARM[what](pieces_of(SEALED)))
