"""What Zalo tells of its quotas is noted; templates are counted with what they cost; names are kept of members only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from handlers import retention
from handlers.reaching import oa_desk
from handlers.reaching.oa_desk import Told
from messages.types import Address, Arrived, Left, TakenOver
from storage import oa_profiles, windows
from tests.desk import Desk, Visitor

OA = "zalo_oa"
MONTH = "2027-03"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = Desk(database_url)
    yield made
    made.database.close()


def told(lan: Visitor, kind: str = "", left: int | None = None, total: int | None = None, template: str = "") -> Told:
    return Told(lan.address, kind, left, total, None, template)


def test_quotas_are_kept_as_zalo_tells_them(desk: Desk) -> None:
    lan = desk.person("lan", OA)
    with desk.rows() as db:
        oa_desk.note(db, [told(lan, "reply", 7, 8), told(lan, "sub_quota", 1999, 2000), told(lan, "x")], {}, desk.now)
        assert windows.of(db, [lan.address])[lan.address].free_left == 7
        paid = windows.quota(db, OA, windows.PAID, MONTH)
        assert paid is not None
        assert (paid.used, paid.limit) == (2, 2000)


def test_templates_are_counted_by_key_and_by_what_they_cost(desk: Desk) -> None:
    lan = desk.person("lan", OA)
    sent = [told(lan, template="officer"), told(lan, template="officer"), told(lan, template="notice")]
    with desk.rows() as db:
        oa_desk.note(db, sent, {"officer": 200}, desk.now)
        assert windows.used(db, OA, "template.officer", MONTH) == 2
        assert windows.used(db, OA, "template.notice", MONTH) == 1
        assert windows.used(db, OA, oa_desk.COST, MONTH) == 400


def test_names_are_asked_of_members_only_and_once(desk: Desk) -> None:
    stranger, lan = desk.person("la", OA), desk.member("lan", OA)
    desk.member("an", "telegram")
    stranger.says("/start")
    with desk.rows() as db:
        assert oa_desk.nameless(db, OA) == [lan.address.chat]
        oa_desk.keep_name(db, lan.address, "Nguyễn Thị Lan", desk.now)
        oa_desk.keep_name(db, stranger.address, "Người Lạ", desk.now)
        assert oa_desk.nameless(db, OA) == []
        assert oa_desk.called(db, lan.address) == "Nguyễn Thị Lan"
        assert oa_desk.called(db, stranger.address) is None


def test_a_name_zalo_does_not_tell_is_not_asked_for_again(desk: Desk) -> None:
    lan = desk.member("lan", OA)
    with desk.rows() as db:
        oa_desk.keep_name(db, lan.address, "", desk.now)
        assert oa_desk.nameless(db, OA) == []
        assert oa_desk.called(db, lan.address) is None


def test_the_name_goes_with_its_member_and_with_the_agreement(desk: Desk) -> None:
    lan, hoa = desk.member("lan", OA), desk.member("hoa", OA)
    with desk.rows() as db:
        for one in (lan, hoa):
            oa_desk.keep_name(db, one.address, "Nguyễn Thị Lan", desk.now)
    lan.talks("/dulieu", "[Xóa dữ liệu]", "XÓA DỮ LIỆU")
    hoa.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
    with desk.rows() as db:
        assert oa_profiles.name_of(db, lan.address) is None
        retention.forget_newcomers(db, desk.now)
        assert oa_profiles.name_of(db, hoa.address) is None


def test_a_takeover_is_no_word_of_the_member(desk: Desk) -> None:
    lan = desk.member("lan", OA)
    with desk.rows() as db:
        before = windows.of(db, [lan.address])[lan.address].interacted_at
    desk.now += timedelta(minutes=5)
    assert lan.sends(TakenOver()) == ""
    assert lan.says("alo") == ""
    with desk.rows() as db:
        kept = windows.of(db, [lan.address])[lan.address]
        assert before is not None
        assert kept.paused_until == desk.now + timedelta(hours=2)


@pytest.mark.parametrize("follows", [True, False])
def test_who_arrives_in_the_middle_of_a_form_finds_their_question(desk: Desk, follows: bool) -> None:
    desk.furnish("75-nghin-sang-kien")
    lan = desk.member("lan", OA)
    lan.says("/sangkien")
    asked = lan.heard[-1]
    assert lan.sends(Arrived(follows)) == asked.text
    lan.sends(Left())
    with desk.rows() as db:
        assert windows.of(db, [lan.address])[lan.address].follows is False


def test_another_account_has_its_own_names(desk: Desk) -> None:
    with desk.rows() as db:
        assert oa_desk.nameless(db, "zalo_oa:2") == []
        assert oa_desk.called(db, Address("telegram", "1")) is None
        assert oa_desk.last_heard(db, OA) is None
