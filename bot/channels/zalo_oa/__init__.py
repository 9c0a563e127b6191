"""ZALO OA: an Official Account as a channel. Events are decoded, messages sent; here the platform's peculiarities end.

`channel` sends, over `calls`; `drawing` says how messages look, `codes` what errors mean; `events` decodes what
`receiving` takes in; `oauth` asks for tokens. No text, phone, chat or token is logged.
"""

from bot.channels.zalo_oa.channel import HANDED_IN, Approved, Remainder, ZaloOaChannel
from bot.channels.zalo_oa.receiving import webhook

__all__ = ["HANDED_IN", "Approved", "Remainder", "ZaloOaChannel", "webhook"]
