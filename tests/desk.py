"""Turns at moments of the test's own choosing: what the writer thread does, without the channels around it.

For rules that no channel changes; whole journeys, channels and restarts are the box's (tests/box.py).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select, update
from sqlmodel import col

from handlers import programmes
from handlers.actors import COMMAND_LINE
from handlers.chat import turn
from handlers.units import tree as units
from messages.types import Address, Choice, Event, Inbound, Outbound, Pressed, Text, numbered, payload
from storage import offers
from storage.database import Database, Transaction
from storage.offers import Delivery, Offer
from storage.seals import Seals
from storage.tables import Outbox, Priority, Programme, Sending
from tests.box import KEY, START, UNITS, office

LISTED = re.compile(r"^(\d{1,3})\. ", re.MULTILINE)
"""A line of a numbered list in a text."""


class Desk:
    """One database, one office, one clock that stands still until the test moves it."""

    def __init__(self, database_url: str) -> None:
        self.database = Database(database_url, Seals([KEY]))
        self.office = office()
        self.now = START
        self.numbers = itertools.count(1)
        self.delivered: dict[Address, int] = {}
        """The last row that reached each chat."""

    @contextmanager
    def rows(self) -> Iterator[Transaction]:
        """A transaction of the test's own."""
        with self.database.transaction() as db:
            yield db

    def furnish(self, *templates: str, opened: int = 10, run_by: str | None = None) -> list[Programme]:
        """The demo's units, and programmes that opened so many days ago."""
        with self.rows() as db:
            sheet = units.read_sheet(UNITS.read_bytes(), "units.csv")
            units.apply(db, COMMAND_LINE, units.plan(db, sheet), now=self.now)
            day = (self.now - timedelta(days=opened)).date()
            return [programmes.load(db, COMMAND_LINE, code, day, run_by=run_by, now=self.now) for code in templates]

    def person(self, name: str, channel: str = "web") -> Visitor:
        """Somebody new."""
        return Visitor(self, Address(channel, f"{name}-{next(self.numbers)}"))

    def member(self, name: str, channel: str = "web") -> Visitor:
        """Somebody who has agreed to the notice."""
        visitor = self.person(name, channel)
        visitor.talks("/start", "[Tôi đồng ý]")
        return visitor

    def take(self, address: Address, event: Event, update_id: str | None = None) -> None:
        """One update, committed; what was promised to this address before has reached it."""
        inbound = Inbound(address, update_id or f"u{next(self.numbers)}", event)
        with self.rows() as db:
            self._deliver(db, address, ago=0.0)
            turn.lock(db, [inbound])
            turn.take_turn(db, inbound, turn.gather(db, [inbound], self.now), self.now, self.office)

    def deliver(self, address: Address, *, ago: float = 0.0) -> None:
        """What the courier does for one chat, as far as conversations know of it: its lists were shown, so many seconds
        ago.
        """
        with self.rows() as db:
            self._deliver(db, address, ago=ago)

    def _deliver(self, db: Transaction, address: Address, *, ago: float) -> None:
        rows = db.connection().execute(_new_of(address, self.delivered.get(address, 0))).all()
        if not rows:
            return
        self.delivered[address] = rows[-1].id
        at = db.clock() - timedelta(seconds=ago)
        to_strangers = [row.id for row in rows if row.member_id is None and row.state == Sending.READY]
        sent = update(Outbox).where(col(Outbox.id).in_(to_strangers)).values(state=Sending.SENT, settled_at=at)
        db.connection().execute(sent)
        offers.note(db, [each for row in rows if (each := _shown(db, row, address, at, ago)) is not None])
        db.write_out()


def _new_of(address: Address, after: int) -> Select[Any]:
    here = col(Outbox.account) == address.account, col(Outbox.chat) == address.chat, col(Outbox.id) > after
    columns = (col(Outbox.id), col(Outbox.body), col(Outbox.member_id), col(Outbox.state), col(Outbox.priority))
    return select(*columns).where(*here).order_by(col(Outbox.id))


def _shown(db: Transaction, row: Row[Any], address: Address, at: datetime, ago: float) -> Delivery | None:
    """The list of a row, as its settling would note it."""
    message = Outbound.from_json(db.seals.open(row.body)) if row.body else Outbound("")
    if row.member_id is None or not message.choices or row.state == Sending.CANCELLED:
        return None
    asked_for = Priority(row.priority).is_reply
    offer = Offer(message.question, message.choices, at, at, asked_for=asked_for, external_id=f"m{round(ago)}")
    return Delivery(row.member_id, address, offer)


def shared_numbers(message: Outbound) -> set[int]:
    """The numbers that stand in a message for one thing and, as a choice, for another."""
    listed = {int(number) for number in LISTED.findall(message.text)}
    choices = dict(enumerate(numbered(message.choices), 1))
    return {number for number in listed & choices.keys() if not choices[number].label.endswith(f" {number}")}


@dataclass
class Visitor:
    """Somebody who talks to the office over one address."""

    desk: Desk
    address: Address
    heard: list[Outbound] = field(default_factory=list)
    last: int = 0

    def sends(self, event: Event, update_id: str | None = None) -> str:
        """Send anything; what came back, as one text."""
        self.desk.take(self.address, event, update_id)
        return self.hears()

    def says(self, text: str) -> str:
        """Type a line."""
        return self.sends(Text(text))

    def presses(self, label: str) -> str:
        """Press the newest button with this label."""
        return self.sends(Pressed(self.button(label)))

    def button(self, label: str) -> str:
        """The payload of the newest button with this label."""
        for message in reversed(self.heard):
            for choice in message.choices:
                if choice.label == label:
                    return payload(message.question, choice.key)
        raise AssertionError(f"no button {label!r}; the newest are {self.labels}")

    def talks(self, *lines: str) -> str:
        """Several lines (`[Nhãn]` presses a button); what the last one brought."""
        answer = ""
        for line in lines:
            pressed = line.startswith("[") and line.endswith("]")
            answer = self.presses(line[1:-1]) if pressed else self.says(line)
        return answer

    def hears(self) -> str:
        """Everything promised to this address since the last line."""
        with self.desk.database.reading() as db:
            rows = db.connection().execute(_new_of(self.address, self.last)).all()
            new = [Outbound.from_json(db.seals.open(row.body)) for row in rows if row.body]
        self.last = rows[-1].id if rows else self.last
        self.heard += new
        for message in new:
            assert not shared_numbers(message), message
        return "\n\n".join(message.text for message in new)

    @property
    def labels(self) -> list[str]:
        """The choices under the newest message that has any."""
        choices: tuple[Choice, ...] = next((message.choices for message in reversed(self.heard) if message.choices), ())
        return [choice.label for choice in choices]
