"""The demo's clock: jumping ahead, the officer is reminded at 08:00 of every day on which a reminder falls due."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import app, config
from bot.app import App
from bot.settings import Settings
from bot.web.demo import DEMO, DemoState
from handlers.duties import days as duty_dates
from messages.dates import ZONE, day_of
from messages.types import Address
from storage import clock, programmes, transcript
from storage.database import Transaction

OFFICER = Address("web", "demo-officer")
REMINDED = re.compile(r"Nhắc hạn: (còn \d+ ngày|hạn cuối hôm nay)|đã (quá hạn \d+ ngày)")


def first_duty(db: Transaction) -> tuple[datetime, str]:
    """The first thing the school of the demo's officer owes: its bound and its title."""
    owed = (duty for row in programmes.every(db) for duty in programmes.duties(db, row.id or 0))
    return min((duty.due_at, duty.title) for duty in owed if duty.by_level == "base")


async def heard(running: App, title: str) -> list[tuple[datetime, str]]:
    """When the officer was told what about one duty."""
    lines = await running.writer.read(transcript.since, OFFICER, 0, limit=1000)
    told = [(line.at, line.message.text) for line in lines if title in line.message.text]
    return [(at, next(filter(None, found.groups()))) for at, text in told if (found := REMINDED.search(text))]


async def jump_past(running: App, end: datetime, kind: str) -> list[DemoState]:
    """Jump until the clock has passed a moment; the page as it stood before each jump."""
    demo, states = running.site[DEMO], []
    while (state := await demo.state()).now < end:
        states.append(state)
        await demo.jump(kind)  # type: ignore[arg-type]
    return states


@pytest.mark.long
async def test_a_day_at_a_time_nothing_is_missed(tmp_path: Path) -> None:
    settings = config.for_demo(Settings(), tmp_path)
    async with app.running(settings, demo=True) as running:
        due, title = await running.writer.read(first_duty)
        overdue = duty_dates.instant(duty_dates.last_day(due)) + timedelta(days=1)
        await jump_past(running, overdue, "day")
        told = await heard(running, title)
        state = await running.site[DEMO].state()
    words = [text for _, text in told]
    wanted = ["còn 7 ngày", "còn 3 ngày", "còn 1 ngày", "hạn cuối hôm nay", "quá hạn 1 ngày"]
    assert [text for text in words if text in wanted] == wanted
    assert [day_of(at) for at, _ in told] == list(duty_dates.days(due))
    assert {at.astimezone(ZONE).hour for at, _ in told} == {8}
    assert next(step.done for step in state.steps if step.key == "remind")
    assert any("được nhắc" in words for _, words in state.happened)


async def test_the_next_thing_is_named_and_reached(tmp_path: Path) -> None:
    settings = config.for_demo(Settings(), tmp_path)
    async with app.running(settings, demo=True) as running:
        due, title = await running.writer.read(first_duty)
        first = duty_dates.instant(duty_dates.days(due)[0])
        states = await jump_past(running, first, "next")
        assert states[-1].next == (first, f"nhắc hạn “{title}”")
        assert [text for _, text in await heard(running, title)]
        now = await running.writer.read(clock.now)
    assert first <= now < first + timedelta(minutes=5)
