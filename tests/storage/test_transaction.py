"""What a transaction undoes, what it asks only once, and when it asks again, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlmodel import col

from messages.types import Address
from storage import members, programmes
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Draft, Member, MemberAddress, Programme, Watch

NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)
SEALS = Seals(["a key of the tests"])


class Slip(Exception):
    """Our own fault."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, SEALS)
    with opened.transaction() as db:
        members.join(db, Address("web", "an"), NOW)
        db.add(programme("spring"))
        draft = {"id": "d1", "member_id": 1, "form": "initiative", "kept": b"", "updated_at": NOW, "expires_at": NOW}
        db.write(Draft, draft)
    yield opened
    opened.close()


def programme(code: str) -> Programme:
    return Programme(code=code, template=code, name=code, kind="initiative", opens_at=NOW, closes_at=NOW)


def count(db: Transaction, table: Any) -> int:
    return db.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def savepoints(database: Database) -> list[str]:
    """Every statement about savepoints, as it is sent."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "SAVEPOINT" in statement:
            seen.append(statement.split(maxsplit=1)[0])

    event.listen(database._writer, "before_cursor_execute", note)
    return seen


@pytest.fixture
def asked(database: Database) -> list[str]:
    """The first three words of every statement."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(" ".join(statement.replace('"', "").split()[:3]))

    event.listen(database._writer, "before_cursor_execute", note)
    return seen


class TestAnAttempt:
    def test_one_that_only_reads_and_promises_needs_no_savepoint(
        self, database: Database, savepoints: list[str]
    ) -> None:
        with database.transaction() as db, db.attempt():
            assert count(db, Member) == 1
            members.watch(db, 1, "initiative", NOW)
        assert savepoints == []
        with database.transaction() as db:
            assert count(db, Watch) == 1

    def test_the_first_change_opens_one(self, database: Database, savepoints: list[str]) -> None:
        with database.transaction() as db, db.attempt():
            db.add(Member(created_at=NOW))
            db.flush()
            db.add(Member(created_at=NOW))
        assert savepoints == ["SAVEPOINT", "RELEASE"]

    def test_a_failed_one_leaves_nothing_of_any_kind(self, database: Database) -> None:
        with database.transaction() as db:
            kept = members.by_id(db, 1)
            assert kept is not None
            with suppress(Slip), db.attempt():
                members.watch(db, 1, "initiative", NOW)
                db.remove(Draft, "d1")
                members.join(db, Address("web", "binh"), NOW)
                db.execute(update(Programme).values(name="changed"))
                kept.name = "Changed"
                raise Slip
            assert kept.name is None
        with database.transaction() as db:
            assert (count(db, Watch), count(db, Draft), count(db, Member)) == (0, 1, 1)
            assert db.scalar(select(col(Programme.name))) == "spring"

    def test_also_where_a_plain_statement_is_the_first_change(self, database: Database) -> None:
        with database.transaction() as db:
            with pytest.raises(Slip):
                self.rename_and_fail(db)
            assert db.scalar(select(col(Programme.name))) == "spring"

    def rename_and_fail(self, db: Transaction) -> None:
        with db.attempt():
            db.connection().execute(update(Programme).values(name="changed"))
            raise Slip

    def test_a_change_that_was_never_flushed_is_undone_too(self, database: Database, savepoints: list[str]) -> None:
        with database.transaction() as db:
            kept = members.by_id(db, 1)
            assert kept is not None
            with suppress(Slip), db.attempt():
                kept.name = "Changed"
                db.add(Member(created_at=NOW))
                raise Slip
            assert (kept.name, count(db, Member)) == (None, 1)
        assert savepoints == ["SAVEPOINT", "ROLLBACK"]

    def test_what_came_before_it_stays(self, database: Database) -> None:
        with database.transaction() as db:
            members.watch(db, 1, "initiative", NOW)
            with suppress(Slip), db.attempt():
                members.watch(db, 1, "feedback", NOW)
                raise Slip
        with database.transaction() as db:
            assert members.watching(db, "initiative") == [1]
            assert members.watching(db, "feedback") == []


class TestRecordsThatWait:
    def test_they_have_their_ids_at_once_and_are_written_together(self, database: Database, asked: list[str]) -> None:
        with database.transaction() as db:
            for chat in ("binh", "chi", "dung"):
                with db.attempt():
                    members.join(db, Address("web", chat), NOW)
        written = [line.removeprefix("INSERT INTO ") for line in asked if "INSERT" in line]
        assert written == ["member", "address", "pseudonym"]
        with database.transaction() as db:
            assert [member.id for member in db.scalars(select(Member))] == [1, 2, 3, 4]

    def test_whoever_asks_for_them_in_the_same_turn_finds_them(self, database: Database) -> None:
        with database.transaction() as db, db.attempt():
            joined = members.join(db, Address("web", "binh"), NOW).member
            db.change(joined, {"name": "Bình"})
            assert db.scalars(select(Member).where(col(Member.name) == "Bình")).one() is joined
            joined.name = "Thanh Bình"
        with database.transaction() as db:
            assert [member.name for member in db.scalars(select(Member))] == [None, "Thanh Bình"]

    @pytest.mark.parametrize("asked_for", [False, True])
    def test_those_of_a_failed_turn_are_taken_back_and_no_others(self, database: Database, asked_for: bool) -> None:
        with database.transaction() as db:
            an = members.by_id(db, 1)
            assert an is not None
            with db.attempt():
                members.join(db, Address("web", "binh"), NOW)
            with suppress(Slip), db.attempt():
                members.join(db, Address("web", "chi"), NOW)
                db.change(an, {"name": "An"})
                if asked_for:
                    assert len(members.addresses(db, 1)) == 1
                raise Slip
            with db.attempt():
                members.join(db, Address("web", "dung"), NOW)
            assert [member.name for member in db.scalars(select(Member))] == [None] * 3
        with database.transaction() as db:
            chats = {address.chat for member in db.scalars(select(Member)) for address in reached(db, member)}
            assert chats == {"an", "binh", "dung"}


def reached(db: Transaction, member: Member) -> Sequence[MemberAddress]:
    assert member.id is not None
    return members.addresses(db, member.id)


class TestMemory:
    def names(self, database: Database) -> list[str]:
        with database.transaction() as db:
            found = (programmes.known(db, number) for number in (1, 2))
            return [row.name for row in found if row]

    def test_what_another_process_changes_is_seen_at_once(self, database: Database, database_url: str) -> None:
        assert self.names(database) == ["spring"]
        other = Database(database_url, SEALS)
        with other.transaction() as db:
            db.add(programme("autumn"))
        assert self.names(database) == ["spring", "autumn"]
        with other.transaction() as db:
            db.connection().execute(update(Programme).where(col(Programme.id) == 1).values(name="renamed"))
        other.close()
        assert self.names(database) == ["renamed", "autumn"]

    def test_a_transaction_sees_its_own_changes_and_others_none_that_were_rolled_back(self, database: Database) -> None:
        assert self.names(database) == ["spring"]
        with suppress(Slip), database.transaction() as db:
            row = programmes.by_id(db, 1)
            assert row is not None
            row.name = "renamed"
            seen = programmes.known(db, 1)
            assert seen is not None
            assert seen.name == "renamed"
            raise Slip
        assert self.names(database) == ["spring"]

    def test_while_nothing_changes_it_is_not_asked_again(self, database: Database) -> None:
        self.names(database)
        asked: list[str] = []
        event.listen(database._writer, "before_cursor_execute", lambda *given: asked.append(given[2]))
        self.names(database)
        assert [statement for statement in asked if "FROM programme" in statement] == []
