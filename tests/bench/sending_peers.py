"""What others do who send messages through the Bot API: python-telegram-bot and aiogram, neither of them durable."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import telegram
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import BaseRequest

TOKEN = "7000000001:TEST-token-of-the-fake-server-0123456"
TEXT = "Trợ lý Công đoàn xin chào. Sáng kiến của bạn đã được tiếp nhận."
Send = Callable[[int], Awaitable[object]]


async def rate(send: Send, number: int, in_flight: int) -> float:
    """Messages a second, so many at once."""
    chats = iter(range(1, number + 1))

    async def one_after_another() -> None:
        for chat in chats:
            await send(chat)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    return number / (time.perf_counter() - began)


@contextmanager
def without_sniffio() -> Iterator[None]:
    """As the library comes: what speeds it up when it happens to be installed is not there."""
    kept = sys.modules.get("sniffio")
    sys.modules["sniffio"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["sniffio"]
        if kept is not None:
            sys.modules["sniffio"] = kept


async def plain_loop(url: str, number: int) -> float:
    """python-telegram-bot as it comes, one message after another."""
    async with telegram.Bot(TOKEN, f"{url}/bot", local_mode=True) as bot:
        return await rate(lambda chat: bot.send_message(chat, TEXT), number, 1)


async def all_at_once(url: str, number: int, in_flight: int, request: BaseRequest | None = None) -> float:
    """python-telegram-bot with so many in flight."""
    async with telegram.Bot(TOKEN, f"{url}/bot", request=request) as bot:
        return await rate(lambda chat: bot.send_message(chat, TEXT), number, in_flight)


async def rate_limited(url: str, number: int, in_flight: int) -> float:
    """python-telegram-bot with its rate limiter set so wide that it never holds anything back."""
    limiter = AIORateLimiter(overall_max_rate=1_000_000, overall_time_period=1, group_max_rate=0)
    async with ExtBot(TOKEN, f"{url}/bot", rate_limiter=limiter) as bot:
        return await rate(lambda chat: bot.send_message(chat, TEXT), number, in_flight)


async def with_aiogram(url: str, number: int, in_flight: int) -> float:
    """aiogram's Bot."""
    async with Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(url))) as bot:
        return await rate(lambda chat: bot.send_message(chat, TEXT), number, in_flight)
