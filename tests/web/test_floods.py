"""Floods of connections: who is known is served meanwhile, and nothing of a flood lasts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from playwright.async_api import Browser, expect

from bot.web import cookies, guards
from bot.web.door import Door
from bot.web.keys import SITE, Site
from bot.web.throttle import Rate, Throttle
from messages.types import Address
from storage import transcript
from tests import patience
from tests.browser import window
from tests.web.conftest import HELLO, Pages, Serve, chat_in, open_page, send
from tests.web.test_browser import PHONE
from tests.web.test_stream import read_event

SILENCE = b""
HALF_A_HEAD = b"GET /chat HTTP/1.1\r\nHost: x\r\nX-Slow: "
UNFINISHED = (
    b"POST /chat/send HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n"
    b"Cookie: congdoan=%s\r\nContent-Length: 900\r\n\r\n{" % (b"z" * 43)
)


async def stilled(door: Door, *, at_most: int) -> None:
    """Wait until the flood is in and what is too much of it is out."""
    async with asyncio.timeout(patience.SECONDS):
        await asyncio.sleep(0.01)
        while len(door) > at_most:  # noqa: ASYNC110  nobody says when a connection goes
            await asyncio.sleep(0.01)


NO_HASTE = Throttle(chat=Rate(1000, 1000), place=Rate(100_000, 1000))


@asynccontextmanager
async def flood(pages: Pages, count: int, words: bytes) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many connections that say this and then stay."""
    parts = urlsplit(pages.url)
    opened = []
    for _ in range(count):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(words)
        opened.append((reader, writer))
    try:
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.close()


@pytest.mark.parametrize("words", [SILENCE, HALF_A_HEAD, UNFINISHED], ids=["silent", "half a head", "half a body"])
@pytest.mark.parametrize("strangers", [20, 60], ids=["one place", "in all"])
async def test_a_known_member_writes_and_a_new_one_comes_in_through_a_flood(
    serve: Serve, client: ClientSession, words: bytes, strangers: int
) -> None:
    door = Door(60, strangers=strangers, grace=0.0 if strangers == 20 else 60.0)
    pages = await serve(door=door)
    await open_page(client, pages)
    async with flood(pages, 200, words):
        await stilled(door, at_most=strangers)
        assert await send(client, pages, text="Tôi cần giúp đỡ") == 200
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as known_elsewhere:
            known_elsewhere.cookie_jar.update_cookies({c.key: c.value for c in client.cookie_jar})
            assert await send(known_elsewhere, pages, text="Tôi vẫn cần giúp đỡ") == 200
        if words != UNFINISHED:
            async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as newcomer:
                await open_page(newcomer, pages)
    assert [one.event.text for one in pages.counterpart.heard] == ["Tôi cần giúp đỡ", "Tôi vẫn cần giúp đỡ"]


async def test_a_body_that_does_not_arrive_is_broken_off_kindly(serve: Serve, client: ClientSession) -> None:
    pages = await serve(door=Door(body=0.2))
    await open_page(client, pages)
    [cookie] = list(client.cookie_jar)
    words = UNFINISHED.replace(b"z" * 43, cookie.value.encode())
    words = words.replace(b"Host: x", b"Host: x\r\nAccept: application/json")
    async with flood(pages, 3, words) as readers:
        for reader in readers:
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 408")
            assert "mạng đang yếu" in json.loads(answer.partition(b"\r\n\r\n")[2])["message"]


async def test_a_factory_behind_one_address_is_served_whatever_its_strangers_number(serve: Serve) -> None:
    pages = await serve(door=Door(400, strangers=10), throttle=NO_HASTE)
    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(ClientSession(cookie_jar=CookieJar(unsafe=True))) for _ in range(60)]
        for member in members:
            await open_page(member, pages)
            answer = await stack.enter_async_context(member.get(f"{pages.url}/chat/stream"))
            await read_event(answer.content, b"retry")
        async with flood(pages, 30, SILENCE):
            assert await asyncio.gather(*(send(member, pages, text="xin chào") for member in members)) == [200] * 60


