"""/metrics: every number an operator needs, and nothing that points to a person."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.meters import CONTENT_TYPE, Meters
from bot.web import metrics
from messages.types import Address, Inbound, Outbound, Text
from storage import clock, leases, outbox
from storage.claims import Claimed
from storage.outcomes import Outcome, Report
from storage.tables import Policy, Priority
from tests.box import Box

CHAT = "member-4711"
SAMPLE = re.compile(r'congdoan_[a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+')


def claimed(number: int) -> Claimed:
    return Claimed(
        id=number, fence=1, address=Address("telegram", CHAT), message=Outbound("bí mật"), sealed=b"", member_id=None,
        topic="reply", priority=Priority.REPLY, policy=Policy.AT_LEAST_ONCE, attempts=0, starts_at=datetime.now(UTC),
    )  # fmt: skip


async def test_turns_sends_leases_and_what_waits_are_there_and_no_person_is(database_url: str) -> None:
    box = Box(database_url, "web")
    async with box.bot() as running:
        await running.intake.receive(Inbound(Address("web", CHAT), "u1", Text("xin chào")))
        await running.courier.drain()
        with box.database() as db:
            leases.take(db, "clock", owner="one")
            now = clock.now(db)
            outbox.enqueue(
                db, Address("telegram", CHAT), Outbound("bí mật"), topic="reply", member_id=None,
                priority=Priority.REPLY, policy=Policy.AT_LEAST_ONCE, now=now,
            )  # fmt: skip
        page = await running.meters.page(running.writer)
    lines = page.splitlines()
    assert [line for line in lines if not (line.startswith("# TYPE ") or SAMPLE.fullmatch(line))] == []
    assert 'congdoan_turn_seconds_count{account="web"} 1' in lines
    assert 'congdoan_lease_held{lease="clock",owner="one"} 1' in lines
    assert any(line.startswith('congdoan_sends_total{account="web",outcome="sent",reason=""} ') for line in lines)
    assert any(line.startswith('congdoan_oldest_unsent_seconds{account="telegram"} ') for line in lines)
    assert CHAT not in page
    assert "chào" not in page
    assert "bí mật" not in page


@pytest.mark.parametrize(
    ("outcome", "reason", "pauses"), [(Outcome.PAUSED, "retry_after", 1), (Outcome.REFUSED, 'bad\n"request"', 0)]
)
async def test_a_send_is_counted_by_its_outcome_and_reason(
    sqlite_database: str, outcome: Outcome, reason: str, pauses: int
) -> None:
    box, meters = Box(sqlite_database, "web"), Meters()
    for number in range(3):
        meters.landed(Report(claimed(number), outcome, reason))
    async with box.bot() as running:
        lines = (await meters.page(running.writer)).splitlines()
    told = reason.replace("\n", "\\n").replace('"', '\\"')
    assert f'congdoan_sends_total{{account="telegram",outcome="{outcome}",reason="{told}"}} 3' in lines
    assert ('congdoan_pauses_total{account="telegram"} 3' in lines) == bool(pauses)


def test_the_boxes_of_a_histogram_count_what_is_below_their_bound() -> None:
    meters = Meters()
    for seconds in (0.004, 0.005, 0.3, 9.0):
        meters.turn("web", seconds)
    lines = "".join(meters.own()).splitlines()
    found = {line.split('le="')[1].split('"')[0]: line.split()[-1] for line in lines if "_bucket" in line}
    assert (found["0.005"], found["0.25"], found["0.5"], found["5.0"], found["+Inf"]) == ("2", "2", "3", "3", "4")
    assert 'congdoan_turn_seconds_sum{account="web"} 9.309' in lines


async def test_it_answers_on_a_port_of_its_own_and_only_this_page() -> None:
    async def page() -> str:
        await asyncio.sleep(0)
        return "congdoan_x 1\n"

    async with TestClient(TestServer(metrics.application(page))) as client:
        async with client.get("/metrics") as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, CONTENT_TYPE)
            assert await answer.text() == "congdoan_x 1\n"
        async with client.get("/chat") as answer:
            assert answer.status == 404
