"""Files kept in the database, sealed, and the links by which they come and go. Nothing here is ever opened or run.

Which file is taken, and who may fetch one, is decided in handlers/files/files.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, delete, or_, select, update
from sqlmodel import SQLModel, col

from storage.database import Transaction
from storage.tables_files import FileLink, StoredFile

_files = SQLModel.metadata.tables["file"]
LINK = "file-link"
CODE = "file-code"
FETCH = "file-ticket"


class Kind(StrEnum):
    """What may be kept; told by its first bytes, never by its name."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpg"
    DOCX = "docx"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Info:
    """A file without its content."""

    id: str
    purpose: str
    subject: str
    member_id: int | None
    kind: Kind
    size: int
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class File(Info):
    """A file with its content."""

    content: bytes


def add(
    db: Transaction,
    *,
    file_id: str,
    purpose: str,
    subject: str,
    member_id: int | None,
    kind: Kind,
    name: str,
    content: bytes,
    now: datetime,
    expires: datetime | None = None,
) -> Info:
    """Keep a file under a random id."""
    row = StoredFile(
        id=file_id,
        purpose=purpose,
        subject=subject,
        member_id=member_id,
        kind=kind,
        size=len(content),
        name=db.seals.seal(name),
        body=db.seals.wrap(content),
        at=now,
        expires_at=expires,
    )
    db.add(row)
    db.flush()
    return Info(file_id, purpose, subject, member_id, kind, len(content), name, now)


def get(db: Transaction, file_id: str) -> File | None:
    """One file with its content. Raises WrongKey."""
    row = db.get(StoredFile, file_id)
    if row is None:
        return None
    return File(
        row.id,
        row.purpose,
        row.subject,
        row.member_id,
        Kind(row.kind),
        row.size,
        db.seals.open(row.name),
        row.at,
        content=db.seals.unwrap(row.body),
    )


def of_subject(db: Transaction, purpose: str, subject: str) -> list[Info]:
    """What belongs to something, oldest first."""
    chosen = and_(_files.c.purpose == purpose, _files.c.subject == subject)
    named = (_files.c[name] for name in ("id", "member_id", "kind", "size", "name", "at"))
    found = db.connection().execute(select(*named).where(chosen).order_by(_files.c.at, _files.c.id))
    return [
        Info(row.id, purpose, subject, row.member_id, Kind(row.kind), row.size, db.seals.open(row.name), row.at)
        for row in found
    ]


def remove(db: Transaction, file_ids: Sequence[str]) -> int:
    """Drop files, and the links that lead to them; how many."""
    if not file_ids:
        return 0
    db.execute(delete(FileLink).where(col(FileLink.file_id).in_(file_ids)))
    return int(db.execute(delete(StoredFile).where(col(StoredFile.id).in_(file_ids))).rowcount)  # type: ignore[attr-defined]


def expire(db: Transaction, now: datetime) -> int:
    """Drop files and links past their time; how many files."""
    db.execute(delete(FileLink).where(col(FileLink.expires_at) <= now))
    return remove(db, list(db.scalars(select(col(StoredFile.id)).where(col(StoredFile.expires_at) <= now))))


def erase_member(db: Transaction, member_id: int) -> None:
    """What a member handed in or was to fetch goes with them."""
    db.execute(delete(FileLink).where(col(FileLink.member_id) == member_id))
    remove(db, list(db.scalars(select(col(StoredFile.id)).where(col(StoredFile.member_id) == member_id))))


def re_own(db: Transaction, *, source: int, target: int) -> None:
    """Two members turned out to be one person."""
    for table in (StoredFile, FileLink):
        whose = col(table.member_id)
        db.execute(update(table).where(whose == source).values(member_id=target))


def add_link(
    db: Transaction,
    *,
    token: str,
    code: str,
    purpose: str,
    subject: str,
    title: str,
    member_id: int,
    file_id: str | None,
    most: int,
    now: datetime,
    expires: datetime,
) -> None:
    """Keep a link; of its token and its code only digests."""
    row = FileLink(
        digest=db.seals.digest(LINK, token),
        code=db.seals.digest(CODE, token, code),
        purpose=purpose,
        subject=subject,
        title=title,
        member_id=member_id,
        file_id=file_id,
        most=most,
        created_at=now,
        expires_at=expires,
    )
    db.add(row)
    db.flush()


def link(db: Transaction, token: str, now: datetime) -> FileLink | None:
    """The link of an address that is still good."""
    known = col(FileLink.digest).in_(db.seals.digests(LINK, token)), col(FileLink.expires_at) > now
    return db.scalars(select(FileLink).where(*known).execution_options(populate_existing=True)).one_or_none()


def opens(db: Transaction, row: FileLink, token: str, code: str) -> bool:
    """Whether this is the code that was said in the chat."""
    return row.code in db.seals.digests(CODE, token, code)


def count_wrong(db: Transaction, row: FileLink) -> int:
    """One more wrong code; how many that makes. Counted in the database, so that two at once count as two."""
    counted = update(FileLink).where(col(FileLink.digest) == row.digest).values(wrong=col(FileLink.wrong) + 1)
    return int(db.execute(counted.returning(col(FileLink.wrong))).scalar_one())


def use(db: Transaction, row: FileLink, now: datetime) -> bool:
    """Use a link's code up; False when somebody was quicker."""
    unused = col(FileLink.digest) == row.digest, col(FileLink.used_at).is_(None)
    taken = db.execute(update(FileLink).where(*unused).values(used_at=now).returning(col(FileLink.digest)))
    return taken.scalar_one_or_none() is not None


def close_links(db: Transaction, member_id: int, now: datetime) -> None:
    """No address that was made for a member opens anything any more, not even one they have opened already."""
    still = or_(col(FileLink.expires_at) > now, col(FileLink.ticket_until) > now)
    mine = col(FileLink.member_id) == member_id
    db.execute(update(FileLink).where(mine, still).values(expires_at=now, ticket=None, ticket_until=None))


def give_ticket(db: Transaction, row: FileLink, ticket: str, until: datetime) -> None:
    """What the right code opened."""
    row.ticket, row.ticket_until = db.seals.digest(FETCH, ticket), until
    db.add(row)
    db.flush()


def by_ticket(db: Transaction, ticket: str, now: datetime) -> FileLink | None:
    """The link behind a ticket that is still good."""
    known = col(FileLink.ticket).in_(db.seals.digests(FETCH, ticket)), col(FileLink.ticket_until) > now
    return db.scalars(select(FileLink).where(*known)).one_or_none()
