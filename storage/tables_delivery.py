"""Delivery: messages promised, who may start when, who does what only one process may do, the browser's history.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from storage.types import BIG_ID, moment


class Policy(StrEnum):
    """What is promised of a message when the outcome of a send is unknown."""

    AT_LEAST_ONCE = "alo"
    AT_MOST_ONCE = "amo"


class Sending(StrEnum):
    """The life of an outbox row."""

    READY = "ready"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    HELD = "held"
    """Waits until somebody lets it go: what was unsent when the database was restored."""


class Priority(IntEnum):
    """Who goes first to the same chat and through the same account: the smaller number."""

    DANGER = -1
    """What is said to somebody who may be in danger."""
    REPLY = 0
    NOTICE = 3
    STRANGER = 4
    """What is said to people who have agreed to nothing yet: however many they are, no member waits for them."""
    BROADCAST = 9

    @property
    def is_reply(self) -> bool:
        """Whether it answers a line that has just come."""
        return self in (Priority.REPLY, Priority.STRANGER)


def _where(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {f"{dialect}_where": text(condition) for dialect in ("sqlite", "postgresql")}


READY = f"state = '{Sending.READY}'"


class Outbox(SQLModel, table=True):
    """One message to one chat. Only the courier sends it; see storage/outbox.py for the life of a row."""

    __table_args__ = (
        Index(
            "ix_outbox_front",
            *("account", "priority", "broadcast_id", "due_at", "id"),
            **_where(f"{READY} AND aside_until IS NULL"),
        ),
        Index("ix_outbox_aside", "account", "aside_until", **_where(f"{READY} AND aside_until IS NOT NULL")),
        Index("ix_outbox_lane", "account", "chat", "priority", "id", **_where(READY)),
        Index("ix_outbox_expiry", "expires_at", **_where(f"{READY} AND expires_at IS NOT NULL")),
        Index("uq_outbox_in_flight", "account", "chat", unique=True, **_where(f"state = '{Sending.CLAIMED}'")),
        Index("ix_outbox_settled", "settled_at", **_where("settled_at IS NOT NULL AND chat <> ''")),
        Index("ix_outbox_tombstone", "settled_at", **_where("chat = ''")),
        Index("ix_outbox_forget", "settled_at", **_where("forget")),
        Index("ix_outbox_strangers", "account", "chat", **_where("member_id IS NULL AND chat <> ''")),
        Index("ix_outbox_waiting", "member_id", **_where(f"{READY} AND reason IS NOT NULL")),
        Index("ix_outbox_broadcast", "broadcast_id", "state", "id", **_where("broadcast_id IS NOT NULL")),
        {"sqlite_autoincrement": True},  # an id is never used again: order and the transcript rely on it
    )

    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    account: str
    chat: str
    member_id: int | None = Field(default=None, index=True)
    broadcast_id: int | None = None
    """The broadcast whose text it carries: such a row has no body, it is worded when it is claimed. Not declared as a
    foreign key: broadcasts are never deleted, and PostgreSQL would look for it once per row of an audience."""
    topic: str
    """What the message is about, for counters and for erasing: `reply`, `status`, `officer`, `programme`, `news`."""
    priority: int
    policy: str
    once: str | None = Field(default=None, unique=True)
    """Makes a second promise of the same thing impossible; stays as a tombstone when the body goes."""
    body: bytes | None = None
    """The sealed Outbound; None once it is no longer needed."""
    forget: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Nothing is left of the row once it is settled: replies, and whatever concerns feedback."""
    due_at: datetime = moment()
    retry_at: datetime | None = moment(null=True)
    """Tried before and not to be tried again until then; until then it also holds up its lane."""
    aside_until: datetime | None = moment(null=True)
    """A claim met it, found that something else comes first, and looks at it again then or when its chat falls free:
    so that no claim has to pass by whatever must wait."""
    expires_at: datetime | None = moment(null=True)
    state: str = Sending.READY
    lease_until: datetime | None = moment(null=True)
    owner: str | None = None
    fence: int = 0
    attempts: int = 0
    reason: str | None = None
    external_id: str | None = None
    created_at: datetime = moment()
    settled_at: datetime | None = moment(null=True)


class DeliveryFailure(SQLModel, table=True):
    """How many sends of an account failed for good on a day: what is left once the rows themselves are forgotten.

    Nobody and no topic is named: beside an answer to feedback without a name that would say how its author is reached.
    """

    __tablename__ = "delivery_failure"
    __table_args__ = ({"sqlite_with_rowid": False},)

    account: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    """What class of message it was: a name of `Priority` in small letters."""
    reason: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    """In Vietnam's time."""
    count: int


class Budget(SQLModel, table=True):
    """The pace of one account, shared by every process: GCRA without burst."""

    account: str = Field(primary_key=True)
    next_at: datetime = moment()
    """The first moment at which the next send may start."""
    halted_until: datetime | None = moment(null=True)
    starved: int = 0
    """Slots given to replies in a row while broadcasts waited."""
    share: float = 1.0
    """Of the configured rate, as it was after the platform last asked for a pause; it grows back by itself."""
    slowed_at: datetime | None = moment(null=True)
    """When that was."""
    doubts: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """Sends in doubt in a row, none delivered in between. This and what follows: storage/outages.py."""
    out_since: datetime | None = moment(null=True)
    """Since when the platform cannot be reached; None: it can, as far as is known."""
    probe: str = Field(default="send", sa_column_kwargs={"server_default": text("'send'")})
    """What is tried next to find out whether it can again."""
    probe_at: datetime | None = moment(null=True)
    """Not before this."""
    probes: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """How often that has failed."""
    trial_at: datetime | None = moment(null=True)
    """Nothing that may be sent once only is spent on a probe before this."""
    back_at: datetime | None = moment(null=True)
    """When the last outage was over: what began before it says nothing about now."""


class Lane(SQLModel, table=True):
    """When the next message may go to one chat of an account that paces its chats."""

    account: str = Field(primary_key=True)
    chat: str = Field(primary_key=True)
    next_at: datetime = moment(index=True)


class Lease(SQLModel, table=True):
    """Who does what only one process may do; measured by the database's clock."""

    name: str = Field(primary_key=True)
    owner: str
    fence: int
    until: datetime = moment()


class Line(SQLModel, table=True):
    """One line of a browser chat's history, sealed. `outbox_id` makes delivery into it happen once."""

    __tablename__ = "transcript"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an open page asks for the lines since an id

    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    account: str
    chat: str = Field(index=True)
    mine: bool
    """Written by the member."""
    outbox_id: int | None = Field(default=None, sa_column=Column(BIG_ID, unique=True, nullable=True))
    body: bytes
    at: datetime = moment(index=True)
