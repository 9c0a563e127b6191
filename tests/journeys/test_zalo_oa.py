"""What only an Official Account has: following, the form for one's number, colleagues who answer by hand, receipts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from handlers.reaching import oa_desk
from messages.types import Address
from storage import clock, windows
from storage.tables import Grant
from tests.box import Box, Person, opened
from tests.fakes.zalo_oa import FakePerson, FakeZaloOa
from tests.lines.zalo_oa import ZaloOaLine

BUSY = "Nguyễn Văn An"


@pytest.fixture
async def box(sqlite_database: str) -> AsyncIterator[Box]:
    async with opened(sqlite_database, "zalo_oa") as made:
        made.furnish()
        yield made


@pytest.fixture
def an(box: Box) -> Person:
    return box.person("An")


def at_zalo(person: Person) -> FakePerson:
    """The person as Zalo knows them."""
    assert isinstance(person.line, ZaloOaLine)
    return person.line.person


def fake_of(box: Box) -> FakeZaloOa:
    assert isinstance(box.fake, FakeZaloOa)
    return box.fake


async def test_who_follows_is_greeted_and_asked(an: Person) -> None:
    at_zalo(an).follows()
    assert "Trợ lý Công đoàn" in await an.hears()
    assert an.labels == ["Tôi đồng ý", "Không đồng ý"]
    assert "Anh/chị" in await an.presses("Tôi đồng ý")
    at_zalo(an).follows()
    assert "hỗ trợ việc gì" in await an.hears()


async def test_the_form_answers_the_question_for_the_phone(an: Person) -> None:
    await an.talks("/start", "[Tôi đồng ý]", "/sangkien", BUSY)
    assert [seen.form["title"] for seen in at_zalo(an).sees if seen.form] == ["Chia sẻ số của tôi"]
    at_zalo(an).submits(phone="84912345678")
    assert "tỉnh" in (await an.hears()).lower()


async def test_words_of_danger_are_answered_also_while_a_colleague_writes_by_hand(an: Person) -> None:
    await an.talks("/start", "[Tôi đồng ý]")
    at_zalo(an).is_answered_by_hand("Em chào anh, em gọi lại ngay ạ.")
    await an.hears()
    said = await an.says("Em không muốn sống nữa")
    assert "gọi 115" in said
    assert "Đây là tin tự động." in said


async def test_while_a_colleague_answers_by_hand_the_bot_is_silent(box: Box, an: Person) -> None:
    await an.talks("/start", "[Tôi đồng ý]")
    at_zalo(an).is_answered_by_hand("Em chào anh, em gọi lại ngay ạ.")
    await an.hears()
    assert await an.says("Vâng, tôi chờ") == ""
    with box.database() as db:
        later = clock.now(db) + timedelta(hours=2, minutes=1)
    box.move_clock(later)
    assert "hỗ trợ việc gì" in await an.says("/start")


async def test_receipts_and_echoes_say_nothing(box: Box, an: Person) -> None:
    await an.talks("/start", "[Tôi đồng ý]")
    at_zalo(an).reads()
    fake_of(box).switches.echo = "before"
    assert await an.hears() == ""
    said = await an.says("/trogiup")
    assert said.count("/sangkien") <= 1
    assert await an.hears() == ""


async def test_who_unfollows_gets_no_push_until_they_write_again(box: Box, an: Person) -> None:
    await an.talks("/start", "[Tôi đồng ý]")
    at_zalo(an).unfollows()
    assert await an.hears() == ""
    with box.database() as db:
        kept = windows.of(db, [Address("zalo_oa", at_zalo(an).user)])
        assert [window.follows for window in kept.values()] == [False]
    assert "hỗ trợ việc gì" in await an.says("/start")


async def test_a_name_is_asked_for_after_the_agreement_once_and_offered(box: Box, an: Person) -> None:
    lan = at_zalo(an)
    lan.name = "Nguyễn Thị Lan"
    await an.says("/start")
    async with box.bot():
        pass
    assert lan.profile_asked == 0
    await an.presses("Tôi đồng ý")
    for _ in range(2):
        async with box.bot() as running:
            while not await running.writer.read(oa_desk.called, Address("zalo_oa", lan.user)):
                continue
    assert lan.profile_asked == 1
    await an.says("/sangkien")
    assert an.labels[:1] == ["Nguyễn Thị Lan"]
    assert "số điện thoại" in (await an.presses("Nguyễn Thị Lan")).lower()


async def test_free_replies_left_are_noted_as_zalo_says(box: Box, an: Person) -> None:
    fake_of(box).switches.free_cap = 8
    await an.talks("/start", "[Tôi đồng ý]")
    with box.database() as db:
        (window,) = windows.of(db, [Address("zalo_oa", at_zalo(an).user)]).values()
    assert window.free_left == 8 - at_zalo(an).free_used
    assert window.free_until is not None
    assert window.interacted_at is not None
    assert window.free_until > window.interacted_at


async def test_fifty_answers_with_an_expired_token_bring_about_one_renewal(box: Box) -> None:
    people = [box.person(f"N{number}") for number in range(50)]
    await people[0].says("/start")
    fake = fake_of(box)
    asked = fake.granted
    fake.expire_tokens()
    with box.database() as db:
        old = db.clock() - timedelta(hours=19)
        db.execute(update(Grant).values(granted_at=old))
    for person in people:
        at_zalo(person).says("/start")
    await people[0].hears()
    assert all(at_zalo(person).sees for person in people)
    assert fake.granted == asked + 1
