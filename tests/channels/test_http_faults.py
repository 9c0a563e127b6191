"""Calls to Zalo through every way a network breaks: what may have left is `Unknown`, what certainly did not is `Later`.

What becomes of a row then is decided for all channels alike (`FATES`; tests/test_delivery_faults.py goes all the way).
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping

import pytest

from bot.channels import Later, Trouble, Unknown
from bot.channels.http import USUAL, HttpClient, Patience
from tests import fault_proxy
from tests.fakes.zalo_bot import FakeZaloBot
from tests.fault_proxy import FaultProxy
from tests.test_delivery_faults import SILENT, deaf, knows_no_name

SOON = Patience(connect=0.5, write=0.5, read=0.5)
CASES: Mapping[str, tuple[type[Trouble], str]] = {
    "refused": (Later, "unreachable"),
    "dns": (Later, "unreachable"),
    "connect_timeout": (Later, "unreachable"),
    "reset_before": (Unknown, "broken_off"),
    "reset_after": (Unknown, "broken_off"),
    "silence": (Unknown, "timeout"),
    "half_close": (Unknown, "broken_off"),
    "slow_drip": (Unknown, "timeout"),
    "garbage": (Unknown, "broken_off"),
}


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    async with FakeZaloBot() as fake, FaultProxy(fake.url) as proxy:
        yield proxy


def test_every_way_a_connection_breaks_is_here() -> None:
    assert set(fault_proxy.BREAKS) < set(CASES)


@pytest.mark.parametrize("failure", CASES)
async def test_each_break_is_told_for_what_it_is(
    proxy: FaultProxy, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", knows_no_name(socket.getaddrinfo))
    with deaf() as deaf_one, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        elsewhere = {
            "refused": f"http://127.0.0.1:{closed.getsockname()[1]}",
            "dns": "http://bot-api.zaloplatforms.invalid",
            "connect_timeout": deaf_one,
        }
        base = elsewhere.get(failure, proxy.url)
        if failure not in elsewhere:
            proxy.fail(failure)
        kind, reason = CASES[failure]
        patience = SOON if failure in SILENT else USUAL
        async with HttpClient([base]) as client:
            with pytest.raises(Trouble) as caught:
                await client.post(f"{base}/bot1:x/sendMessage", json={"text": "Chào"}, patience=patience)
    assert (type(caught.value), caught.value.reason) == (kind, reason)
    assert proxy.broken == (failure not in elsewhere)
