"""Looking at Official Accounts for the doctor: tokens, what Zalo says, whether events come. Changes nothing.

A pair is never renewed here: that would spend a token which the serving process needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

from bot import platforms
from bot.channels import Later, Trouble
from bot.channels.http import HttpClient
from bot.channels.zalo_oa.calls import OaCalls
from bot.channels.zalo_oa.channel import ACCOUNT
from bot.channels.zalo_oa.codes import Fate, OaError, meaning
from bot.commands import speech
from bot.commands.findings import Finding, Verdict
from bot.commands.oa import explained
from bot.settings import Settings
from bot.settings_oa import OaAccount
from bot.zalo_oa import HOOK
from handlers.reaching import oa_desk
from storage import schema, tokens
from storage.database import Database, Transaction
from storage.errors import NotMigrated, NotUnicode
from storage.seals import Seals
from storage.tokens import Pair

REFRESH_ENDS = timedelta(days=90)
"""A refresh token lives for three months (developers.zalo.me, «Xác thực và ủy quyền»)."""
SOON = timedelta(days=10)
SILENT = timedelta(days=2)
"""Without an event for so long: Zalo may have switched the webhook off."""


def findings(settings: Settings, *, online: bool) -> Iterator[Finding]:
    """Every account of the settings; nothing where the database cannot be used, which is a finding of its own."""
    if not settings.zalo_oa or not settings.secret_keys:
        return
    database = Database(settings.database_url, Seals(settings.secret_keys))
    try:
        schema.check(database)
        for oa in settings.zalo_oa:
            with database.reading() as db:
                pair = tokens.read(db, oa.account)
                yield from [*_kept(db, oa), _hooked(oa, settings.public_url)]
            if online:
                yield from asyncio.run(_asked(oa, pair))
    except (NotMigrated, NotUnicode, schema.Unreachable):
        return
    finally:
        database.close()


def _kept(db: Transaction, oa: OaAccount) -> Iterator[Finding]:
    """What the database says: is there a pair, does it go on, when was the last event?"""
    now = db.clock()
    pair = tokens.read(db, oa.account)
    if pair is None:
        seeded = oa.refresh_token is not None
        yield Finding(Verdict.DOUBTFUL if seeded else Verdict.BAD, "oa_seeded" if seeded else "oa_no_pair", oa.account)
    elif pair.trouble is not None or not pair.refresh:
        yield Finding(Verdict.BAD, "oa_broken_pair", f"{oa.account}: {_told(pair.trouble or '')}")
    elif now - pair.granted_at > REFRESH_ENDS - SOON:
        yield Finding(Verdict.BAD, "oa_old_pair", oa.account)
    else:
        yield Finding(Verdict.GOOD, "oa_pair", oa.account)
    last = oa_desk.last_heard(db, oa.account)
    if last is None:
        yield Finding(Verdict.DOUBTFUL, "oa_never_heard", oa.account)
    elif now - last > SILENT:
        yield Finding(Verdict.DOUBTFUL, "oa_silent", oa.account)


def _hooked(oa: OaAccount, public_url: str | None) -> Finding:
    """Where Zalo is to call; only a person can enter it at Zalo."""
    path = platforms.hook_path(HOOK, oa.account)
    if (public_url or "").startswith("https://"):
        return Finding(Verdict.GOOD, "oa_hook", f"{public_url}{path}")
    return Finding(Verdict.BAD, "oa_no_https", path)


async def _asked(oa: OaAccount, pair: Pair | None) -> list[Finding]:
    """What Zalo says of the account, asked with the token of now."""
    if pair is None or not pair.access:
        return []
    async with HttpClient([oa.openapi]) as http:
        try:
            told = await OaCalls(http, oa.openapi, _AsItIs(pair.access)).get(ACCOUNT)
        except OaError as error:
            waits = meaning(error.code).fate is Fate.TOKEN
            return [Finding(Verdict.DOUBTFUL if waits else Verdict.BAD, "oa_error", explained(str(error.code)))]
        except Trouble as trouble:
            if trouble.reason == REFUSED:
                return [Finding(Verdict.DOUBTFUL, "oa_error", explained("-216"))]
            return [Finding(Verdict.BAD, "oa_error", speech.text("zalo.no_answer", reason=trouble.reason))]
    package = str(told.get("package_name") or "")
    found = [Finding(Verdict.GOOD, "oa_answers", " · ".join(filter(None, (str(told.get("name", "")), package))))]
    if str(told.get("is_verified", True)).lower() == "false":
        found.append(Finding(Verdict.BAD, "oa_error", explained("-221")))
    return found


REFUSED = "refused_here"


class _AsItIs:
    """The token as it is kept: one that is refused is not replaced."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def access(self) -> str:
        """The token."""
        return self._token

    async def instead_of(self, refused: str) -> str:
        """None."""
        raise Later(REFUSED)

    async def close(self) -> None:
        """Nothing was begun."""


def _told(trouble: str) -> str:
    return explained(trouble) if trouble.lstrip("-").isdecimal() else speech.text("zalo.revoked")
