"""The pairs of tokens on both databases: sealed, replaced only whole, planted once, taken back by a restore."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from storage import tokens
from storage.database import Database
from storage.seals import Seals
from storage.tables import Grant
from tests.post_office import KEY, PostOffice, opened

OA = "zalo_oa"
DAY = timedelta(days=1)


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


def kept(office: PostOffice) -> tuple[str, str, str | None]:
    pair = office.do(tokens.read, OA)
    return pair.access, pair.refresh, pair.trouble


def test_the_settings_plant_a_token_once_only(office: PostOffice) -> None:
    assert office.do(tokens.seed, OA, "RT-1")
    assert kept(office) == ("", "RT-1", None)
    assert not office.do(tokens.seed, OA, "RT-old")
    office.do(tokens.renew, OA, spent="RT-1", access="AT-2", refresh="RT-2", lives=DAY)
    assert not office.do(tokens.seed, OA, "RT-1")
    assert kept(office) == ("AT-2", "RT-2", None)


def test_a_pair_replaces_only_the_one_it_came_from(office: PostOffice) -> None:
    office.do(tokens.seed, OA, "RT-1")
    assert office.do(tokens.renew, OA, spent="RT-1", access="AT-2", refresh="RT-2", lives=DAY)
    assert not office.do(tokens.renew, OA, spent="RT-1", access="AT-x", refresh="RT-x", lives=DAY)
    assert not office.do(tokens.renew, "zalo_oa:2", spent="RT-1", access="AT-x", refresh="RT-x", lives=DAY)
    assert kept(office) == ("AT-2", "RT-2", None)


@pytest.mark.parametrize(("access", "refresh"), [("", "RT-2"), ("AT-2", ""), ("", "")])
def test_half_a_pair_changes_nothing(office: PostOffice, access: str, refresh: str) -> None:
    office.do(tokens.seed, OA, "RT-1")
    with pytest.raises(ValueError, match="half"):
        office.do(tokens.renew, OA, spent="RT-1", access=access, refresh=refresh, lives=DAY)
    with pytest.raises(ValueError, match="half"):
        office.do(tokens.authorise, OA, access=access, refresh=refresh, lives=DAY)
    assert kept(office) == ("", "RT-1", None)


def test_the_pair_before_stays_to_be_seen(office: PostOffice) -> None:
    office.do(tokens.seed, OA, "RT-1")
    office.do(tokens.renew, OA, spent="RT-1", access="AT-2", refresh="RT-2", lives=DAY)
    with office.database.reading() as db:
        row = db.exec(select(Grant)).one()
        assert db.seals.open(row.previous or b"") == ["", "RT-1"]
        assert row.expires_at - row.granted_at == DAY
        assert b"RT-2" not in (row.pair or b"")


def test_trouble_is_noted_for_the_pair_it_befell_and_ends_with_it(office: PostOffice) -> None:
    office.do(tokens.seed, OA, "RT-1")
    office.do(tokens.complain, OA, spent="RT-0", reason="-14014")
    assert kept(office) == ("", "RT-1", None)
    office.do(tokens.complain, OA, spent="RT-1", reason="-14014")
    assert kept(office) == ("", "RT-1", "-14014")
    office.do(tokens.authorise, OA, access="AT-2", refresh="RT-2", lives=DAY)
    assert kept(office) == ("AT-2", "RT-2", None)


def test_a_restore_takes_every_pair_back_and_the_settings_plant_none(office: PostOffice) -> None:
    office.do(tokens.authorise, OA, access="AT-1", refresh="RT-1", lives=DAY)
    office.do(tokens.authorise, "zalo_oa:2", access="AT-2", refresh="RT-2", lives=DAY)
    assert office.do(tokens.revoke_all) == [OA, "zalo_oa:2"]
    assert kept(office) == ("", "", "revoked")
    assert not office.do(tokens.seed, OA, "RT-1")
    assert set(office.do(tokens.every)) == {OA, "zalo_oa:2"}
    assert not office.do(tokens.renew, OA, spent="RT-1", access="AT-9", refresh="RT-9", lives=DAY)


def test_another_key_opens_no_pair(office: PostOffice, database_url: str) -> None:
    office.do(tokens.authorise, OA, access="AT-1", refresh="RT-1", lives=DAY)
    other = Database(database_url, Seals([KEY + "-another"]))
    with other.reading() as db:
        pair = tokens.read(db, OA)
    other.close()
    assert pair is not None
    assert (pair.access, pair.refresh, pair.trouble) == ("", "", "wrong_key")
    assert "RT-1" not in repr(kept)
    assert "RT-1" not in repr(office.do(tokens.read, OA))
