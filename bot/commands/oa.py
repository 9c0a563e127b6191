"""The commands about Official Accounts: the link by which an administrator grants, and what it brought back."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands import speech
from bot.errors import Unfit

if TYPE_CHECKING:
    from bot.channels.http import HttpClient
    from bot.channels.zalo_oa.oauth import Granted, OAuth
    from bot.settings import Settings
    from bot.settings_oa import OaAccount

FIRST = "zalo_oa"

Account = Annotated[str, typer.Option("--account", metavar=speech.place("name"), help=speech.hint("oa_account"))]
Redirect = Annotated[str, typer.Option("--redirect", metavar=speech.place("address"), help=speech.hint("oa_redirect"))]
Code = Annotated[str, typer.Option("--code", metavar=speech.place("code"), help=speech.hint("oa_code"))]
Verifier = Annotated[str, typer.Option("--verifier", metavar=speech.place("text"), help=speech.hint("oa_verifier"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    zalo = speech.group("zalo")
    speech.command(zalo, "link", "zalo_link")(link)
    speech.command(zalo, "authorise", "zalo_authorise")(authorise)
    app.add_typer(zalo, name="zalo")


def link(redirect: Redirect, account: Account = FIRST) -> None:
    """Make the link, with a challenge of its own; nothing is kept of it."""
    import secrets

    from bot.channels.zalo_oa.oauth import challenge_of
    from bot.commands import access

    oa = _account(access.prepare(), account)
    verifier = secrets.token_urlsafe(32)
    state = secrets.token_urlsafe(9)
    address = _oauth(oa)[1].address(redirect=redirect, challenge=challenge_of(verifier), state=state)
    speech.say(speech.text("zalo.link", address=address, verifier=verifier))


def authorise(code: Code = "", verifier: Verifier = "", account: Account = FIRST) -> None:
    """Exchange a code, or without one a refresh token that is asked for, and keep the pair."""
    import asyncio

    from bot.commands import access
    from bot.commands.oa_orders import KeepPair

    settings = access.prepare()
    oa = _account(settings, account)
    token = "" if code else str(typer.prompt(speech.text("zalo.ask_token"), hide_input=True)).strip()
    granted = asyncio.run(_granted(oa, code=code.strip(), verifier=verifier.strip(), token=token))
    order = KeepPair(oa.account, granted.access, granted.refresh, int(granted.lives.total_seconds()))
    speech.say(access.carry_out(settings, order))


async def _granted(oa: OaAccount, *, code: str, verifier: str, token: str) -> Granted:
    from bot.channels import Trouble
    from bot.channels.zalo_oa.oauth import Ungranted

    http, oauth = _oauth(oa)
    async with http:
        try:
            return await (oauth.exchange(code, verifier=verifier) if code else oauth.refresh(token))
        except Ungranted as refusal:
            raise Unfit(explained(str(refusal))) from None
        except Trouble as trouble:
            raise Unfit(speech.text("zalo.no_answer", reason=trouble.reason)) from None


def explained(code: str) -> str:
    """What stands in the way, by Zalo's code."""
    key = f"zalo.code_{code.lstrip('-')}"
    reason = speech.text(key) if speech.knows(key) else speech.text("zalo.code_unknown")
    return speech.text("zalo.error", code=code, reason=reason)


def _account(settings: Settings, name: str) -> OaAccount:
    found = next((oa for oa in settings.zalo_oa if oa.account == name), None)
    if found is None:
        raise Unfit(speech.text("zalo.no_account", account=name))
    return found


def _oauth(oa: OaAccount) -> tuple[HttpClient, OAuth]:
    from bot.channels.http import HttpClient
    from bot.channels.zalo_oa.oauth import OAuth

    http = HttpClient([oa.oauth])
    return http, OAuth(http, oa.oauth, app_id=oa.app_id, app_secret=oa.app_secret)
