"""Forms that no browser sends: refused with a word, and never a fault of ours."""

from __future__ import annotations

import uuid

import pytest
from aiohttp import ClientSession

from tests.web.conftest import Pages, open_page

BOUNDARY = "b"
PARTS = (
    b'--b\r\nContent-Disposition: form-data; name="te\0xt"\r\n\r\nx\r\n--b--\r\n',
    b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
    b'--b\r\nContent-Disposition: form-data; name="text"\r\nContent-Transfer-Encoding: x\r\n\r\nx\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="text"\r\nContent-Encoding: x\r\n\r\nx\r\n--b--\r\n',
    b"no boundary at all",
    b"--b\r\n" + b"X: y\r\n" * 5000 + b"\r\nx\r\n--b--\r\n",
)


@pytest.mark.parametrize("body", PARTS)
async def test_a_form_that_is_none_is_refused_and_not_a_fault(client: ClientSession, pages: Pages, body: bytes) -> None:
    await open_page(client, pages)
    headers = pages.here | {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    async with client.post(f"{pages.url}/chat/send", data=body, headers=headers) as answer:
        assert answer.status == 400, await answer.text()
        assert (await answer.json())["error"] == "bad"


async def test_json_nested_without_end_is_refused(client: ClientSession, pages: Pages) -> None:
    await open_page(client, pages)
    body = f'{{"id": "{uuid.uuid4()}", "text": {"[" * 30000}'
    headers = pages.here | {"Content-Type": "application/json"}
    async with client.post(f"{pages.url}/chat/send", data=body, headers=headers) as answer:
        assert answer.status == 400
