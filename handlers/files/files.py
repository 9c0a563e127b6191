"""Files that no chat carries: an address that expires and asks for a code said in the chat, to hand in or to fetch.

An address alone opens nothing. What happens at the address stands in handlers/files/links.py, what is taken in
handlers/files/kinds.py, how the pages look in bot/web/files.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from handlers.files.kinds import DOCUMENTS, clean_name, kind_of
from handlers.office import CODE_ALPHABET, Office
from messages.types import Say
from storage import files
from storage.database import Transaction
from storage.files import File, Info, Kind

LIFE = timedelta(minutes=30)
"""How long an address is good for."""
CODE_DIGITS = 6
TOKEN_LENGTH = 26
"""34 to the twenty-sixth is more than 2 to the 132nd."""
MOST_BYTES = 10 * 1024 * 1024
"""One file; a scan of a few pages has one to five million bytes."""


class Refusal(Enum):
    """Why a file does not come or go. Given back and not raised: a wrong code is counted in the same transaction."""

    GONE = "gone"
    """No such address, or it is past its time, used, or closed after too many wrong codes."""
    WRONG = "wrong"
    """Not the code that was said in the chat."""
    NOTHING = "nothing"
    """No file was chosen."""
    TOO_MANY = "too_many"
    TOO_BIG = "too_big"
    KIND = "kind"
    """Not a kind of file that is taken."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An address to be said in the chat, and apart from it the code it asks for."""

    link: str
    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as a browser brought it."""

    name: str
    content: bytes


def offer_upload(
    db: Transaction,
    office: Office,
    *,
    member_id: int,
    purpose: str,
    subject: str,
    title: str,
    channel: str,
    now: datetime,
    most: int = 5,
) -> Offer | None:
    """An address where this member hands in up to `most` files for `subject`; None where it would not open for
    somebody in this kind of channel.

    `title` tells on the page what it is for and holds nothing personal. What arrives is found by `of_subject`.
    """
    return _offer(
        db,
        office,
        member_id=member_id,
        purpose=purpose,
        subject=subject,
        title=title,
        file_id=None,
        most=most,
        channel=channel,
        now=now,
    )


def offer_download(
    db: Transaction, office: Office, *, member_id: int, file: Info, title: str, channel: str, now: datetime
) -> Offer | None:
    """An address where this member fetches a file that is kept; None as for `offer_upload`."""
    return _offer(
        db,
        office,
        member_id=member_id,
        purpose=file.purpose,
        subject=file.subject,
        title=title,
        file_id=file.id,
        most=1,
        channel=channel,
        now=now,
    )


def says(offer: Offer, *, title: str, incoming: bool) -> tuple[Say, Say]:
    """The offer in words: the address, then the code by itself, so that whoever passes on the one keeps the other."""
    key = "files.upload" if incoming else "files.download"
    return Say(key, {"title": title, "link": offer.link, "until": offer.until}), Say("files.code", {"code": offer.code})


def store(
    db: Transaction,
    office: Office,
    *,
    purpose: str,
    subject: str,
    member_id: int | None,
    upload: Upload,
    now: datetime,
    expires: datetime | None = None,
    kinds: Collection[Kind] = DOCUMENTS,
) -> Info | Refusal:
    """Keep a file that was handed in or made, if it is of a kind and size that is taken."""
    if len(upload.content) > MOST_BYTES:
        return Refusal.TOO_BIG
    kind = kind_of(upload.content)
    if kind is None or kind not in kinds:
        return Refusal.KIND
    return files.add(
        db,
        file_id=secret(office),
        purpose=purpose,
        subject=subject,
        member_id=member_id,
        kind=kind,
        name=clean_name(upload.name, kind),
        content=upload.content,
        now=now,
        expires=expires,
    )


def get(db: Transaction, file_id: str) -> File | None:
    """A file with its content; who may see it is the caller's to decide."""
    return files.get(db, file_id)


def of_subject(db: Transaction, purpose: str, subject: str) -> list[Info]:
    """The files that belong to something, oldest first, without their contents."""
    return files.of_subject(db, purpose, subject)


def remove(db: Transaction, *file_ids: str) -> int:
    """Drop files for good; how many."""
    return files.remove(db, file_ids)


def _offer(
    db: Transaction,
    office: Office,
    *,
    member_id: int,
    purpose: str,
    subject: str,
    title: str,
    file_id: str | None,
    most: int,
    channel: str,
    now: datetime,
) -> Offer | None:
    if not office.is_reachable_from(channel):
        return None
    token, code = secret(office), f"{office.chance.randrange(10**CODE_DIGITS):0{CODE_DIGITS}}"
    files.add_link(
        db,
        token=token,
        code=code,
        purpose=purpose,
        subject=subject,
        title=title,
        member_id=member_id,
        file_id=file_id,
        most=most,
        now=now,
        expires=now + LIFE,
    )
    return Offer(f"{office.public_url}/files/{token}", code, now + LIFE)


def secret(office: Office, length: int = TOKEN_LENGTH) -> str:
    """What nobody guesses: signs that are not mistaken for each other."""
    return "".join(office.chance.choice(CODE_ALPHABET) for _ in range(length))
