"""A question that takes long is answered beside the writer: the turn waits for its answer, nobody else waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.commands import orders
from bot.commands.broadcast_orders import ConfirmBroadcast, CreateBroadcast
from bot.control import Refused
from bot.intake import Intake
from bot.writer import Writer
from handlers.news import audience
from messages.types import Inbound, Text
from storage import clock, settings
from storage.tables import Announcing, Audit, Broadcast, Role, Seen
from tests import people
from tests.desk import Desk
from tests.mailroom import Mailroom


@pytest.fixture
def desk(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Any audience is a large one."""
    monkeypatch.setattr(audience, "FEW", 0)
    desk = Desk(database_url)
    desk.furnish()
    with desk.rows() as db:
        settings.write(db, clock.OFFSET, (desk.now - db.clock()).total_seconds())
    for chat in ("a", "b", "c"):
        Mailroom(desk).subscribe(chat, news_too=chat != "c")
    yield desk
    desk.database.close()


@asynccontextmanager
async def writing(desk: Desk) -> AsyncIterator[Writer]:
    writer = Writer(desk.database)
    writer.open()
    try:
        yield writer
    finally:
        await writer.close()


async def test_a_preview_tells_the_exact_number_in_one_answer_and_marks_its_update_once(desk: Desk) -> None:
    staff = people.officer(desk, "GD51", Role.STAFF, name="tuan")
    staff.hears()
    async with writing(desk) as writer:
        intake = Intake(writer, desk.office, lambda: None)
        for number, line in enumerate(("/soantin", "Mời dự họp.", "GD51")):
            await intake.receive(Inbound(staff.address, f"x{number}", Text(line)))
    heard = staff.hears()
    assert heard.count("Xem trước tin") == 1
    assert "Số người nhận: 2 " in heard
    with desk.rows() as db:
        marks = select(func.count()).select_from(Seen).where(col(Seen.update_id) == "x2")
        assert db.scalar(marks) == 1


async def test_meanwhile_others_are_answered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stranger says while the audience is being counted is committed before the count is there."""
    staff, stranger = people.officer(desk, "GD51", Role.STAFF, name="tuan"), desk.person("an")
    order: list[str] = []
    async with writing(desk) as writer:
        intake = Intake(writer, desk.office, lambda: None)
        for number, line in enumerate(("/soantin", "Mời dự họp.")):
            await intake.receive(Inbound(staff.address, f"x{number}", Text(line)))
        read = writer.read

        async def read_after_the_stranger(*work: object) -> object:
            await intake.receive(Inbound(stranger.address, "s", Text("xin chào")))
            order.append("stranger")
            return await read(*work)  # type: ignore[arg-type]

        monkeypatch.setattr(writer, "read", read_after_the_stranger)
        await intake.receive(Inbound(staff.address, "x2", Text("GD51")))
        order.append("staff")
    assert order == ["stranger", "staff"]


async def test_an_order_of_the_command_line_counts_beside_too_and_wants_the_right_number(desk: Desk) -> None:
    async with writing(desk) as writer:
        carry = orders.carrier(writer, desk.office)
        told = await carry(orders.pack(CreateBroadcast(text="Mời dự họp.", unit="GD51"), "root"))
        assert "Số người nhận: 2" in told["text"]
        with desk.rows() as db:
            (row,) = db.scalars(select(Broadcast))
        with pytest.raises(Refused):
            await carry(orders.pack(ConfirmBroadcast(code=row.code, recipients=3), "root"))
        await carry(orders.pack(ConfirmBroadcast(code=row.code, recipients=2), "root"))
    with desk.rows() as db:
        assert db.scalars(select(col(Broadcast.state))).one() == Announcing.SENDING
        made = select(func.count()).select_from(Audit).where(col(Audit.action) == "broadcast.create")
        assert db.scalar(made) == 1, "what was begun before the count was known left nothing behind"
