"""The lists a chat was shown last, with the instants: what a typed number is understood by.

A list counts from its delivery, not from its promise: it is written in the transaction that settles its row. All of a
member lie under one seal, so that no instant stands beside anything said without a name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from messages.types import Address, Choice
from storage.database import Transaction
from storage.errors import WrongKey
from storage.lists import among
from storage.tables import Offered

KEPT = 4
"""Lists of one chat."""

_offered = SQLModel.metadata.tables["offered"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One list as a person saw it. Instants are the database's clock's; the browser's are those of its lines."""

    question: str
    choices: tuple[Choice, ...]
    since: datetime
    """From when on it may have been seen: its send began."""
    at: datetime
    """From when on it was to be seen: its send had ended."""
    asked_for: bool
    """An answer to what the person did; else a push."""
    sure: bool = True
    """Whether it is certain that it arrived."""
    external_id: str = ""
    """What the platform calls the message, by which it can be quoted."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A list that reached a member in one of their chats, or may have."""

    member_id: int
    address: Address
    offer: Offer


def note(db: Transaction, delivered: Sequence[Delivery]) -> None:
    """Write down what was delivered, in that order; it becomes rows when the transaction writes out."""
    if not delivered:
        return
    held = _held(db, {each.member_id for each in delivered})
    news: defaultdict[int, list[Delivery]] = defaultdict(list)
    for each in delivered:
        news[each.member_id].append(each)
    for member_id, theirs in news.items():
        lists = held.get(member_id, [])
        for each in theirs:
            lists = _with(lists, each.address, each.offer)
        db.write(Offered, {"member_id": member_id, "kept": db.seals.seal(lists)}, replaces=("member_id",))


def read(opened: Any, address: Address) -> tuple[Offer, ...]:
    """The lists of one chat behind a seal, the newest last."""
    return tuple(_from_json(each) for each in opened or () if _is_of(each, address))


def _held(db: Transaction, member_ids: set[int]) -> dict[int, list[Any]]:
    theirs = select(_offered.c.member_id, _offered.c.kept).where(among(db, _offered.c.member_id, member_ids))
    found = db.connection().execute(theirs.order_by(_offered.c.member_id).with_for_update())
    return {member_id: _open(db, kept) for member_id, kept in found}


def _open(db: Transaction, kept: bytes) -> list[Any]:
    try:
        return list(db.seals.open(kept))
    except WrongKey:
        return []


def _with(lists: Sequence[Any], address: Address, offer: Offer) -> list[Any]:
    """One more at the end. Sent a second time it is the same list, and may have been seen since the first."""
    others = [each for each in lists if not _is_of(each, address)]
    before = list(read(lists, address))
    earlier = next((old for old in reversed(before) if _is_same(old, offer) and not old.sure), None)
    if earlier is not None:
        before.remove(earlier)
        offer = replace(offer, since=min(offer.since, earlier.since))
    return [*others, *(_to_json(address, each) for each in [*before, offer][-KEPT:])]


def _is_same(one: Offer, other: Offer) -> bool:
    return (one.question, one.choices) == (other.question, other.choices)


def _is_of(stored: Mapping[str, Any], address: Address) -> bool:
    return (stored["account"], stored["chat"]) == (address.account, address.chat)


def _to_json(address: Address, offer: Offer) -> dict[str, Any]:
    return {
        "account": address.account,
        "chat": address.chat,
        "question": offer.question,
        "choices": [choice.to_json() for choice in offer.choices],
        "since": offer.since.isoformat(),
        "at": offer.at.isoformat(),
        "asked_for": offer.asked_for,
        "sure": offer.sure,
        "id": offer.external_id,
    }


def _from_json(stored: Mapping[str, Any]) -> Offer:
    return Offer(
        stored["question"],
        tuple(Choice(*parts) for parts in stored["choices"]),
        datetime.fromisoformat(stored["since"]),
        datetime.fromisoformat(stored["at"]),
        stored["asked_for"],
        stored["sure"],
        stored["id"],
    )
