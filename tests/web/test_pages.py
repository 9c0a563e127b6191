"""What holds for every answer: headers, kind errors, health, our own files."""

from __future__ import annotations

import hashlib

import pytest
from aiohttp import ClientSession

from bot.version import VERSION
from bot.web import ROUTES
from bot.web.pages import STATIC
from tests.web.conftest import Pages, Serve


@pytest.mark.parametrize("path", ["/chat", "/health", "/ready", "/nowhere", "/chat/stream", "/static/base.css"])
async def test_every_answer_carries_the_protecting_headers(client: ClientSession, pages: Pages, path: str) -> None:
    async with client.get(pages.url + path) as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"


async def test_only_files_that_carry_their_version_are_cached(client: ClientSession, pages: Pages) -> None:
    for path in ("/static/base.css?v=1", "/static/vendor/be-vietnam-pro-5.3.0/latin-400.woff2"):
        async with client.get(pages.url + path) as answer:
            assert "immutable" in answer.headers["Cache-Control"]


async def test_a_page_that_does_not_exist_says_so_kindly(client: ClientSession, pages: Pages) -> None:
    async with client.get(f"{pages.url}/nowhere") as answer:
        assert answer.status == 404
        assert "Không tìm thấy trang này." in await answer.text()


async def test_a_wrong_method_says_which_are_right(client: ClientSession, pages: Pages) -> None:
    async with client.put(f"{pages.url}/chat") as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]
        assert "quay lại cuộc trò chuyện" in await answer.text()


async def test_a_fault_of_ours_is_a_page_with_an_id_and_without_details(client: ClientSession, pages: Pages) -> None:
    async with client.get(f"{pages.url}/chat"):
        pages.counterpart.broken = True
    form = {"id": "0" * 32, "text": "a"}
    async with client.post(f"{pages.url}/chat/send", data=form, headers={"Origin": pages.url}) as answer:
        shown = await answer.text()
    assert answer.status == 500
    assert "Mã lỗi" in shown
    assert "a bug of ours" not in shown


async def test_alive_and_ready(client: ClientSession, pages: Pages) -> None:
    async with client.get(f"{pages.url}/health") as answer:
        assert (answer.status, await answer.text()) == (200, f"ok {VERSION}")
    async with client.get(f"{pages.url}/ready") as answer:
        assert await answer.json() == {
            "database": "ok",
            "key": "ok",
            "channels": ["web"],
            "accounts": {"web": {"state": "ok", "out_seconds": None, "oldest_unsent_seconds": None}},
            "oldest_unsent_seconds": None,
            "held": 0,
        }


async def test_not_ready_while_the_database_fails(client: ClientSession, pages: Pages) -> None:
    await pages.writer.run(lambda db: db.connection().exec_driver_sql("DROP TABLE outbox"))
    async with client.get(f"{pages.url}/ready", headers={"Accept": "application/json"}) as answer:
        assert answer.status == 503
        assert await answer.json() == {"database": "silent"}


async def test_without_a_demo_the_first_page_is_the_chat(client: ClientSession, serve: Serve) -> None:
    pages = await serve()
    async with client.get(f"{pages.url}/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/chat")


def test_every_route_is_listed_once() -> None:
    addresses = [(method, path) for method, path, _ in ROUTES]
    assert len(set(addresses)) == len(addresses)


def test_vendored_files_are_those_that_were_published() -> None:
    vendor = STATIC / "vendor"
    listed = {}
    for line in (vendor / "MANIFEST").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            digest, path, _origin = line.split()
            listed[path] = digest
    found = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "MANIFEST"
    }
    assert found == listed


def test_the_chats_script_is_small() -> None:
    assert (STATIC / "chat.js").stat().st_size < 15_000
