"""Windows and quotas: facts that arrive late or twice, in any order, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from messages.types import Address
from storage import members, windows
from storage.database import Database, Transaction
from storage.seals import Seals

NOON = datetime(2027, 3, 10, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAN = Address("zalo_oa", "246845883529197922")
HOA = Address("zalo_oa", "246845883529197923")


@pytest.fixture
def db(database_url: str) -> Iterator[Transaction]:
    database = Database(database_url, Seals(["a key of the tests"]))
    with database.transaction() as transaction:
        yield transaction
    database.close()


def test_a_chat_never_heard_of_has_no_window(db: Transaction) -> None:
    windows.note_interaction(db, LAN, NOON)
    assert set(windows.of(db, [LAN, HOA])) == {LAN}
    assert windows.of(db, []) == {}


def test_a_new_interaction_opens_a_new_window_and_a_late_one_moves_nothing(db: Transaction) -> None:
    windows.note_interaction(db, LAN, NOON)
    windows.note_free(db, LAN, 6, NOON + 48 * HOUR)
    windows.note_interaction(db, LAN, NOON - HOUR)
    kept = windows.of(db, [LAN])[LAN]
    assert (kept.interacted_at, kept.free_left, kept.free_until) == (NOON, 6, NOON + 48 * HOUR)
    windows.note_interaction(db, LAN, NOON + HOUR)
    kept = windows.of(db, [LAN])[LAN]
    assert (kept.interacted_at, kept.free_left, kept.free_until) == (NOON + HOUR, None, None)


def test_following_opens_the_window_and_leaving_keeps_what_was(db: Transaction) -> None:
    windows.note_follow(db, LAN, follows=True, at=NOON)
    windows.note_follow(db, LAN, follows=False, at=NOON + HOUR)
    kept = windows.of(db, [LAN])[LAN]
    assert (kept.interacted_at, kept.follows) == (NOON, False)
    windows.note_follow(db, HOA, follows=False, at=NOON)
    assert windows.of(db, [HOA])[HOA].interacted_at is None


def test_the_later_end_of_a_pause_stays_until_it_is_taken_back(db: Transaction) -> None:
    windows.pause(db, LAN, NOON + HOUR)
    windows.pause(db, LAN, NOON)
    assert windows.of(db, [LAN])[LAN].paused_until == NOON + HOUR
    windows.resume(db, LAN)
    assert windows.of(db, [LAN])[LAN].paused_until is None


def test_quotas_count_by_account_kind_and_period(db: Transaction) -> None:
    assert windows.count(db, "zalo_bot", "messages", "2027-03") == 1
    assert windows.count(db, "zalo_bot", "messages", "2027-03", 4) == 5
    windows.count(db, "zalo_bot", "messages", "2027-04")
    windows.note_limit(db, "zalo_oa", "paid", "2027-03", used=7, limit=2000)
    assert windows.used(db, "zalo_bot", "messages", "2027-03") == 5
    assert windows.used(db, "zalo_bot", "users", windows.ALWAYS) == 0
    assert {key: row.used for key, row in windows.quotas(db, ["zalo_bot", "zalo_oa"], ["2027-03"]).items()} == {
        ("zalo_bot", "messages", "2027-03"): 5,
        ("zalo_oa", "paid", "2027-03"): 7,
    }


def test_a_stranger_who_never_agreed_leaves_no_window(db: Transaction) -> None:
    for address in (LAN, HOA):
        windows.note_interaction(db, address, NOON)
    members.join(db, HOA, NOON)
    assert windows.known_chats(db, "zalo_oa") == 2
    assert windows.forget_strangers(db, before=NOON) == 0
    assert windows.forget_strangers(db, before=NOON + HOUR) == 1
    assert set(windows.of(db, [LAN, HOA])) == {HOA}
    windows.forget(db, [HOA])
    assert windows.of(db, [HOA]) == {}
