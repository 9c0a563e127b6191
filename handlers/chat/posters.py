"""Units' codes to be scanned, asked for in the chat by those who serve there: a picture where the channel shows one."""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.errors import Refusal
from handlers.units import posters
from messages.types import Say
from storage.tables import Unit

SHOWN = 3
"""Units somebody is shown at once."""


def show(context: Context, typed: str) -> None:
    """The code of one's own units, or of the one whose code was typed: it is public, on paper as here."""
    office = context.office
    if not context.appointments:
        context.say("common.no_right", contact=office.contact)
    elif not office.is_reachable_from(context.inbound.address.kind):
        context.say("poster.no_site")
    else:
        try:
            found = posters.wanted(context.db, context.actor, typed)
        except Refusal as refusal:
            context.refused(refusal)
            return
        context.said += [_picture(unit, office.public_url) for unit in found[:SHOWN]]


def _picture(unit: Unit, home: str) -> Say:
    address = posters.picture_address(unit.code, public_url=home)
    values = {"unit": unit.name, "code": unit.code, "link": posters.link(unit.code, public_url=home)}
    return Say("poster.picture", values | {"picture": address}, picture=address)
