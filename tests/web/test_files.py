"""The pages about files: the code opens them, wrong ones close them, what comes out is saved and never shown."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import ClientResponse, FormData, web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.web import WebChannel
from bot.web import application
from bot.web.files import MOST_AT_ONCE, PICTURES, TRIES, Cabinet
from bot.web.keys import Site
from bot.writer import Writer
from handlers.actors import COMMAND_LINE
from handlers.files import files
from handlers.files.files import Offer, Upload
from handlers.files.links import MOST_WRONG
from handlers.units import tree as units
from messages.types import Address, Inbound
from storage import clock, members
from storage.database import Database, Transaction
from storage.seals import Seals
from tests.box import KEY, SEALS, UNITS, office

HOME = "https://tro-ly.congdoan.example"
OFFICE = dataclasses.replace(office(), public_url=HOME)
SCAN = b"%PDF-1.7 " + b"a scan of a petition " * 40
TITLE = "Hồ sơ khen thưởng"
OURS = {"Sec-Fetch-Site": "same-origin"}


class NoIntake:
    async def receive(self, inbound: Inbound) -> None:
        raise AssertionError(inbound)


@dataclass
class Counter:
    """The counter at which files are handed over, and somebody in front of it."""

    client: TestClient[web.Request, web.Application]
    writer: Writer
    member_id: int

    async def offer(self, *, incoming: bool = True) -> Offer:
        return await self.writer.run(self._offer, incoming)

    def _offer(self, db: Transaction, incoming: bool) -> Offer:
        now = clock.now(db)
        if incoming:
            offer = files.offer_upload(
                db,
                OFFICE,
                member_id=self.member_id,
                purpose="award",
                subject="KT-1",
                title=TITLE,
                channel="web",
                now=now,
                most=2,
            )
        else:
            made = {"purpose": "report", "subject": "R1", "member_id": self.member_id}
            kept = files.store(db, OFFICE, **made, upload=Upload("Báo cáo quý.pdf", SCAN), now=now)
            assert not isinstance(kept, files.Refusal)
            offer = files.offer_download(
                db, OFFICE, member_id=self.member_id, file=kept, title=TITLE, channel="web", now=now
            )
        assert offer is not None
        return offer

    async def sends(self, offer: Offer, code: str, *uploads: Upload, headers: dict[str, str] = OURS) -> ClientResponse:
        form = FormData(quote_fields=False, charset="utf-8", default_to_multipart=True)
        form.add_field("code", code)
        for each in uploads:
            form.add_field("file", io.BytesIO(each.content), filename=each.name, content_type="application/pdf")
        return await self.client.post(offer.link.removeprefix(HOME), data=form, headers=headers)


@pytest.fixture
async def counter(sqlite_database: str) -> AsyncIterator[Counter]:
    database = Database(sqlite_database, Seals([KEY]))
    writer = Writer(database)
    writer.open()
    site = Site("http://127.0.0.1", "Công đoàn", home=HOME)
    cabinet = Cabinet(writer, OFFICE, clock=lambda: 0.0)
    app = application(intake=NoIntake(), records=writer, channel=WebChannel(), site=site, seals=SEALS, cabinet=cabinet)
    async with TestClient(TestServer(app)) as client:
        yield Counter(client, writer, await writer.run(_member))
    await writer.close()
    database.close()


def _member(db: Transaction) -> int:
    known = members.join(db, Address("web", "an"), clock.now(db))
    known.member.consent_version = "v"
    units.apply(db, COMMAND_LINE, units.plan(db, units.read_sheet(UNITS.read_bytes(), "units.csv")), now=clock.now(db))
    assert known.member.id is not None
    return known.member.id


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_a_file_is_handed_in_with_the_code_of_the_chat(counter: Counter) -> None:
    offer = await counter.offer()
    page = await counter.client.get(offer.link.removeprefix(HOME))
    shown = await page.text()
    assert page.status == 200
    assert TITLE in shown
    assert offer.code not in shown
    assert "no-store" in page.headers["Cache-Control"]
    done = await counter.sends(offer, offer.code, Upload("Tờ trình.pdf", SCAN), Upload("Bằng khen.pdf", SCAN))
    told = await done.text()
    assert done.status == 200
    assert "Tờ trình.pdf" in told
    kept = await counter.writer.read(files.of_subject, "award", "KT-1")
    assert {info.name for info in kept} == {"Tờ trình.pdf", "Bằng khen.pdf"}
    again = await counter.client.get(offer.link.removeprefix(HOME))
    assert again.status == 410


@pytest.mark.parametrize(
    ("uploads", "status", "words"),
    [
        ([], 400, "chưa chọn tệp"),
        ([Upload("a.pdf", SCAN)] * 3, 413, "nhiều nhất 2 tệp"),
        ([Upload("a.pdf", b"<script>alert(1)</script>")], 415, "Chưa tệp nào được lưu"),
        ([Upload("a.pdf", b"%PDF-" + bytes(files.MOST_BYTES))], 413, "lớn hơn 10 MB"),
    ],
)
async def test_what_is_not_taken_is_said_and_the_code_stays_good(
    counter: Counter, uploads: list[Upload], status: int, words: str
) -> None:
    offer = await counter.offer()
    refused = await counter.sends(offer, offer.code, *uploads)
    assert refused.status == status
    assert words in await refused.text()
    assert (await counter.sends(offer, offer.code, Upload("a.pdf", SCAN))).status == 200


async def test_a_body_beyond_all_bounds_is_not_even_read(counter: Counter) -> None:
    offer = await counter.offer()
    huge = Upload("a.pdf", bytes(MOST_AT_ONCE))
    assert (await counter.sends(offer, offer.code, huge)).status == 413


async def test_wrong_codes_close_a_link(counter: Counter) -> None:
    offer = await counter.offer()
    answers = [(await counter.sends(offer, other(offer.code), Upload("a.pdf", SCAN))).status for _ in range(MOST_WRONG)]
    assert answers == [403] * (MOST_WRONG - 1) + [410]
    assert (await counter.sends(offer, offer.code, Upload("a.pdf", SCAN))).status == 410


async def test_one_place_cannot_try_codes_of_many_links(counter: Counter) -> None:
    offers = [await counter.offer() for _ in range(int(TRIES.burst) + 1)]
    answers = [(await counter.sends(each, other(each.code), Upload("a.pdf", SCAN))).status for each in offers]
    assert answers == [403] * int(TRIES.burst) + [429]


async def test_another_site_cannot_make_a_browser_send(counter: Counter) -> None:
    offer = await counter.offer()
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await counter.sends(offer, offer.code, Upload("a.pdf", SCAN), headers=foreign)).status == 403
    assert (await counter.client.get(offer.link.removeprefix(HOME))).status == 200


async def test_a_file_comes_out_to_be_saved_and_more_than_once(counter: Counter) -> None:
    offer = await counter.offer(incoming=False)
    page = await counter.client.get(offer.link.removeprefix(HOME))
    assert 'type="file"' not in await page.text()
    assert (await counter.sends(offer, other(offer.code))).status == 403
    ready = await (await counter.sends(offer, offer.code)).text()
    link = ready.partition('href="/files/fetch/')[2].partition('"')[0]
    for _ in range(2):
        given = await counter.client.get(f"/files/fetch/{link}")
        assert await given.read() == SCAN
        assert given.headers["Content-Disposition"].startswith("attachment;")
        assert "B%C3%A1o%20c%C3%A1o%20qu%C3%BD.pdf" in given.headers["Content-Disposition"]
        assert given.headers["X-Content-Type-Options"] == "nosniff"
        assert given.headers["Cache-Control"] == "no-store"
    assert (await counter.client.get(offer.link.removeprefix(HOME))).status == 410


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/files/7K2M4XPA7K2M4XPA7K2M4XPA7K", 410),
        ("/files/fetch/7K2M4XPA7K2M4XPA7K2M4XPA7K", 410),
        ("/files/..%2f..%2fetc", 404),
        ("/files/short", 404),
    ],
)
async def test_an_address_nobody_gave_out_opens_nothing(counter: Counter, path: str, status: int) -> None:
    assert (await counter.client.get(path)).status == status


async def test_a_unit_s_picture_may_be_fetched_again_and_again(counter: Counter) -> None:
    bodies = set()
    for _ in range(2):
        answer = await counter.client.get("/pictures/GD51-01.png")
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        bodies.add(await answer.read())
    (body,) = bodies
    assert body.startswith(b"\x89PNG")
    assert (await counter.client.get("/pictures/KHONG-CO.png")).status == 404


async def test_pictures_are_drawn_only_so_often_for_one_place(counter: Counter) -> None:
    got = [(await counter.client.get("/pictures/NONE.png")).status for _ in range(int(PICTURES.burst) + 1)]
    assert got == [404] * int(PICTURES.burst) + [429]
