"""Hold and cancel: once committed no claim takes a row of it, and nobody who froze or counted meanwhile undoes them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from handlers.actors import CLOCK, COMMAND_LINE
from handlers.news import broadcasts, progress
from handlers.revisions import Changed
from storage import audiences
from storage import broadcasts as stored
from storage.outcomes import Outcome
from storage.tables import Announcing, Broadcast, Outbox, Sending
from tests.desk import Desk
from tests.mailroom import Mailroom

CHATS = [f"m{number}" for number in range(6)]
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


@pytest.fixture
def room(desk: Desk) -> Mailroom:
    room = Mailroom(desk)
    for chat in CHATS:
        room.subscribe(chat)
    return room


def announced(desk: Desk, *, state: Announcing = Announcing.SENDING) -> str:
    """A broadcast to all of them; FREEZING: nobody's place is decided yet."""
    with desk.rows() as db:
        row = broadcasts.create(db, desk.office, COMMAND_LINE, "Mời dự họp.", "GD51", now=desk.now)
        if state is Announcing.FREEZING:
            row.state, row.due_at = state, desk.now
        else:
            many = len(CHATS)
            broadcasts.confirm(db, desk.office, COMMAND_LINE, row.code, many, at=None, now=desk.now)
        return row.code


def act(desk: Desk, code: str, step: str) -> None:
    with desk.rows() as db:
        getattr(broadcasts, step)(db, COMMAND_LINE, code, now=desk.now)


def told(desk: Desk, code: str) -> progress.Progress:
    with desk.rows() as db:
        broadcasts.tick(db, desk.office, CLOCK, now=desk.now)
        return progress.read(db, broadcasts.find(db, COMMAND_LINE, code, desk.now), desk.now)


@pytest.mark.parametrize("step", ["hold", "cancel"])
def test_after_it_is_committed_no_claim_takes_a_row(desk: Desk, room: Mailroom, step: str) -> None:
    code = announced(desk)
    act(desk, code, step)
    assert room.claim() == []


def test_what_was_claimed_but_not_started_waits_through_the_hold_and_goes_afterwards(
    desk: Desk, room: Mailroom
) -> None:
    code = announced(desk)
    claimed = room.claim()
    act(desk, code, "hold")
    started, given_back = claimed[:2], claimed[2:]
    room.settle(started)
    room.settle(given_back, {one.address.chat: Outcome.RELEASED for one in given_back})
    assert room.claim() == []
    assert (told(desk, code).state, told(desk, code).sent, told(desk, code).waiting) == ("held", 2, 4)
    act(desk, code, "resume")
    assert sorted(room.deliver()) == sorted(one.address.chat for one in given_back)
    assert (told(desk, code).state, told(desk, code).sent) == ("done", 6)


def test_what_was_claimed_but_not_started_is_swept_up_after_a_cancellation_and_the_counts_add_up(
    desk: Desk, room: Mailroom
) -> None:
    code = announced(desk)
    claimed = room.claim()
    act(desk, code, "cancel")
    room.settle(claimed[:1])
    room.settle(claimed[1:2], {claimed[1].address.chat: Outcome.UNKNOWN})
    room.settle(claimed[2:], {one.address.chat: Outcome.RELEASED for one in claimed[2:]})
    assert room.claim() == []
    told(desk, code)
    now = told(desk, code)
    assert (now.state, now.sent, now.unknown, now.skipped, now.waiting) == ("cancelled", 1, 1, 4, 0)
    with desk.rows() as db:
        states = list(db.scalars(select(col(Outbox.state)).where(col(Outbox.broadcast_id).is_not(None))))
    assert sorted(states) == sorted([Sending.SENT, Sending.UNKNOWN, *[Sending.CANCELLED] * 4])


def waits(desk: Desk) -> bool:
    """Whether a transaction waits for a lock; asked in a new one each time: one sees a single state of the others."""
    with desk.database.reading() as watching:
        return bool(watching.scalar(WAITING))


@pytest.mark.parametrize("step", ["hold", "cancel"])
def test_a_slice_that_was_being_frozen_meanwhile_does_not_undo_it(desk: Desk, room: Mailroom, step: str) -> None:
    """On PostgreSQL the clock's process freezes while another one's turn holds; on SQLite there is but one writer."""
    if desk.database.is_sqlite:
        code = announced(desk, state=Announcing.FREEZING)
        act(desk, code, step)
        assert told(desk, code).state in (Announcing.HELD, Announcing.CANCELLED)
        return
    code = announced(desk, state=Announcing.FREEZING)
    with ThreadPoolExecutor(1) as other:
        with desk.rows() as db:
            getattr(broadcasts, step)(db, COMMAND_LINE, code, now=desk.now)
            db.flush()
            ticking = other.submit(told, desk, code)
            while not ticking.done() and not waits(desk):
                time.sleep(0.01)
        assert ticking.result().state in (Announcing.HELD, Announcing.CANCELLED)
    with desk.rows() as db:
        assert stored.latest(db, 1)[0].state in (Announcing.HELD, Announcing.CANCELLED)
        assert db.scalars(select(col(Broadcast.promised))).one() == 0
    assert room.claim() == []


def test_slices_of_one_transaction_are_counted_each(desk: Desk, room: Mailroom) -> None:
    room.subscribe("leaves", news_too=False)
    code = announced(desk, state=Announcing.FREEZING)
    with desk.rows() as db:
        row = broadcasts.find(db, COMMAND_LINE, code, desk.now)
        when = audiences.Moment(desk.now, desk.now, 3)
        more = audiences.freeze(
            db, row, broadcasts.unit_of(db, row), when, now=desk.now, size=2, patience=timedelta(hours=1)
        )
        assert (more, row.promised, row.skipped) == (False, len(CHATS), {"opted_out": 1})


@pytest.mark.parametrize("step", ["hold", "cancel", "send_again"])
@pytest.mark.usefixtures("room")
def test_whoever_saw_it_before_another_resumed_it_looks_again(desk: Desk, step: str) -> None:
    code = announced(desk)
    with desk.rows() as db:
        seen = broadcasts.find(db, COMMAND_LINE, code, desk.now).revision
    for other in ("hold", "resume"):
        act(desk, code, other)
    with desk.rows() as db, pytest.raises(Changed, match="changed"):
        getattr(broadcasts, step)(db, COMMAND_LINE, code, now=desk.now, seen=seen)
