"""The transport alone: our aiohttp request class under python-telegram-bot, beside the one it brings along.

Run with `make bench`, or alone: `.venv/bin/python -m pytest tests/bench/bench_transport.py -o python_files="bench_*.py"
-p no:randomly -s`.
"""

from __future__ import annotations

import statistics

import pytest
import telegram

from bot.channels.telegram.transport import AiohttpRequest
from tests.bench import raw_bot_api, sending_peers
from tests.bench.sending_peers import TEXT, TOKEN, without_sniffio

OURS, THEIRS, ROUNDS = 6000, 1500, 3
AT_ONCE = (1, 4, 8, 64, 256)


async def over_aiohttp(url: str, number: int, in_flight: int, *, raw: bool) -> float:
    """python-telegram-bot over our transport, with its Message objects or, as our channel calls it, without."""
    async with AiohttpRequest() as request, AiohttpRequest() as other:
        bot = telegram.Bot(TOKEN, f"{url}/bot", request=request, get_updates_request=other)
        body = {"text": TEXT}
        if raw:
            return await sending_peers.rate(
                lambda chat: bot.do_api_request("sendMessage_", body | {"chat_id": chat}), number, in_flight
            )
        return await sending_peers.rate(lambda chat: bot.send_message(chat, TEXT), number, in_flight)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("delay", [0.0, 0.05])
async def test_transport(delay: float) -> None:
    share = 5 if delay else 1
    with raw_bot_api.running(delay) as api:
        ours = {one: await _median(api, OURS // share, one, raw=True) for one in AT_ONCE if one > 1}
        objects = await _median(api, OURS // share, 64, raw=False)
        with without_sniffio():
            default = await sending_peers.all_at_once(api, THEIRS // share, 64)
        theirs = {one: await sending_peers.all_at_once(api, THEIRS // share, one) for one in AT_ONCE}
    best, their_best = max(ours, key=lambda one: ours[one]), max(theirs, key=lambda one: theirs[one])
    print(f"\nrequests a second, a round trip of {delay * 1000:.0f} ms")
    print(f"  {ours[64]:8.0f}  ours, 64 at once; with Message objects {objects:.0f}")
    print(f"  {default:8.0f}  default as it comes, 64 at once: ours is {ours[64] / default:.1f}x")
    print(f"  {ours[best]:8.0f}  ours at its best, {best} at once")
    print(f"  {theirs[their_best]:8.0f}  default, sniffio, at its best, {their_best} at once: ", end="")
    print(f"ours is {ours[best] / theirs[their_best]:.1f}x")


async def _median(api: str, number: int, in_flight: int, *, raw: bool) -> float:
    return statistics.median([await over_aiohttp(api, number, in_flight, raw=raw) for _ in range(ROUNDS)])
