"""A week of an Official Account by the fake's own clock: windows close, free replies end, nights come.

Whatever the rules could have foreseen is never sent: Zalo refuses nothing.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from bot import premises
from bot.app import App
from bot.settings_oa import OaTemplate
from bot.settings_reach import ReachRules
from handlers import notices
from handlers.office import Office
from messages.types import Address, Say
from storage import clock, members
from storage.database import Transaction
from tests.box import Box, opened
from tests.fakes.zalo_oa import TEMPLATE, FakePerson, FakeZaloOa

PEOPLE = 6
HOURS = 24 * 8
STEP = 6


class Week:
    """One installation whose clock and Zalo's go together."""

    def __init__(self, box: Box, running: App, fake: FakeZaloOa, now: datetime) -> None:
        self.box, self.running, self.fake, self.now = box, running, fake, now
        self.people: list[FakePerson] = [fake.person(number) for number in range(PEOPLE)]
        self.chance = random.Random(5)
        self.pushes = 0

    async def passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.fake.time_passes(hours * 3600)
        await self.running.writer.run(clock.move_to, self.now)

    async def settles(self) -> None:
        assert set(await self.fake.push()) <= {200}
        await self.running.courier.drain()

    async def pushes_to(self, person: FakePerson) -> None:
        """Something that waits for an answer: the result of an initiative, say."""
        self.pushes += 1
        await self.running.writer.run(push, self.box.office, person.user, f"push-{self.pushes}")


def push(db: Transaction, office: Office, user: str, once: str) -> None:
    known = members.by_addresses(db, [Address("zalo_oa", user)])
    for found in known.values():
        assert found.member.id is not None
        say = Say(
            "status.received", {"code": "SK-27-4F7K2", "where": "Công đoàn cơ sở", "given_name": "Lan", "span": None}
        )
        notices.push(db, office, found.member.id, say, topic="status", once=once, now=clock.now(db))


@asynccontextmanager
async def week(url: str, *, rules: dict[str, Any], templates: dict[str, OaTemplate]) -> AsyncIterator[Week]:
    async with AsyncExitStack() as stack:
        box = await stack.enter_async_context(opened(url, "zalo_oa"))
        box.furnish()
        assert isinstance(box.fake, FakeZaloOa)
        (oa,) = box.settings.zalo_oas
        account = oa.model_copy(update={"templates": templates})
        box.settings = box.settings.model_copy(update={"zalo_oas": (account,), "reach": ReachRules(**rules)})
        box.office = premises.make_office(box.settings)
        running = await stack.enter_async_context(box.bot())
        server = await stack.enter_async_context(TestServer(running.site))
        box.fake.hook = str(server.make_url("/hooks/zalo-oa"))
        yield Week(box, running, box.fake, await running.writer.read(clock.now))


CASES: list[tuple[dict[str, Any], int | None, int, dict[str, OaTemplate]]] = [
    ({}, None, 0, {}),
    ({"oa_free_cap": 8}, 8, 0, {}),
    ({"oa_paid": True, "oa_paid_monthly": 3}, 8, 3, {}),
    ({}, None, 0, {"notice": OaTemplate(id="410001", price=200)}),
]


@pytest.mark.parametrize(("rules", "cap", "paid", "templates"), CASES, ids=("plain", "capped", "paid", "templates"))
async def test_a_week_in_which_zalo_refuses_nothing(
    sqlite_database: str, rules: dict[str, Any], cap: int | None, paid: int, templates: dict[str, OaTemplate]
) -> None:
    async with week(sqlite_database, rules=rules, templates=templates) as at:
        at.fake.switches.free_cap, at.fake.paid_left = cap, paid
        for person in at.people:
            person.says("/start")
            await at.settles()
            person.presses("Tôi đồng ý")
            await at.settles()
        at.fake.tokens.access = dict.fromkeys(
            at.fake.tokens.access, float("inf")
        )  # their life is the database's to tell
        for _ in range(0, HOURS, STEP):
            await at.passes(STEP)
            for person in at.people[: PEOPLE // 2]:
                if at.chance.random() < 0.08:
                    person.says("/trogiup")
            await at.pushes_to(at.chance.choice(at.people))
            await at.settles()
        assert at.fake.refusals == []
        assert at.pushes == HOURS // STEP
        assert bool(at.fake.called(TEMPLATE)) == bool(templates)
        silent = at.people[-1]
        before = len(silent.sees)
        silent.says("/trogiup")
        await at.settles()
        await at.settles()
        assert len(silent.sees) > before + (0 if templates else 1)
        assert at.fake.refusals == []
