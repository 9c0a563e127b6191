"""Units' codes to be scanned, asked for in the chat by those who serve there: a picture where the channel shows one."""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.units import posters
from messages.types import Say
from storage import units
from storage.tables import Unit

SHOWN = 3
"""Units somebody is shown at once."""


def show(context: Context, typed: str) -> None:
    """The code of one's own units, or of the one whose code was typed: it is public, on paper as here."""
    home = context.office.public_url
    if not context.appointments:
        context.say("common.no_right", contact=context.office.contact)
    elif not context.office.is_reachable_from(context.inbound.address.kind):
        context.say("poster.no_site")
    elif typed:
        unit = units.by_code(context.db, typed.upper())
        if unit is None:
            context.say("poster.no_unit", code=typed[:40])
        else:
            context.said.append(_picture(unit, home))
    else:
        own = (units.by_id(context.db, unit_id) for unit_id in sorted({row.unit_id for row in context.appointments}))
        context.said += [_picture(unit, home) for unit in own if unit is not None][:SHOWN]


def _picture(unit: Unit, home: str) -> Say:
    address = posters.picture_address(unit.code, public_url=home)
    values = {"unit": unit.name, "code": unit.code, "link": posters.link(unit.code, public_url=home)}
    return Say("poster.picture", values | {"picture": address}, picture=address)
