"""The poster of one unit: which name and which links stand on it. How it looks is papers/poster.py."""

from __future__ import annotations

from handlers.actors import Actor, NoRight
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.papers import qr
from handlers.papers.poster import Poster
from storage import units
from storage.database import Transaction
from storage.tables import Unit

START = "u_"
"""Before a unit's code in the payload of a deep link."""


@act(Needs.ANYBODY, unaudited="a poster is public")
def of_unit(
    db: Transaction,
    unit_code: str,
    *,
    organisation: str,
    bot_name: str,
    telegram_name: str | None = None,
    public_url: str | None = None,
    on_zalo: bool = False,
) -> Poster:
    """The poster of a unit; `telegram_name` is the bot's username. Raises Refusal: no such unit, nowhere to lead."""
    unit = units.by_code(db, unit_code)
    if unit is None:
        raise Refusal("poster.no_unit", code=unit_code)
    if telegram_name is None and public_url is None:
        raise Refusal("poster.no_link")
    return Poster(
        organisation=organisation,
        bot_name=bot_name,
        unit=unit.name,
        code=unit.code,
        telegram_link=f"https://t.me/{telegram_name}?start={START}{unit.code}" if telegram_name else None,
        web_link=link(unit.code, public_url=public_url) if public_url else None,
        on_zalo=on_zalo,
    )


@act(Needs.ANYBODY, unaudited="a poster is public")
def picture(db: Transaction, unit_code: str, *, public_url: str) -> bytes | None:
    """The code of a unit's web link as a PNG; None where there is no such unit."""
    unit = units.by_code(db, unit_code)
    return None if unit is None else qr.png(link(unit.code, public_url=public_url))


@act(Needs.ROLE, unaudited="a poster is public")
def wanted(db: Transaction, actor: Actor, code: str = "") -> list[Unit]:
    """The units whose codes somebody who serves asks for: the one of a code, else those they hold a role for.

    Raises NoRight, or Refusal where there is no such unit.
    """
    if not actor.roles:
        raise NoRight("rights.none")
    if code:
        unit = units.by_code(db, code.upper())
        if unit is None:
            raise Refusal("poster.no_unit", code=code[:40])
        return [unit]
    own = (units.by_id(db, unit_id) for unit_id in sorted({row.unit_id for row in actor.roles}))
    return [unit for unit in own if unit is not None]


def picture_address(unit_code: str, *, public_url: str) -> str:
    """Where that picture can be fetched, as often as one likes."""
    return f"{public_url.rstrip('/')}/pictures/{unit_code}.png"


def link(unit_code: str, *, public_url: str) -> str:
    """Where the code of a unit leads: the browser chat, with that unit in mind."""
    return f"{public_url.rstrip('/')}/chat?u={unit_code}"
