"""Asking Telegram who a bot is: whether its token is right, and what it is called."""

from __future__ import annotations

import aiohttp

from bot.settings import TelegramBot

LONGEST_ANSWER = aiohttp.ClientTimeout(total=10)


class NoAnswer(Exception):
    """Telegram did not say. The message is a status or the kind of failure, never the address: that has the token."""


async def username(bot: TelegramBot) -> str:
    """The bot's username. Raises NoAnswer."""
    address = f"{bot.api}/bot{bot.token.get_secret_value()}/getMe"
    try:
        async with aiohttp.ClientSession(timeout=LONGEST_ANSWER) as session, session.get(address) as response:
            if response.status != 200:
                raise NoAnswer(str(response.status))
            told = await response.json(content_type=None)
            return str(told["result"]["username"])
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as trouble:
        raise NoAnswer(type(trouble).__name__) from None
