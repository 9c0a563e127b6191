"""The browser chat over HTTP: who one is, what comes in, what goes out, with script and without."""

from __future__ import annotations

import re
import uuid

import pytest
from aiohttp import ClientSession

from bot.web.throttle import Rate, Throttle
from messages.types import Address, Pressed
from tests.web.conftest import Pages, Serve, chat_in, open_page, send, text_of


async def test_a_visit_gives_a_cookie_that_only_the_server_reads_and_that_names_no_chat(
    client: ClientSession, pages: Pages
) -> None:
    async with client.get(f"{pages.url}/chat") as answer:
        cookie = answer.cookies["congdoan"]
    assert re.fullmatch(r"[\w-]{43}\.[0-9a-f]{32}", cookie.value)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "Lax", "/", "31536000")
    assert not cookie["secure"]
    assert chat_in(client) not in cookie.value


async def test_under_https_the_cookie_is_pinned_to_the_host(client: ClientSession, serve: Serve) -> None:
    pages = await serve(public_url="https://congdoan.example")
    async with client.get(f"{pages.url}/chat") as answer:
        cookie = answer.cookies["__Host-congdoan"]
        assert answer.headers["Strict-Transport-Security"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""


async def test_a_second_visit_is_the_same_chat(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    first = chat_in(client)
    await open_page(client, pages)
    assert chat_in(client) == first


@pytest.mark.parametrize("forged", ["demo-staff", "x" * 42, "x" * 44, "ế" * 43, ""])
async def test_a_cookie_of_another_form_is_replaced(client: ClientSession, pages: Pages, forged: str) -> None:
    async with client.get(f"{pages.url}/chat", headers={"Cookie": f"congdoan={forged}"}) as answer:
        assert answer.cookies["congdoan"].value != forged


async def test_a_fresh_chat_is_started_by_the_page_and_a_poster_names_the_unit(
    client: ClientSession, pages: Pages
) -> None:
    assert 'data-start="/start"' in await open_page(client, pages)
    assert 'data-start="/start u_QN-01"' in await open_page(client, pages, "/chat?u=QN-01")


@pytest.mark.parametrize("unit", ["a b", "x" * 33, "<b>", "%0a", "ế"])
async def test_a_unit_of_another_form_is_ignored(client: ClientSession, pages: Pages, unit: str) -> None:
    assert 'data-start="/start"' in await open_page(client, pages, f"/chat?u={unit}")


async def test_a_line_reaches_the_intake_and_stands_in_the_page(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    assert await send(client, pages, text="Xin chào\r\nCông đoàn") == 200
    [heard] = pages.counterpart.heard
    assert heard.address == Address("web", chat_in(client))
    assert text_of(heard) == "Xin chào\r\nCông đoàn"
    assert "Công đoàn đã đọc: Xin chào" in await open_page(client, pages)


async def test_a_button_reaches_the_intake_as_a_button(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    assert await send(client, pages, press="consent@a1:yes") == 200
    assert pages.counterpart.heard[0].event == Pressed("consent@a1:yes")


async def test_the_clients_id_is_the_updates_id_so_that_a_retry_is_one_line(
    client: ClientSession, pages: Pages
) -> None:
    await open_page(client, pages)
    made = str(uuid.uuid4())
    for _ in range(2):
        assert await send(client, pages, id=made, text="một lần") == 200
    assert [heard.update_id for heard in pages.counterpart.heard] == [made, made]


async def test_what_is_said_is_shown_literally(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    await send(client, pages, text='<script>alert(1)</script> & "')
    shown = await open_page(client, pages)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;" in shown


async def test_what_no_database_stores_is_left_out(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    assert await send(client, pages, text="a\0b\ud800c") == 200
    assert text_of(pages.counterpart.heard[0]) == "ab?c"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"text": ""},
        {"text": " \n "},
        {"text": 5},
        {"press": "dấu:yes"},
        {"press": "x" * 65},
        {"press": ""},
        {"text": "a", "id": "1"},
        {"text": "a", "id": None},
    ],
)
async def test_an_unsound_line_is_refused_with_words(
    client: ClientSession, pages: Pages, fields: dict[str, object]
) -> None:
    await open_page(client, pages)
    assert await send(client, pages, **fields) == 400
    assert pages.counterpart.heard == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"text"'])
async def test_a_body_that_is_no_line_is_refused(client: ClientSession, pages: Pages, body: bytes) -> None:
    await open_page(client, pages)
    headers = {**pages.here, "Content-Type": "application/json"}
    async with client.post(f"{pages.url}/chat/send", data=body, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "bad"


async def test_a_body_of_more_than_64_kib_is_refused(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    assert await send(client, pages, text="a" * 65_000) == 200
    assert await send(client, pages, text="a" * 66_000) == 413


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "ours"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_another_sites_page_cannot_write(client: ClientSession, pages: Pages, headers: dict[str, str]) -> None:
    await open_page(client, pages)
    sent = {name: pages.url if value == "ours" else value for name, value in headers.items()}
    body = {"id": str(uuid.uuid4()), "text": "a"}
    async with client.post(f"{pages.url}/chat/send", json=body, headers=sent) as answer:
        assert answer.status == 403
    assert pages.counterpart.heard == []


async def test_who_has_no_cookie_is_told_what_to_do(client: ClientSession, pages: Pages) -> None:
    body = {"id": str(uuid.uuid4()), "text": "a"}
    async with client.post(f"{pages.url}/chat/send", json=body, headers=pages.here) as answer:
        assert answer.status == 403
        assert "cookie" in (await answer.json())["message"]


async def test_who_writes_too_fast_is_asked_kindly_to_wait(client: ClientSession, serve: Serve) -> None:
    pages = await serve(throttle=Throttle(chat=Rate(burst=2, per_second=0.1), clock=lambda: 0.0))
    await open_page(client, pages)
    assert [await send(client, pages, text=str(n)) for n in range(2)] == [200, 200]
    body = {"id": str(uuid.uuid4()), "text": "a"}
    async with client.post(f"{pages.url}/chat/send", json=body, headers=pages.here) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "11")
        assert (await answer.json())["message"].startswith("Anh/chị gửi hơi nhanh.")


async def test_words_of_danger_are_let_in_past_the_throttle_but_not_without_end(
    client: ClientSession, serve: Serve
) -> None:
    pages = await serve(throttle=Throttle(chat=Rate(burst=1, per_second=0.1), clock=lambda: 0.0))
    await open_page(client, pages)
    assert await send(client, pages, text="một") == 200
    assert await send(client, pages, text="hai") == 429
    assert [await send(client, pages, text="tôi muốn chết") for _ in range(4)] == [200, 200, 200, 429]


async def test_a_database_that_fails_is_a_503_and_the_same_line_may_come_again(
    client: ClientSession, pages: Pages
) -> None:
    await open_page(client, pages)
    pages.counterpart.down = True
    made = str(uuid.uuid4())
    assert await send(client, pages, id=made, text="giữ lại") == 503
    pages.counterpart.down = False
    assert await send(client, pages, id=made, text="giữ lại") == 200


async def test_without_script_forms_do_the_same(client: ClientSession, pages: Pages) -> None:
    shown = await open_page(client, pages)
    form = {"id": re.findall(r'name="id" value="([^"]+)"', shown)[0], "text": "/start"}
    for _ in range(2):
        async with client.post(f"{pages.url}/chat/send", data=form, headers={"Origin": pages.url}) as answer:
            assert answer.status == 200
            shown = await answer.text()
        assert shown.count("Kính chào anh/chị!") == 1
    assert 'name="press" value="consent@a1:yes"' in shown
    first, second = pages.counterpart.heard
    assert first.update_id == second.update_id


async def test_one_form_with_two_buttons_sends_two_lines(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    made = str(uuid.uuid4())
    for press in ("consent@a1:no", "consent@a1:yes"):
        form = {"id": made, "press": press}
        async with client.post(f"{pages.url}/chat/send", data=form, headers={"Origin": pages.url}) as answer:
            assert answer.status == 200
    assert len({heard.update_id for heard in pages.counterpart.heard}) == 2


async def test_lines_after_one_are_given_as_they_are_shown(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    await send(client, pages, text="/start")
    async with client.get(f"{pages.url}/chat/lines?after=0") as answer:
        lines = (await answer.json())["lines"]
    assert [line["id"] for line in lines] == [1, 2]
    async with client.get(f"{pages.url}/chat/lines?after=2") as answer:
        assert (await answer.json())["lines"] == []


async def test_nobody_reads_another_chat(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    await send(client, pages, text="chuyện riêng")
    async with ClientSession(cookies={"congdoan": "x" * 43}) as other:
        assert "chuyện riêng" not in await open_page(other, pages)
    async with ClientSession() as nobody, nobody.get(f"{pages.url}/chat/stream") as answer:
        assert answer.status == 403
