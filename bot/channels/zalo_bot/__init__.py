"""ZALO BOT: Zalo's Bot Platform as a channel, for pilots: its free plan carries 50 people and 3,000 messages a month.

`channel` sends, `fates` says what Zalo's answers mean; `updates` decodes; `receiving` polls or is called by webhook.
There are no buttons: choices are numbered text. No text, chat or token is logged.
"""

from bot.channels.zalo_bot.channel import ZaloBotChannel
from bot.channels.zalo_bot.receiving import poll, webhook
from bot.channels.zalo_bot.updates import decode

__all__ = ["ZaloBotChannel", "decode", "poll", "webhook"]
