"""The counters of a broadcast agree with its rows at every moment, however little is counted at a time."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select, update
from sqlmodel import col

from handlers.actors import COMMAND_LINE
from handlers.news import broadcasts as handled
from handlers.news import progress
from storage import broadcasts, tallies
from storage.database import Transaction
from storage.tables import Announcing, Broadcast, Outbox, Policy, Priority, Sending, Unit
from tests.desk import Desk

NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)


def promised(db: Transaction, number: int) -> Broadcast:
    """A broadcast with so many rows, and rows of another between them."""
    unit = db.scalars(select(Unit)).first()
    assert unit is not None
    mine, other = (
        Broadcast(code=code, text="x", unit_id=unit.id or 0, state=Announcing.SENDING, created_at=NOW, promised=number)
        for code in ("TIN-27-AAAAA", "TIN-27-BBBBB")
    )
    db.add_all([mine, other])
    db.flush()
    for at in range(2 * number):
        whose = (mine, other)[at % 2]
        db.add(
            Outbox(
                account="telegram", chat=f"{at}", broadcast_id=whose.id, topic="news", priority=Priority.BROADCAST,
                policy=Policy.AT_MOST_ONCE, due_at=NOW, created_at=NOW,
            )
        )  # fmt: skip
        db.flush()
    return mine


def counted(db: Transaction, row: Broadcast) -> dict[str, int]:
    states = db.scalars(select(col(Outbox.state)).where(col(Outbox.broadcast_id) == row.id))
    return {state: number for state, number in Counter(states).items() if Sending(state) not in tallies.OPEN}


@pytest.mark.parametrize("most_open", [1, 3, 500])
def test_counters_and_rows_agree_at_every_moment(
    database_url: str, most_open: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "MOST_OPEN", most_open)
    chance = random.Random(most_open)
    desk = Desk(database_url)
    desk.furnish()
    with desk.rows() as db:
        row = promised(db, 20)
        mine = list(db.scalars(select(col(Outbox.id)).where(col(Outbox.broadcast_id) == row.id)))
        for step in range(60):
            ahead = mine[: step // 2 + 3]
            what = chance.choice([Sending.CLAIMED, *tallies.ENDED, Sending.READY])
            waits = (
                col(Outbox.id) == chance.choice(ahead),
                col(Outbox.state).in_([state.value for state in tallies.OPEN]),
            )
            reason = "opted_out" if what is Sending.CANCELLED else None
            db.execute(update(Outbox).where(*waits).values(state=what.value, reason=reason))
            if chance.random() < 0.4:
                tallies.fold(db, row)
            told = tallies.read(db, row)
            assert {state.value: number for state, number in told.ended.items()} == counted(db, row)
            assert told.waiting == 20 - sum(told.ended.values())
            assert told.withdrawn.get("opted_out", 0) == told.ended.get(Sending.CANCELLED, 0)
    desk.database.close()


def test_what_is_sent_again_waits_again(database_url: str) -> None:
    desk = Desk(database_url)
    desk.furnish()
    with desk.rows() as db:
        row = promised(db, 4)
        lost = update(Outbox).where(col(Outbox.broadcast_id) == row.id).values(state=Sending.UNKNOWN.value, member_id=1)
        db.execute(lost)
        tallies.fold(db, row)
        assert progress.read(db, row, NOW).unknown == 4
        assert handled.send_again(db, COMMAND_LINE, row.code, now=NOW) == 4
        told = progress.read(db, row, NOW)
        assert (told.unknown, told.waiting) == (0, 4)
        assert broadcasts.is_under_way(db, row.id or 0)
    desk.database.close()


@pytest.mark.parametrize("seed", range(3))
def test_whatever_ends_between_two_statements_is_counted_once(
    database_url: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two statements of a fold another process settles, gives back, withdraws; then one is sent again."""
    monkeypatch.setattr(tallies, "MOST_OPEN", 7)
    chance = random.Random(seed)
    desk, elsewhere = Desk(database_url), Desk(database_url)
    desk.furnish()
    with desk.rows() as db:
        row = promised(db, 30)
        code = row.code
        mine = list(db.scalars(select(col(Outbox.id)).where(col(Outbox.broadcast_id) == row.id)))

    def meddle() -> None:
        what = chance.choice([Sending.CLAIMED, Sending.READY, Sending.READY, *tallies.ENDED])
        some = chance.sample(mine, 2)
        waits = (col(Outbox.id).in_(some), col(Outbox.state).in_([state.value for state in tallies.OPEN]))
        with elsewhere.rows() as other:
            other.execute(update(Outbox).where(*waits).values(state=what.value, reason="why", member_id=1))

    for step in range(40):
        with desk.rows() as db:
            row = handled.find(db, COMMAND_LINE, code, NOW)
            broadcasts.lock(db, row)
            with between_statements(db, meddle):
                tallies.fold(db, row)
        meddle()
        with desk.rows() as db:
            row = handled.find(db, COMMAND_LINE, code, NOW)
            told = tallies.read(db, row)
            assert {state.value: count for state, count in told.ended.items()} == counted(db, row)
            assert told.waiting == 30 - sum(told.ended.values())
            if step % 13 == 12:
                handled.send_again(db, COMMAND_LINE, row.code, now=NOW)
    desk.database.close()
    elsewhere.database.close()


@contextmanager
def between_statements(db: Transaction, meddle: Callable[[], None]) -> Iterator[None]:
    """Let something happen elsewhere before each statement of a transaction, where the database lets another write."""
    connection = db.connection()
    if db.alone:
        yield
        return

    def before(*_: object) -> None:
        meddle()

    event.listen(connection, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", before)


def test_another_process_settles_while_this_one_counts(postgresql_database: str) -> None:
    desk = Desk(postgresql_database)
    desk.furnish()
    with desk.rows() as db:
        code = promised(db, 50).code
    sent_before, looks = 0, 0
    with subprocess.Popen([sys.executable, "-m", "tests.settling_worker", postgresql_database]) as process:
        while process.poll() is None or not looks:
            looks += 1
            with desk.rows() as db:
                row = handled.find(db, COMMAND_LINE, code, NOW)
                broadcasts.lock(db, row)
                tallies.fold(db, row)
            with desk.rows() as db:
                told = tallies.read(db, handled.find(db, COMMAND_LINE, code, NOW))
            assert 0 <= told.waiting <= 50
            assert told.ended.get(Sending.SENT, 0) >= sent_before
            sent_before = told.ended.get(Sending.SENT, 0)
        assert process.returncode == 0
    with desk.rows() as db:
        row = handled.find(db, COMMAND_LINE, code, NOW)
        tallies.fold(db, row)
        told = tallies.read(db, row)
        assert {state.value: number for state, number in told.ended.items()} == counted(db, row)
        assert told.waiting == 0
    desk.database.close()
