"""Calls to the platforms: what certainly did not leave is told from what may have, and nothing leaks."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web

from bot.channels import Later, Refused, Trouble, Unknown
from bot.channels.http import LARGEST_ANSWER, Answer, HttpClient, Patience

TOKEN = "71000000001:TEST-token-that-nobody-may-see"
CANARY = "văn bản riêng"
BRIEF = Patience(read=0.05, connect=0.05, write=0.0)


async def answer(request: web.Request) -> web.StreamResponse:
    """What the fake platform does, by the last word of the address."""
    match request.match_info["what"]:
        case "echo":
            return web.json_response({"method": request.method, "body": await request.text()}, status=201)
        case "twice":
            response = web.json_response({"ok": True})
            response.headers.add("Server", "one")
            response.headers.add("Server", "two")
            return response
        case "elsewhere":
            raise web.HTTPTemporaryRedirect("http://localhost:9/")
        case "large":
            return web.Response(body=b" " * (LARGEST_ANSWER + 1))
        case "page":
            return web.Response(text="<html>a proxy's page</html>", status=502)
        case "slow":
            await asyncio.sleep(5)
        case "broken":
            assert request.transport is not None
            request.transport.abort()
    return web.Response()


@pytest.fixture
async def base() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", f"/bot{TOKEN}/{{what}}", answer)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/bot{TOKEN}"
    await runner.cleanup()


@pytest.fixture
async def client(base: str) -> AsyncIterator[HttpClient]:
    async with HttpClient([base]) as made:
        yield made


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that never accepts: its queue of one is full."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}/bot{TOKEN}"


async def test_an_answer_is_handed_back_whatever_its_status(client: HttpClient, base: str) -> None:
    sent = await client.post(f"{base}/echo", json={"text": "Chào"})
    assert (sent.status, sent.json()["method"]) == (201, "POST")
    assert sent.headers["content-type"].startswith("application/json")
    assert (await client.get(f"{base}/echo")).json() == {"method": "GET", "body": ""}
    assert (await client.get(f"{base}/page")).status == 502


async def test_two_server_headers_are_no_reason_to_refuse_an_answer(client: HttpClient, base: str) -> None:
    assert (await client.post(f"{base}/twice")).json() == {"ok": True}


MAY_HAVE_LEFT = [("slow", "timeout"), ("broken", "broken_off"), ("large", "too_large")]


@pytest.mark.parametrize(("what", "reason"), MAY_HAVE_LEFT)
async def test_what_left_without_an_answer_may_have_arrived(
    client: HttpClient, base: str, what: str, reason: str
) -> None:
    with pytest.raises(Unknown) as caught:
        await client.post(f"{base}/{what}", json={"text": "Chào"}, patience=BRIEF if what == "slow" else Patience())
    assert caught.value.reason == reason


async def test_what_found_nobody_certainly_did_not_leave(deaf: str) -> None:
    for base in ("http://127.0.0.1:9", deaf):
        async with HttpClient([base]) as client:
            with pytest.raises(Later) as caught:
                await client.post(f"{base}/echo", patience=BRIEF)
            assert caught.value.reason == "unreachable"


async def test_a_page_that_is_no_json_says_nothing_about_what_was_done(client: HttpClient, base: str) -> None:
    page = await client.get(f"{base}/page")
    with pytest.raises(Unknown, match="garbage"):
        page.json()
    with pytest.raises(Unknown, match="garbage"):
        Answer(200, b"[" * 100_000, {}).json()


async def test_no_redirect_is_followed(client: HttpClient, base: str) -> None:
    with pytest.raises(Later, match="redirected"):
        await client.post(f"{base}/elsewhere")


async def test_other_hosts_are_never_called(client: HttpClient, base: str) -> None:
    port = base.split(":")[2].partition("/")[0]
    for foreign in ("http://localhost:9/", f"https://127.0.0.1:{port}/", f"http://127.0.0.1:{port}@localhost/"):
        with pytest.raises(Refused, match="foreign_host"):
            await client.post(foreign)


def test_of_a_domain_only_https_is_called() -> None:
    client = HttpClient(["https://api.example.vn/bot"], domains=["zdn.vn"])
    good = ("https://api.example.vn/x", "https://zdn.vn/x", "https://photo.zdn.vn/x?a=1")
    bad = ("http://photo.zdn.vn/x", "https://photo.zdn.vn:444/x", "https://xzdn.vn/x", "//zdn.vn/x", "x", "")
    assert [client.may_call(url) for url in (*good, *bad)] == [True] * len(good) + [False] * len(bad)


async def test_before_its_opening_and_after_its_end_nothing_is_sent(base: str) -> None:
    client = HttpClient([base])
    for _ in range(2):
        with pytest.raises(Later, match="closed"):
            await client.post(f"{base}/echo")
        await client.open()
        assert (await client.post(f"{base}/echo")).status == 201
        await client.close()


async def test_no_exception_carries_the_address_or_the_body(client: HttpClient, base: str) -> None:
    found = []
    for address in (f"{base}/slow", f"{base}/broken", f"{base}/elsewhere", f"http://localhost:9/bot{TOKEN}/x"):
        with pytest.raises(Trouble) as caught:
            await client.post(address, json={"text": CANARY}, patience=BRIEF)
        assert caught.value.__cause__ is caught.value.__context__ is None
        found += ["".join(traceback.format_exception(caught.value)), repr(caught.value)]
    assert not [secret for secret in (TOKEN, CANARY) if secret in "".join(found)]
