"""An account that hears nobody: told once to those who answer for it, on another account where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from handlers.reaching import hearing
from storage.tables import Role
from tests.desk import Desk
from tests.handlers.test_plans import appointed


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


def deaf(desk: Desk, account: str, reason: str) -> None:
    with desk.rows() as db:
        hearing.deaf(db, desk.office, account, reason, 7, desk.now)


def hears(desk: Desk, account: str) -> None:
    with desk.rows() as db:
        hearing.hears(db, desk.office, account, desk.now)


@pytest.mark.parametrize(
    ("reason", "words"),
    [("wrong_secret", "khóa webhook"), ("not_authorised", "cấp quyền lại"), ("connect", "kết nối mạng")],
)
def test_a_trouble_is_told_once_and_its_end_once(desk: Desk, reason: str, words: str) -> None:
    son = appointed(desk, "Sơn", Role.ADMIN)
    for _ in range(3):
        deaf(desk, "zalo_oa", reason)
    told = son.hears()
    assert told.count("zalo_oa") == 1
    assert "7 phút" in told
    assert words in told
    for _ in range(2):
        hears(desk, "zalo_oa")
    assert son.hears().count("nhận tin trở lại") == 1
    desk.now += timedelta(minutes=20)
    deaf(desk, "zalo_oa", reason)
    assert "7 phút" in son.hears(), "the next trouble is another one"


def test_an_account_that_was_never_deaf_is_not_spoken_of(desk: Desk) -> None:
    son = appointed(desk, "Sơn", Role.ADMIN)
    hears(desk, "zalo_oa")
    assert son.hears() == ""
