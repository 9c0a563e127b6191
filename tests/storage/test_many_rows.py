"""Rows in great number go in one statement, what they have in common once: on both databases they arrive as given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from messages.types import Address, Outbound
from storage import outbox, sets
from storage.database import Database
from storage.lists import among
from storage.seals import Seals
from storage.tables import Outbox, Policy, Priority
from tests.box import KEY

NOW = datetime(2027, 4, 6, 1, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, Seals([KEY]))
    yield database
    database.close()


def promise(database: Database, numbers: range, *, expires_at: datetime | None = None) -> None:
    with database.transaction() as db:
        for number in numbers:
            outbox.enqueue(
                db,
                Address("web", f"chat {number}"),
                Outbound(f"text {number}"),
                topic="duty",
                member_id=None,
                priority=Priority.NOTICE,
                policy=Policy.AT_LEAST_ONCE,
                now=NOW,
                expires_at=expires_at,
                once=f"once {number}",
            )


@pytest.mark.parametrize("count", [sets.MANY - 1, sets.MANY, sets.MANY + 1])
def test_each_row_keeps_what_is_its_own_and_what_all_share(database: Database, count: int) -> None:
    promise(database, range(3), expires_at=NOW + timedelta(hours=1))
    promise(database, range(count))
    with database.reading() as db:
        rows = db.scalars(select(Outbox).order_by(col(Outbox.id))).all()
        told = [(row.chat, row.once, db.seals.open(row.body or b"")["text"]) for row in rows]
        shared = {(row.topic, row.state, row.member_id, row.created_at) for row in rows}
        expiring = [row.expires_at for row in rows if row.expires_at is not None]
    assert told == [(f"chat {number}", f"once {number}", f"text {number}") for number in range(count)]
    assert shared == {("duty", "ready", None, NOW)}
    assert expiring == [NOW + timedelta(hours=1)] * 3


def test_many_ids_are_one_list_in_a_statement(database: Database) -> None:
    promise(database, range(30))
    with database.reading() as db:
        ids = [number or 0 for number in db.scalars(select(Outbox.id).order_by(col(Outbox.id)))]
        for wanted in ([], ids[3:5], [*ids, ids[0], 10**9]):
            found = db.scalars(select(Outbox.id).where(among(db, col(Outbox.id), wanted))).all()
            assert sorted(number or 0 for number in found) == sorted(set(wanted) & set(ids))
