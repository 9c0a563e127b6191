"""The demo's page over HTTP: on this machine only, and only where there is a demo."""

from __future__ import annotations

import uuid

import pytest
from aiohttp import ClientSession

from messages.types import Address
from tests.web.conftest import Pages, Serve

PATHS = ["/", "/demo/state", "/demo/chat/member", "/demo/chat/member/lines", "/demo/chat/member/stream"]


async def test_the_page_shows_three_people_the_clock_and_the_story(client: ClientSession, pages: Pages) -> None:
    async with client.get(pages.url) as answer:
        shown = await answer.text()
    for words in ("Nguyễn Thị An", "Trần Văn Hạnh", "Lê Thu Bình", "08:00 Thứ Hai 12/4", "10:00 Thứ Hai 12/4"):
        assert words in shown
    assert shown.count("<iframe") == 3


async def test_a_jump_moves_the_clock_and_the_story(client: ClientSession, pages: Pages) -> None:
    async with client.post(f"{pages.url}/demo/jump", data={"kind": "day"}, headers=pages.here) as answer:
        state = await answer.json()
    assert pages.story.jumps == ["day"]
    assert "08:00 Thứ Ba 13/4" in state["clock"]
    assert 'class="done"' in state["story"]


async def test_without_script_a_jump_comes_back_to_the_page(client: ClientSession, pages: Pages) -> None:
    headers = {"Origin": pages.url}
    async with client.post(f"{pages.url}/demo/jump", data={"kind": "next"}, headers=headers) as answer:
        assert (answer.status, answer.url.path) == (200, "/")


async def test_a_jump_needs_a_known_kind_and_our_own_page(client: ClientSession, pages: Pages) -> None:
    async with client.post(f"{pages.url}/demo/jump", data={"kind": "year"}, headers=pages.here) as answer:
        assert answer.status == 400
    async with client.post(f"{pages.url}/demo/jump", data={"kind": "day"}) as answer:
        assert answer.status == 403
    assert pages.story.jumps == []


async def test_a_persons_chat_is_an_ordinary_chat_with_a_fixed_address(client: ClientSession, pages: Pages) -> None:
    body = {"id": str(uuid.uuid4()), "text": "/start"}
    url = f"{pages.url}/demo/chat/officer"
    async with client.post(f"{url}/send", json=body, headers=pages.here) as answer:
        assert answer.status == 200
    assert pages.counterpart.heard[0].address == Address("web", "demo-officer")
    async with client.get(url) as answer:
        assert "Kính chào anh/chị!" in await answer.text()
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert not answer.cookies


async def test_there_is_no_fourth_person(client: ClientSession, pages: Pages) -> None:
    async with client.get(f"{pages.url}/demo/chat/chairman") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Host": "evil.example:8600"}, {"X-Forwarded-For": "203.0.113.5"}]
)
async def test_a_name_that_points_here_or_a_proxy_sees_nothing(
    client: ClientSession, pages: Pages, path: str, headers: dict[str, str]
) -> None:
    async with client.get(pages.url + path, headers=headers) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("path", PATHS[1:])
async def test_without_a_demo_its_addresses_do_not_exist(client: ClientSession, serve: Serve, path: str) -> None:
    pages = await serve()
    async with client.get(pages.url + path) as answer:
        assert answer.status == 404
