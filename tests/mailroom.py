"""News on its way, without a courier: members who take it, and what one round of claims would send at a moment."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from handlers.reaching.last_look import LastLook
from messages.types import Address
from storage import claims, clock, news, outcomes, settings
from storage.claims import Claimed
from storage.outcomes import Outcome, Report
from storage.pace import Rate
from storage.tables import Member, MemberAddress, Unit
from tests.desk import Desk

ACCOUNT = "web"
Fates = Mapping[str, Outcome]


@dataclass
class Mailroom:
    """The courier's part of a desk; `fates` tells what becomes of a send, by chat."""

    desk: Desk

    def subscribe(
        self, chat: str, unit: str | None = "GD51-01", *, name: str | None = None, news_too: bool = True
    ) -> int:
        """A member at an address of the browser chat who has agreed, and takes news or not."""
        with self.desk.rows() as db:
            found = db.scalars(select(Unit).where(col(Unit.code) == unit)).one_or_none()
            member = Member(
                created_at=self.desk.now,
                name=name,
                consent_version=self.desk.office.notice_version,
                unit_id=found.id if found else None,
            )
            db.add(member)
            db.flush()
            assert member.id is not None
            moments = {"linked_at": self.desk.now, "seen_at": self.desk.now}
            db.add(MemberAddress(account=ACCOUNT, chat=chat, member_id=member.id, **moments))
            if news_too:
                here = Address(ACCOUNT, chat)
                news.opt_in(db, member, text_hash="h" * 64, address=here, update_id="t", now=self.desk.now)
            return member.id

    def claim(self) -> list[Claimed]:
        """What starts now, by the desk's clock."""
        with self.desk.rows() as db:
            settings.write(db, clock.OFFSET, (self.desk.now - db.clock()).total_seconds())
        with self.desk.rows() as db:
            look = LastLook(self.desk.office)
            return list(claims.claim(db, [Rate(ACCOUNT)], owner="test", room={ACCOUNT: 1000}, news=look).claimed)

    def settle(self, claimed: list[Claimed], fates: Fates | None = None) -> None:
        """What came of it; SENT unless told otherwise."""
        fates = fates or {}
        reports = [Report(one, fates.get(one.address.chat, Outcome.SENT)) for one in claimed]
        with self.desk.rows() as db:
            outcomes.settle(db, reports, owner="test", chance=random.Random(1))

    def deliver(self, fates: Fates | None = None) -> dict[str, str]:
        """Send until nothing is left that may start; the news by chat, several texts joined."""
        heard: dict[str, str] = {}
        while claimed := self.claim():
            for one in claimed:
                if one.topic == news.TOPIC and (fates or {}).get(one.address.chat, Outcome.SENT) is Outcome.SENT:
                    chat = one.address.chat
                    heard[chat] = "\n".join(filter(None, (heard.get(chat), one.message.text)))
            self.settle(claimed, fates)
        return heard

    def at(self, moment: datetime) -> None:
        """Let the desk's clock stand at a moment."""
        self.desk.now = moment
