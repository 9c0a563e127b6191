"""What a visitor may send, and what becomes of more: in the program, and in the proxies that are shipped with it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.web.files import MOST_AT_ONCE
from handlers.files import files
from tests.web.conftest import Pages
from tests.web.test_files import HOME, Counter, Upload, counter  # noqa: F401  a fixture

DEPLOY = Path(__file__).parents[2] / "deploy"
LIMITS = {"Caddyfile": r"max_size (\d+)MB", "nginx.conf": r"client_max_body_size (\d+)m;"}


@pytest.mark.parametrize("name", LIMITS)
def test_a_proxy_lets_through_what_the_pages_promise_and_refuses_kindly(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    (most,) = re.findall(LIMITS[name], text)
    assert int(most) * 1_000_000 > MOST_AT_ONCE + 1_000_000, "the program refuses first, in words of its own"
    for words in ("Nội dung vừa gửi quá lớn", "Hệ thống đang tạm gián đoạn"):
        assert words in text
    assert f"{files.MOST_BYTES >> 20} MB" in text
    assert f"{MOST_AT_ONCE >> 20} MB" in text


def test_nginx_is_told_of_two_connections_for_each_that_the_program_takes() -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (told,) = re.findall(r"worker_connections (\d+);", text)
    most = Settings.model_fields["http_connections"].default
    assert int(told) >= 2 * most
    assert f"{most:,}" in text
    assert "error_page 500 " in text, "what nginx answers where it has none left"


def test_the_proxy_of_the_containers_serves_a_bot_beside_it_or_elsewhere() -> None:
    """Under systemd there is no host named `bot`; without SITE_ADDRESS Caddy refuses the file."""
    caddyfile = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert "reverse_proxy {$BOT_ADDRESS:bot:8600} {" in caddyfile
    read = set(re.findall(r"\{\$([A-Z_]+)", caddyfile))
    document = (DEPLOY.parent / "docs" / "deploy.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"Environment=(SITE.*)' >>", document)
    assert {part.partition("=")[0] for part in told.split()} == read == {"SITE_ADDRESS", "BOT_ADDRESS"}


def test_the_database_counts_as_ready_once_it_answers_by_the_network() -> None:
    """While it sets itself up it answers on its own socket, and stops once more before it serves."""
    (asked,) = re.findall(r"pg_isready.*", (DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert " --host 127.0.0.1 " in asked


def test_visitors_of_the_sixth_version_reach_the_proxy_with_their_own_address() -> None:
    """A network without IPv6 has Docker hand them on from its own address: all of them one place, with one share."""
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    front = compose.partition("\n  front:")[2].partition("\n  back:")[0]
    assert "enable_ipv6: true" in front
    assert re.search(r'subnet: "f[cd][0-9a-f:]+/64"', front), "Docker before 27 makes up none by itself"


async def test_too_much_at_once_is_told_with_the_sizes_that_are_taken(counter: Counter) -> None:  # noqa: F811
    offer = await counter.offer()
    refused = await counter.sends(offer, offer.code, Upload("a.pdf", bytes(MOST_AT_ONCE)))
    assert refused.status == 413
    told = await refused.text()
    assert f"{files.MOST_BYTES >> 20} MB" in told
    assert f"{MOST_AT_ONCE >> 20} MB" in told


@pytest.mark.parametrize(
    "head",
    [
        "POST /files/{} HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n",
        "POST /files/{} HTTP/1.1\r\nContent-Type: multipart/form-data\r\nContent-Length: 5\r\n",
        "POST /files/{} HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n",
    ],
    ids=["cut off", "no boundary", "no parts"],
)
async def test_a_form_that_is_cut_off_or_is_none_is_no_fault_of_ours(
    counter: Counter,  # noqa: F811
    head: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    offer = await counter.offer()
    port = counter.client.server.port
    assert port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = head.format(offer.link.rpartition("/")[2]) + "Host: h\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    writer.write(lines.encode() + b"--x\r\n")
    await writer.drain()
    if "9000000" in head:
        writer.write_eof()
    await reader.read(200)
    writer.close()
    await asyncio.sleep(0)
    assert "page failed" not in caplog.text
    assert (await counter.client.get(offer.link.removeprefix(HOME))).status in {200, 404}


async def test_a_line_that_is_cut_off_is_no_fault_of_ours(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(pages.url.rpartition(":")[2]))
    writer.write(
        b"POST /chat/send HTTP/1.1\r\nHost: h\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n"
        b"Content-Length: 900\r\n\r\n{"
    )
    await writer.drain()
    writer.write_eof()
    await reader.read(200)
    writer.close()
    assert "page failed" not in caplog.text
