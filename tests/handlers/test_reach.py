"""May we write news? Every refusal by its name, the quiet hours, and the same answer from the rule and from its SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from handlers.reaching import reach
from handlers.reaching.reach import Reason, Rules
from messages.types import Address
from storage import news
from storage.database import Transaction
from storage.news import Standing
from storage.tables import Member, MemberAddress, Outbox, Priority, Sending

HOME = Address("web", "an")
GOOD = Standing(1, erased=False, consented=True, opted_in=True, address=HOME, recent=0, today=0)
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = datetime(2027, 3, 10, 5, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"erased": True, "consented": False, "opted_in": False, "address": None}, Reason.ERASED),
        ({"consented": False, "opted_in": False}, Reason.NO_CONSENT),
        ({"opted_in": False, "address": None}, Reason.OPTED_OUT),
        ({"address": None, "recent": 9}, Reason.UNREACHABLE),
        ({"recent": 2}, None),
        ({"recent": 3, "today": 1}, Reason.WEEKLY_CAP),
        ({"today": 1}, Reason.DAILY_CAP),
    ],
)
def test_each_refusal_has_its_name(changed: dict[str, object], reason: Reason | None) -> None:
    facts = {name: getattr(GOOD, name) for name in Standing.__slots__}
    assert reach.refusal(Standing(**{**facts, **changed}), Rules(weekly=3, daily=1)) is reason


@pytest.mark.parametrize(
    ("moment", "goes"),
    [
        ("2027-03-10T20:59:59", "2027-03-10T20:59:59"),
        ("2027-03-10T21:00:00", "2027-03-11T07:00:00"),
        ("2027-03-10T22:00:00", "2027-03-11T07:00:00"),
        ("2027-03-11T00:00:00", "2027-03-11T07:00:00"),
        ("2027-03-11T06:59:59", "2027-03-11T07:00:00"),
        ("2027-03-11T07:00:00", "2027-03-11T07:00:00"),
    ],
)
def test_what_falls_into_the_quiet_hours_waits_for_seven(moment: str, goes: str) -> None:
    assert reach.opening(at(moment), (21, 7)) == at(goes)
    assert reach.is_quiet(at(moment), (21, 7)) is (moment != goes)


def test_quiet_hours_may_lie_within_one_day() -> None:
    assert reach.opening(at("2027-03-10T12:30:00"), (12, 14)) == at("2027-03-10T14:00:00")
    assert not reach.is_quiet(at("2027-03-10T23:00:00"), (12, 14))


CASES: dict[str, dict[str, object]] = {
    "": {},
    "erased": {"erased_at": NOON, "consent_version": None, "news": False},
    "no_consent": {"consent_version": None},
    "opted_out": {"news": False},
    "unreachable": {},
    "weekly_cap": {},
}


def test_the_rule_and_its_sql_agree_about_everybody(db: Transaction) -> None:
    expected = {}
    for number, (reason, facts) in enumerate(CASES.items()):
        member = Member(created_at=NOON, **{"consent_version": "v1", "news": True, **facts})
        db.add(member)
        db.flush()
        expected[member.id] = reason
        gone = NOON if reason == "unreachable" else None
        db.add(
            MemberAddress(
                account="web", chat=f"c{number}", member_id=member.id, linked_at=NOON, seen_at=NOON, unreachable_at=gone
            )
        )
        if reason in ("weekly_cap", ""):
            for earlier in range(3):
                days = earlier + 1 if reason else earlier + 7
                add_sent(db, member.id, NOON - timedelta(days=days))
    when = {"at": NOON, "midnight": reach.midnight(NOON), "counted": news.PROMISED}
    told = news.standings(db, list(expected), **when)
    rules = Rules(weekly=3)
    assert {number: reach.refusal(one, rules) or "" for number, one in told.items()} == expected
    query = news.standing_query(news.members.c.id.in_(list(expected)), **when).subquery()
    rows = db.execute(select(query.c.member_id, news.why_not(query.c, weekly=3)))
    assert dict(rows.all()) == expected


def add_sent(db: Transaction, member_id: int | None, when: datetime) -> None:
    row = Outbox(
        account="web",
        chat="",
        member_id=member_id,
        topic="news",
        priority=Priority.BROADCAST,
        policy="amo",
        due_at=when,
        settled_at=when,
        created_at=when,
        state=Sending.SENT,
    )
    db.add(row)
    db.flush()


def test_the_address_seen_last_is_written_to_unless_it_refuses(db: Transaction) -> None:
    member = Member(created_at=NOON, consent_version="v1", news=True)
    db.add(member)
    db.flush()
    for chat, hours, gone in (("old", 3, None), ("new", 1, None), ("blocked", 0, NOON)):
        seen = NOON - timedelta(hours=hours)
        db.add(
            MemberAddress(
                account="web", chat=chat, member_id=member.id, linked_at=seen, seen_at=seen, unreachable_at=gone
            )
        )
    db.flush()
    told = news.standings(db, [member.id], at=NOON, midnight=NOON, counted=news.PROMISED)
    assert told[member.id].address == Address("web", "new")
