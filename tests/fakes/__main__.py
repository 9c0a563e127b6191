"""`python -m tests.fakes`: every platform on this machine, for trying the product by hand.

It prints where each one listens, the environment to run the product against them, and how to write as a person.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tests.fakes.telegram import FakeTelegram
from tests.fakes.zalo_bot import FakeZaloBot
from tests.fakes.zalo_oa import FakeZaloOa

PORT = 8701
PREFIX = "CONGDOAN_"
PRODUCT = "http://127.0.0.1:8600"


async def serve(first_port: int, product: str) -> None:
    """Serve until interrupted, each platform on a port of its own."""
    fakes = Fakes(FakeTelegram(), FakeZaloBot(), FakeZaloOa())
    async with AsyncExitStack() as stack:
        for number, fake in enumerate(fakes.all):
            await fake.start(first_port + number)
            stack.push_async_callback(fake.stop)
        fakes.official.hook = f"{product}/hooks/zalo-oa"
        print("\n".join(described(fakes)), flush=True)
        await asyncio.Event().wait()


@dataclass(frozen=True)
class Fakes:
    """One of each."""

    telegram: FakeTelegram
    bot: FakeZaloBot
    official: FakeZaloOa

    @property
    def all(self) -> tuple[FakeTelegram, FakeZaloBot, FakeZaloOa]:
        return (self.telegram, self.bot, self.official)

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which the product runs against them."""
        return {f"{PREFIX}{name}": value for fake in self.all for name, value in fake.environment.items()}


def described(fakes: Fakes) -> list[str]:
    """What a person at a terminal needs."""
    telegram, bot, official = (fake.url for fake in fakes.all)
    lines = ["# Where they listen", f"#   Telegram: {telegram}", f"#   Zalo Bot: {bot}", f"#   Zalo OA: {official}"]
    lines += ["", "# The product runs against them with"]
    lines += [f"export {name}={value}" for name, value in fakes.environment.items()]
    lines += [
        "",
        "# Write as a person, and read what they were told (`user`: any number; `kind`: image, sticker, voice)",
        f'curl -d \'{{"user": 1001, "text": "/start"}}\' {telegram}/_fake/bot/update',
        f'curl -d \'{{"user": 1001, "text": "/start"}}\' {bot}/_fake/bot/update',
        f'curl -d \'{{"person": 0, "text": "/start"}}\' {official}/_fake/oa/event',
        f"curl {bot}/_fake/sent",
        "",
        "# Disputed behaviour is a switch; trouble comes on order",
        f'curl -d \'{{"poll": "replay", "empty_http": 408}}\' {bot}/_fake/mode',
        f'curl -d \'{{"match": "sendMessage", "kind": 429, "times": 2}}\' {bot}/_fake/fault',
        f"curl -d '{{\"seconds\": 700000}}' {official}/_fake/clock",
    ]
    return lines


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="of the first platform; the others follow")
    parser.add_argument("--product", default=PRODUCT, help="where the product answers, for webhooks")
    asked = parser.parse_args()
    try:
        asyncio.run(serve(asked.port, asked.product))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
