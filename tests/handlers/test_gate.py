"""The gate: what does not fit goes another way, waits with its reason, or is refused by name; its SQL agrees."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from handlers import notices
from handlers.news import audience
from handlers.reaching import reach, ways
from handlers.reaching.gate import PATIENCE, Gate
from handlers.reaching.promises import Now, Promise, Waits, is_promised
from handlers.reaching.reach import Reason, Refuse, Terms, What
from messages.types import Address, Say, Text
from storage import claims, clock, members, outcomes, settings, units, windows
from storage.allowances import barred
from storage.claims import Claimed
from storage.database import Transaction
from storage.outcomes import Outcome, Report
from storage.pace import Rate
from storage.tables import Member, MemberAddress, Outbox, Priority
from tests.box import START
from tests.desk import Desk

DAY = timedelta(days=1)
OA = Terms(window=7 * DAY, free=2 * DAY, free_kept=1, night=(22, 6))
BOT = Terms(month=10, shares={What.NEWS: 0.5, What.NOTICE: 0.8, What.OFFICER: 0.9})
ACCOUNTS = ("zalo_oa", "zalo_bot", "telegram", "web")
RESULT = Say("common.old_button", {})


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    desk.office = dataclasses.replace(desk.office, terms={"zalo_oa": OA, "zalo_bot": BOT})
    yield desk
    desk.database.close()


def somebody(desk: Desk, *homes: tuple[str, timedelta]) -> int:
    """A member whose addresses were used so long ago, the last named the last used."""
    with desk.rows() as db:
        member = Member(created_at=desk.now, consent_version=desk.office.notice_version, news=True)
        db.add(member)
        db.flush()
        assert member.id is not None
        for number, (account, ago) in enumerate(homes):
            chat = f"{account}-{member.id}-{number}"
            at = desk.now - ago
            moments = {"linked_at": at, "seen_at": desk.now - ago}
            db.add(MemberAddress(account=account, chat=chat, member_id=member.id, **moments))
            if account.startswith("zalo"):
                windows.note_interaction(db, Address(account, chat), at)
        return member.id


def push(desk: Desk, member_id: int, topic: str = "status", once: str = "result:1", say: Say = RESULT) -> Promise:
    with desk.rows() as db:
        return notices.push(db, desk.office, member_id, say, topic=topic, once=once, now=desk.now)


def claim(desk: Desk) -> list[Claimed]:
    """Everything that would start now, over two looks: what takes another way goes a moment later."""
    found = []
    for _ in range(2):
        with desk.rows() as db:
            settings.write(db, clock.OFFSET, (desk.now - db.clock()).total_seconds())
        with desk.rows() as db:
            rates, room = [Rate(account) for account in ACCOUNTS], dict.fromkeys(ACCOUNTS, 100)
            found += claims.claim(db, rates, owner="test", room=room, gate=Gate(desk.office)).claimed
        desk.now += timedelta(seconds=2)
    return found


def rows(desk: Desk) -> list[tuple[str, str, str | None]]:
    with desk.rows() as db:
        named = select(col(Outbox.account), col(Outbox.state), col(Outbox.reason))
        return [tuple(row) for row in db.execute(named.order_by(col(Outbox.id)))]


def test_a_push_goes_to_the_address_used_last_that_carries_it(desk: Desk) -> None:
    for homes, account in (
        ((("telegram", DAY), ("zalo_oa", timedelta())), "zalo_oa"),
        ((("telegram", 9 * DAY), ("zalo_oa", 8 * DAY)), "telegram"),
        ((("zalo_oa", DAY), ("zalo_bot", timedelta())), "zalo_bot"),
        ((("zalo_oa", 8 * DAY),), "zalo_oa"),
    ):
        assert is_promised(push(desk, somebody(desk, *homes), once=f"r:{homes}"))
        assert rows(desk)[-1][0] == account


def test_a_row_whose_window_closed_meanwhile_takes_the_other_address_once(desk: Desk) -> None:
    member_id = somebody(desk, ("telegram", 6 * DAY), ("zalo_oa", DAY))
    push(desk, member_id)
    assert rows(desk) == [("zalo_oa", "ready", None)]
    desk.now += 8 * DAY
    sent = claim(desk)
    assert [one.address.account for one in sent] == ["telegram"]
    push(desk, member_id)
    assert rows(desk) == [("telegram", "claimed", None)]


def test_without_another_way_it_waits_with_its_reason_until_the_person_writes(desk: Desk) -> None:
    member_id = somebody(desk, ("zalo_oa", 8 * DAY))
    assert push(desk, member_id) == Waits(Reason.WINDOW_CLOSED, 2 * DAY)
    assert claim(desk) == []
    assert rows(desk) == [("zalo_oa", "ready", "window_closed")]
    with desk.rows() as db:
        address = windows.ways(db, [member_id])[member_id][0].address
    desk.take(address, Text("alo"))
    answered = claim(desk)
    assert [one.topic for one in answered] == ["reply"], "an answer goes first, one at a time to a chat"
    with desk.rows() as db:
        reports = [Report(one, Outcome.SENT) for one in answered]
        outcomes.settle(db, reports, owner="test", chance=random.Random(1))
    assert [one.topic for one in claim(desk)] == ["status"]


def test_somebody_who_links_another_chat_gets_what_waited_there(desk: Desk) -> None:
    member_id = somebody(desk, ("zalo_oa", 8 * DAY))
    push(desk, member_id)
    claim(desk)
    with desk.rows() as db:
        db.add(MemberAddress(account="web", chat="new", member_id=member_id, linked_at=desk.now, seen_at=desk.now))
    desk.now += timedelta(hours=7)
    assert [one.address.account for one in claim(desk)] == ["web"]


def test_after_long_it_is_given_up_under_its_reason_and_counted(desk: Desk) -> None:
    push(desk, somebody(desk, ("zalo_oa", 8 * DAY)))
    claim(desk)
    desk.now += PATIENCE
    assert claim(desk) == []
    assert rows(desk) == [("zalo_oa", "cancelled", "window_closed")]
    with desk.rows() as db:
        assert windows.used(db, "zalo_oa", "refused.window_closed", reach.day_of(desk.now)) == 1


def test_news_and_answers_do_not_wait(desk: Desk) -> None:
    member_id = somebody(desk, ("zalo_oa", 8 * DAY))
    with desk.rows() as db:
        address = windows.ways(db, [member_id])[member_id][0].address
        for priority, topic in ((Priority.BROADCAST, "news"), (Priority.REPLY, "reply")):
            notices.enqueue(
                db, desk.office, address, RESULT, member_id=member_id, topic=topic, priority=priority, now=desk.now
            )
    assert claim(desk) == []
    assert rows(desk) == [("zalo_oa", "cancelled", "window_closed")] * 2


def test_a_month_s_last_messages_are_kept_for_answers_and_those_in_flight_count(desk: Desk) -> None:
    people = [somebody(desk, ("zalo_bot", timedelta())) for _ in range(6)]
    with desk.rows() as db:
        windows.count(db, "zalo_bot", windows.MESSAGES, reach.month_of(desk.now), 5)
    for number, member_id in enumerate(people):
        push(desk, member_id, once=f"r:{number}")
    assert len(claim(desk)) == 3, "eight of ten for notices"
    assert [row[2] for row in rows(desk) if row[1] == "ready"] == ["month_spent"] * 3


def test_a_template_goes_only_for_the_message_it_was_made_for(desk: Desk) -> None:
    named = {"templates": frozenset({What.OFFICER}), "template_names": frozenset({"officer.link_used"})}
    terms = dataclasses.replace(OA, **named)
    desk.office = dataclasses.replace(desk.office, terms={"zalo_oa": terms})
    member_id = somebody(desk, ("zalo_oa", 8 * DAY))
    push(desk, member_id, topic="officer", once="a", say=Say("officer.link_used", {}))
    push(desk, somebody(desk, ("zalo_oa", 8 * DAY)), topic="officer", once="b", say=RESULT)
    (sent,) = claim(desk)
    assert sent.message.template is not None
    assert sent.message.template.key == "officer.link_used"
    assert [row[1:] for row in rows(desk)] == [("claimed", None), ("ready", "window_closed")]


def test_officers_whom_no_channel_reaches_are_known_by_reason(desk: Desk) -> None:
    reached = somebody(desk, ("telegram", 90 * DAY), ("zalo_oa", 8 * DAY))
    closed = somebody(desk, ("zalo_oa", 8 * DAY))
    blocked = somebody(desk, ("telegram", DAY))
    with desk.rows() as db:
        members.unreachable(db, windows.ways(db, [blocked])[blocked][0].address, desk.now)
        lost = ways.out_of_reach(db, desk.office, [reached, closed, blocked, 999], desk.now)
    assert lost == {closed: Reason.WINDOW_CLOSED, blocked: Reason.UNREACHABLE, 999: Reason.UNREACHABLE}


def test_staff_see_who_is_reachable_now_and_why_the_others_are_not(desk: Desk) -> None:
    for homes in (
        [("telegram", 30 * DAY)],
        [("zalo_oa", DAY)],
        [("telegram", 30 * DAY), ("zalo_oa", 8 * DAY)],
        [("zalo_oa", 8 * DAY)],
        [("zalo_oa", 3 * DAY)],
        *([("zalo_bot", DAY)] for _ in range(6)),
    ):
        somebody(desk, *homes)
    with desk.rows() as db:
        unit = units.by_code(db, "LDLD51")
        assert unit is not None
        counts = audience.count(db, desk.office, unit, desk.now, desk.now)
    assert (counts.recipients, counts.everybody) == (8, 11)
    assert dict(counts.by_channel) == {"zalo_bot": 5, "telegram": 2, "zalo_oa": 1}
    assert dict(counts.skipped) == {"window_closed": 1, "free_spent": 1, "month_spent": 1}


AGES = (None, timedelta(), 2 * DAY - reach.MARGIN, 2 * DAY, 3 * DAY, 7 * DAY - reach.MARGIN, 8 * DAY)
LEFT = (None, 0, 1, 2)
VARIANTS = (
    OA,
    dataclasses.replace(OA, free_cap=1),
    dataclasses.replace(OA, paid=True, follow=True),
    dataclasses.replace(OA, paid=True, paid_month=0),
    dataclasses.replace(OA, free=None, free_kept=0),
    dataclasses.replace(BOT, month=0),
    BOT,
)


def test_the_rule_and_its_sql_agree_about_every_chat(desk: Desk) -> None:
    facts = list(itertools.product(AGES, LEFT, (None, START + DAY, START), (None, False)))
    chats = [Address("zalo_oa:2", str(number)) for number in range(len(facts))]
    with desk.rows() as db:
        for address, (age, left, until, follows) in zip(chats, facts, strict=True):
            member = members.join(db, address, START)
            member.member.consent_version = "v"
            if age is not None:
                windows.note_interaction(db, address, START - age)
            windows.note_free(db, address, left, until)
            if follows is False:
                windows.note_follow(db, address, follows=False, at=START)
        for terms in VARIANTS:
            office = dataclasses.replace(desk.office, terms={"zalo_oa": terms})
            assert told_by_sql(db, office) == told_by_rule(db, office, chats)


def told_by_sql(db: Transaction, office: ways.Office) -> dict[str, str]:
    homes, kept = SQLModel.metadata.tables["address"], windows.windows
    allowed = ways.allowances(db, office, What.NEWS, START, START)
    there = (kept.c.account == homes.c.account) & (kept.c.chat == homes.c.chat)
    query = select(homes.c.chat, barred(homes, kept, allowed)).select_from(homes.outerjoin(kept, there))
    return {row.chat: row[1] for row in db.execute(query)}


def told_by_rule(db: Transaction, office: ways.Office, chats: list[Address]) -> dict[str, str]:
    budget, known = ways.Budget(db, office, START), windows.of(db, chats)
    found = {each.chat: budget.ask(What.NEWS, ways.way_from(each, known.get(each))) for each in chats}
    return {chat: one.reason.value if isinstance(one, Refuse) else "" for chat, one in found.items()}


def test_a_message_without_a_template_of_its_own_is_said_to_wait(desk: Desk) -> None:
    named = {"templates": frozenset({What.OFFICER}), "template_names": frozenset({"officer.link_used"})}
    desk.office = dataclasses.replace(desk.office, terms={"zalo_oa": dataclasses.replace(OA, **named)})
    member_id = somebody(desk, ("zalo_oa", 8 * DAY))
    assert push(desk, member_id, topic="officer", once="a", say=Say("officer.link_used", {})) == Now()
    assert isinstance(push(desk, member_id, topic="officer", once="b"), Waits)
