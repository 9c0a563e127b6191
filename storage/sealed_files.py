"""A file that is sealed as a whole: without the key nobody reads it, changes it, cuts it short or mixes two of them.

One line in clear says what it is; then come pieces of ChaCha20-Poly1305, numbered, the last one marked (the STREAM
construction), each bound to the line in clear. What the pieces hold is not known here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from storage.errors import StorageError, WrongKey

FORMAT = "congdoan-backup 1"
PIECE = 1 << 20
"""Bytes in one piece before it is compressed: reading and writing hold no more than a few of these."""
LONGEST_HEAD = 4096
LONGEST_PIECE = PIECE + 4096
"""Bytes of a sealed piece: what cannot be compressed grows a little."""
PERSON = b"backup"
BEGINNING = b'{"format": "congdoan-backup '
"""Of the line in clear."""
MOST_LINES_BEFORE = 20

Facts = Mapping[str, str]


class Damaged(StorageError):
    """This is no backup, or it is damaged or cut short."""


class Headed(StorageError):
    """Lines of another program stand before a backup; the detail is how many."""


class Sealer:
    """Seals what is written into a stream; nothing counts before `finish`."""

    def __init__(self, stream: BinaryIO, key: str, facts: Facts) -> None:
        salt = secrets.token_bytes(16)
        told = {"format": FORMAT, **facts, "salt": salt.hex(), "key": _mark(key, salt)}
        head = json.dumps(told, sort_keys=True).encode() + b"\n"
        self._stream = stream
        self._cipher = ChaCha20Poly1305(_derive(key, salt))
        self._bound = hashlib.sha256(head).digest()
        self._waiting = bytearray()
        self._number = 0
        stream.write(head)

    def write(self, data: bytes) -> None:
        """Add to what is sealed."""
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]

    def finish(self) -> None:
        """Write the last piece and mark it as such."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), zlib.compress(piece, 1), self._bound)
        self._stream.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


def facts(stream: BinaryIO) -> Facts:
    """What the line in clear says; it is proven only by `pieces`. Raises Damaged, Headed."""
    return _head(stream)[0]


def pieces(stream: BinaryIO, keys: Sequence[str]) -> Iterator[bytes]:
    """What was sealed, piece by piece, read from the stream's start. Raises Damaged, WrongKey."""
    told, head = _head(stream)
    cipher = ChaCha20Poly1305(_derive(_key(told, keys), bytes.fromhex(told["salt"])))
    bound = hashlib.sha256(head).digest()
    number, last = 0, False
    sealed = _sealed(stream)
    while not last:
        coming = _sealed(stream)
        last = coming is None
        yield _open(cipher, sealed, _nonce(number, last=last), bound)
        sealed, number = coming, number + 1


def lines(stream: BinaryIO, keys: Sequence[str]) -> Iterator[bytes]:
    """What was sealed, line by line, without their ends. Raises Damaged, WrongKey."""
    rest = b""
    for piece in pieces(stream, keys):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        raise Damaged


def check(stream: BinaryIO, keys: Sequence[str]) -> None:
    """Return when the file is whole and ours. Raises Damaged, WrongKey."""
    for _ in pieces(stream, keys):
        pass


def _head(stream: BinaryIO) -> tuple[Facts, bytes]:
    stream.seek(0)
    head = stream.readline(LONGEST_HEAD)
    try:
        told = json.loads(head)
        if not isinstance(told, dict) or told["format"] != FORMAT or not head.endswith(b"\n"):
            raise Damaged
        bytes.fromhex(told["salt"])
    except (ValueError, KeyError, TypeError) as trouble:
        if lines := _lines_before(stream):
            raise Headed(str(lines)) from trouble
        raise Damaged from trouble
    return told, head


def _lines_before(stream: BinaryIO) -> int:
    """How many lines stand before the one that says what this is, as where words went into the same pipe; 0: none."""
    stream.seek(0)
    for number in range(MOST_LINES_BEFORE + 1):
        if stream.readline(LONGEST_HEAD).startswith(BEGINNING):
            return number
    return 0


def _key(told: Facts, keys: Sequence[str]) -> str:
    salt = bytes.fromhex(told["salt"])
    for key in keys:
        if hmac.compare_digest(_mark(key, salt), str(told.get("key"))):
            return key
    raise WrongKey


def _sealed(stream: BinaryIO) -> bytes | None:
    """The next piece; None at the end of the file."""
    length = stream.read(4)
    if not length:
        return None
    size = int.from_bytes(length, "big")
    sealed = stream.read(size) if len(length) == 4 and size <= LONGEST_PIECE else b""
    if len(sealed) != size:
        raise Damaged
    return sealed


def _open(cipher: ChaCha20Poly1305, sealed: bytes | None, nonce: bytes, bound: bytes) -> bytes:
    try:
        return zlib.decompress(cipher.decrypt(nonce, sealed or b"", bound))
    except InvalidTag as trouble:
        raise Damaged from trouble


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _derive(key: str, salt: bytes) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=32, salt=salt, person=PERSON).digest()


def _mark(key: str, salt: bytes) -> str:
    """Tells a wrong key from a damaged file, and nothing about the key."""
    return hmac.new(_derive(key, salt), b"mark", hashlib.sha256).hexdigest()
