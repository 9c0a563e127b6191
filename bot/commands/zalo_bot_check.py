"""Asking Zalo about a bot: whether its token is right, what its plan is, where its updates go. Changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from bot import platforms
from bot.channels import Trouble
from bot.channels.zalo_bot import ZaloBotChannel
from bot.commands import speech
from bot.commands.findings import Finding, Verdict
from bot.settings import Mode, ZaloBotAccount
from bot.zalo_bot import HOOK

PILOT = "BASIC"
"""Zalo's name for the free plan."""
CODES: Mapping[str, tuple[Verdict, str]] = {
    "bad_request": (Verdict.BAD, "zalo_bot_400"),
    "token_refused": (Verdict.BAD, "zalo_bot_401"),
    "server_error": (Verdict.DOUBTFUL, "zalo_bot_403"),
    "not_found": (Verdict.BAD, "zalo_bot_404"),
    "timeout": (Verdict.DOUBTFUL, "zalo_bot_408"),
    "quota": (Verdict.DOUBTFUL, "zalo_bot_429"),
    "unreachable": (Verdict.BAD, "zalo_bot_unreachable"),
}
"""What stands in the way, by the name of the channel's trouble."""


async def findings(bot: ZaloBotAccount, public_url: str | None) -> list[Finding]:
    """What Zalo says, as far as it says anything."""
    channel = ZaloBotChannel(bot.account, bot.token, catalogue=speech.catalogue(), api=bot.api)
    await channel.open()
    found: list[Finding] = []
    try:
        async for one in _asked(channel, bot, public_url):
            found.append(one)
    except Trouble as trouble:
        verdict, key = CODES.get(trouble.reason, (Verdict.BAD, "zalo_bot_other"))
        found.append(Finding(verdict, key, f"{bot.account}, {trouble.reason}"))
    finally:
        await channel.close()
    return found


async def _asked(channel: ZaloBotChannel, bot: ZaloBotAccount, public_url: str | None) -> AsyncIterator[Finding]:
    profile = await channel.introduce()
    yield Finding(Verdict.GOOD, "zalo_bot_answers", f"{bot.account}: {profile.name}")
    if profile.plan == PILOT:
        yield Finding(Verdict.DOUBTFUL, "zalo_bot_pilot", bot.account)
    else:
        yield Finding(Verdict.GOOD, "zalo_bot_plan", f"{bot.account}: {profile.plan}")
    wanted = f"{public_url}{platforms.hook_path(HOOK, bot.account)}" if bot.mode is Mode.WEBHOOK else ""
    there = await channel.webhook_url()
    if there == wanted:
        yield Finding(Verdict.GOOD, "zalo_bot_hooked" if wanted else "zalo_bot_polled", there or bot.account)
    else:
        yield Finding(Verdict.DOUBTFUL, "zalo_bot_will_hook" if wanted else "zalo_bot_will_unhook", wanted or there)
