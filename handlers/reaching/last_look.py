"""The last look at news before it starts: does the member still want it, and in what words is it said to them?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.news import campaigns
from handlers.office import Office
from handlers.reaching import reach
from handlers.text.readers import given_name
from messages import staff_text
from messages.types import Outbound
from storage import broadcasts, news
from storage.claims import Looked, Waiting
from storage.database import Transaction


class LastLook:
    """`storage.claims.LastLook` over the rules of handlers/reaching/reach.py."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def is_open(self, now: datetime) -> bool:
        """Not in the quiet hours: what waits then goes in the morning."""
        return not reach.is_quiet(now, self._office.quiet_hours)

    def look(self, db: Transaction, waiting: Sequence[Waiting], now: datetime) -> Looked:
        """Opt-out, withdrawal, erasure and the caps count up to this moment."""
        member_ids = [row.member_id for row in waiting if row.member_id is not None]
        midnight = reach.midnight(now)
        told = news.standings(db, member_ids, at=now, midnight=midnight, counted=news.GONE_OUT)
        refused: dict[int, str] = {}
        for row in waiting:
            rules = campaigns.rules(self._office) if row.broadcast_id is None else rules_of(self._office)
            standing = told.get(row.member_id) if row.member_id is not None else None
            reason = reach.refusal(standing, rules) if standing else reach.Reason.ERASED
            if reason is not None:
                refused[row.id] = reason.value
        return Looked(refused, self._written(db, [row for row in waiting if row.id not in refused]))

    def _written(self, db: Transaction, going: Sequence[Waiting]) -> dict[int, Outbound]:
        carrying = [row for row in going if row.broadcast_id is not None and row.member_id is not None]
        if not carrying:
            return {}
        texts = broadcasts.by_ids(db, {row.broadcast_id for row in carrying if row.broadcast_id is not None})
        facts = broadcasts.facts(db, [row.member_id for row in carrying if row.member_id is not None])
        written = {}
        for row in carrying:
            assert row.broadcast_id is not None
            assert row.member_id is not None
            name, unit = facts[row.member_id]
            written[row.id] = Outbound(word(self._office, texts[row.broadcast_id].text, name=name, unit=unit))
        return written


def rules_of(office: Office) -> reach.Rules:
    """What a broadcast must keep to."""
    return reach.Rules(office.quiet_hours, weekly=office.weekly_news)


def word(office: Office, text: str, *, name: str | None, unit: str | None) -> str:
    """A text of staff as one person gets it."""
    values = {
        "ten": given_name(name) if name else "",
        "don_vi": unit or office.organisation,
        "to_chuc": office.organisation,
    }
    return staff_text.fill(text, values)
