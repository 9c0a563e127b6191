"""News of the union, which a member may ask for and stop: off by default, apart from the notice, one switch for all
their channels. What is sent to those who take it stands in campaigns.py and broadcasts.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.office import Office
from messages.types import Address
from storage import members, news, outbox
from storage.database import Transaction
from storage.tables import Member


@act(Needs.SELF, audit="news.opt_in")
def opt_in(db: Transaction, office: Office, actor: Actor, address: Address, update_id: str, *, now: datetime) -> None:
    """Take news, on every channel from now on; kept as proof are the question, where and by which message the answer
    came. Who takes them already changes nothing.
    """
    member = _member(db, actor)
    if not member.news:
        news.opt_in(db, member, text_hash=text_hash(office), address=address, update_id=update_id, now=now)
        actors.record(db, actor, "news.opt_in", now=now)


@act(Needs.SELF, audit="news.opt_out")
def opt_out(db: Transaction, actor: Actor, *, now: datetime) -> None:
    """Take no news from this moment on, on every channel; what waits is withdrawn."""
    news.opt_out(db, _member(db, actor), now)
    outbox.cancel(db, member_id=actor.me, topic=news.TOPIC, reason="opted_out")
    actors.record(db, actor, "news.opt_out", now=now)


def text_hash(office: Office) -> str:
    """The fingerprint of the question as it is put: proof of what was agreed to."""
    return hashlib.sha256(office.catalogue.text("news.ask", asked(office)).encode()).hexdigest()


def asked(office: Office) -> Mapping[str, object]:
    """What the question says: how often news come at most, and between which hours."""
    begins, ends = office.quiet_hours
    return {"weekly": office.weekly_news, "hours_from": ends, "hours_to": begins}


def _member(db: Transaction, actor: Actor) -> Member:
    member = members.by_id(db, actor.me)
    assert member is not None
    return member
