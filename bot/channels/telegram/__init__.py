"""TELEGRAM: the Bot API as a channel. Updates are decoded, messages sent; here the platform's peculiarities end.

`channel` sends, over `transport`; `updates` decodes, `keyboards` draws; `receiving` polls or is called by webhook.
Types of python-telegram-bot never leave this room, and no text, phone, chat or token is logged.
"""

from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.receiving import poll, webhook
from bot.channels.telegram.updates import decode

__all__ = ["TelegramChannel", "decode", "poll", "webhook"]
