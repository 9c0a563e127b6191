"""The chat's stream: what was missed, what comes, and how it ends."""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession

from bot.channels.web import WebChannel
from messages.types import Address
from tests import patience
from tests.web.conftest import DONE, HELLO, Pages, chat_in, open_page, send


async def read_event(answer_content: asyncio.StreamReader, kind: bytes) -> bytes:
    """The next event of a stream that holds these bytes."""
    async with asyncio.timeout(patience.SECONDS):
        while True:
            event = await answer_content.readuntil(b"\n\n")
            if kind in event:
                return event


async def test_the_stream_gives_what_was_missed_then_what_comes_and_shows_that_it_lives(
    client: ClientSession, pages: Pages
) -> None:
    await open_page(client, pages)
    await send(client, pages, text="/start")
    address = Address("web", chat_in(client))
    async with client.get(f"{pages.url}/chat/stream", headers={"Last-Event-ID": "1"}) as answer:
        assert answer.content_type == "text/event-stream"
        missed = await read_event(answer.content, b"id: ")
        assert missed.startswith(b"id: 2\nevent: line\ndata: <li")
        await pages.counterpart.say(address, DONE)
        assert b"SK-27-4F7K2" in await read_event(answer.content, b"id: 3")
        await read_event(answer.content, b": \n\n")


async def test_a_line_another_process_stored_is_found_without_a_nudge(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    address = Address("web", chat_in(client))
    async with client.get(f"{pages.url}/chat/stream") as answer:
        await read_event(answer.content, b"retry")
        await pages.writer.run(pages.counterpart.keep_theirs, address, HELLO, None)
        await read_event(answer.content, b"event: line")


async def test_closing_the_program_ends_the_streams(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    async with client.get(f"{pages.url}/chat/stream") as answer:
        await read_event(answer.content, b"retry")
        pages.channel.hub.close()
        async with asyncio.timeout(patience.SECONDS):
            await answer.content.read()


async def test_a_chat_has_only_so_many_streams(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    url = f"{pages.url}/chat/stream"
    opened = [await client.get(url) for _ in range(8)]
    for answer in opened:
        await read_event(answer.content, b"retry")
    async with client.get(url) as ninth:
        assert ninth.status == 429
    for answer in opened:
        answer.close()


async def test_the_channel_forgets_pages_that_have_gone() -> None:
    hub = WebChannel().hub
    with hub.listen("a") as one, hub.listen("a"):
        hub.nudge("a")
        assert one.is_set()
        assert hub.count("a") == 2
    assert hub.count("a") == 0