async def test_over_the_limit_of_streams_a_page_may_still_ask(serve: Serve, client: ClientSession) -> None:
    pages = await serve(door=Door(16))
    await open_page(client, pages)
    await send(client, pages, text="xin chào")
    url = f"{pages.url}/chat/stream"
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(client.get(url))
        async with client.get(url) as answer:
            assert answer.status == 429
        async with client.get(f"{pages.url}/chat/lines?after=0") as answer:
            assert len((await answer.json())["lines"]) == 2


async def test_a_page_without_a_stream_asks_and_loses_nothing(
    serve: Serve, client: ClientSession, browser: Browser
) -> None:
    pages = await serve(door=Door(16))
    await open_page(client, pages)
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(client.get(f"{pages.url}/chat/stream"))
        context = await window(browser, **PHONE)
        page = await context.new_page()
        await page.goto(f"{pages.url}/chat")
        await expect(page.get_by_text("Kính chào anh/chị!")).to_be_visible()
        await page.fill("#text", "một việc gấp")
        await page.click("#send")
        await expect(page.get_by_text("Công đoàn đã đọc: một việc gấp")).to_be_visible()
        await expect(page.locator("#offline")).to_be_hidden()
        await context.close()


# --- cookies ---


@pytest.mark.parametrize("value", ["x" * 43, f"{'x' * 43}.{'0' * 32}", f"{'x' * 43}."])
async def test_an_invented_cookie_opens_no_stream_and_writes_nothing(
    serve: Serve, client: ClientSession, value: str
) -> None:
    pages = await serve()
    made_up = {"Cookie": f"congdoan={value}"}
    async with client.get(f"{pages.url}/chat/stream", headers=made_up) as answer:
        assert answer.status == 403
    said = {"id": "0" * 32, "text": "a"}
    async with client.post(f"{pages.url}/chat/send", json=said, headers=pages.here | made_up) as answer:
        assert answer.status == 403
    async with client.get(f"{pages.url}/chat", headers=made_up) as answer:
        assert not answer.cookies["congdoan"].value.startswith("x" * 43)
    assert pages.counterpart.heard == []


@pytest.mark.parametrize("path", ["/chat", "/chat/lines?after=0"])
async def test_a_cookie_from_before_signatures_keeps_its_chat_and_is_signed(
    serve: Serve, client: ClientSession, path: str
) -> None:
    pages = await serve()
    secret = cookies.new_secret()
    address = Address("web", cookies.chat_of(secret))
    await pages.counterpart.say(address, HELLO)
    async with client.get(pages.url + path, headers={"Cookie": f"congdoan={secret}"}) as answer:
        assert "line theirs" in await answer.text()
        assert answer.cookies["congdoan"].value.startswith(f"{secret}.")
    assert chat_in(client) == address.chat
    async with client.get(f"{pages.url}/chat/stream") as answer:
        await read_event(answer.content, b"event: line")
    assert await pages.writer.read(transcript.latest, address)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb:1:2:3%eth0", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_of_the_sixth_version_counts_by_its_network(address: str, place: str) -> None:
    assert guards.network_of(address) == place


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ([], "127.0.0.1"),
        (["203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1, 198.51.100.2", "198.51.100.3,203.0.113.7"], "203.0.113.7"),
    ],
)
def test_the_proxy_has_the_last_word_on_where_a_visitor_comes_from(told: list[str], place: str) -> None:
    """Caddy and nginx write one header; HAProxy adds its own below those a visitor sent."""
    headers = CIMultiDict(("X-Forwarded-For", one) for one in told)
    peer = Mock(get_extra_info=Mock(return_value=("127.0.0.1", 54321)))
    for public_url, expected in (("https://congdoan.example.vn", place), ("http://congdoan.example.vn", "127.0.0.1")):
        pages = web.Application()
        pages[SITE] = Site(public_url=public_url, organisation="")
        request = make_mocked_request("GET", "/chat", headers, app=pages, transport=peer)
        assert guards.place_of(request) == expected
