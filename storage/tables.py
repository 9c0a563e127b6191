"""Every table and every constraint. Facts are stored; what can be computed from them is not.

A name here is the office's word for the thing. Nothing but columns lives in this room.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables_duties import DutyDone as DutyDone
from storage.tables_duties import DutyNotice as DutyNotice
from storage.tables_duties import DutySnooze as DutySnooze
from storage.tables_duties import Notice as Notice
from storage.tables_feedback import Feedback as Feedback
from storage.tables_feedback import FeedbackEvent as FeedbackEvent
from storage.tables_news import Announcing as Announcing
from storage.tables_news import Broadcast as Broadcast
from storage.tables_news import SloganTurn as SloganTurn
from storage.types import Instant

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""A counting key: SQLite counts only in a plain INTEGER PRIMARY KEY."""


class Kind(StrEnum):
    """What a member hands in."""

    INITIATIVE = "initiative"
    FEEDBACK = "feedback"


class State(StrEnum):
    """Where a submission stands (seed 000 II.2.1 and Phụ lục 1: received, appraised, introduced higher)."""

    SENT = "sent"
    RECEIVED = "received"
    NEEDS_MORE = "needs_more"
    RECOGNISED = "recognised"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Role(StrEnum):
    """What a member may do for a unit and all below it."""

    OFFICER = "officer"
    STAFF = "staff"
    ADMIN = "admin"


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


class Priority(IntEnum):
    """Who goes first to the same chat and through the same account: the smaller number."""

    REPLY = 0
    NOTICE = 3
    BROADCAST = 9


def moment(*, null: bool = False, index: bool = False) -> Any:
    """A column of `Instant`."""
    return Field(default=None if null else ..., sa_column=Column(Instant(), nullable=null, index=index))


def _where(state: str) -> dict[str, Any]:
    """A partial index over one state, on both databases."""
    return {f"{dialect}_where": text(f"state = '{state}'") for dialect in ("sqlite", "postgresql")}


class Level(SQLModel, table=True):
    """A level of the union, as the import names it; `rank` 0 is the top."""

    code: str = Field(primary_key=True)
    name: str
    rank: int


class Unit(SQLModel, table=True):
    """A union organisation. `place` is the two-digit code of its province or city; None for a central sector."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    search: str = Field(index=True)
    """The folded name, for finding."""
    level: str = Field(foreign_key="level.code")
    parent_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    place: str | None = Field(default=None, index=True)
    members: int | None = None
    """Members the unit reports; decides where anonymous feedback is large enough to hide in."""
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day of its existence."""


class Member(SQLModel, table=True):
    """A person who agreed to the notice. Erasing empties the row but keeps it, so that counts stay true."""

    id: int | None = Field(default=None, primary_key=True)
    name: str | None = None
    phone: str | None = None
    place: str | None = None
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    other_unit: str | None = None
    group: str | None = None
    consent_version: str | None = None
    """The version of the notice agreed to; None once withdrawn."""
    news: bool = False
    created_at: datetime = moment()
    erased_at: datetime | None = moment(null=True)


class MemberAddress(SQLModel, table=True):
    """Where a member can be written to; identity is the member, never the chat."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("account", "chat"),)

    id: int | None = Field(default=None, primary_key=True)
    account: str
    chat: str
    member_id: int = Field(foreign_key="member.id", index=True)
    linked_at: datetime = moment()
    seen_at: datetime = moment()
    """When the member last wrote from here: a push goes to the address seen last."""
    unreachable_at: datetime | None = moment(null=True)
    """Since when the platform refuses us (blocked); cleared when the member writes."""


class Consent(SQLModel, table=True):
    """Proof of an agreement: who, when, to which text, by which message (Law 91/2025/QH15, art. 9)."""

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    version: str
    text_hash: str
    purpose: str
    given_at: datetime = moment()
    account: str | None = None
    update_id: str | None = None
    withdrawn_at: datetime | None = moment(null=True)


class Conversation(SQLModel, table=True):
    """Which form a member is in, and what the last menu offered."""

    member_id: int = Field(primary_key=True, foreign_key="member.id", sa_column_kwargs={"autoincrement": False})
    active: str | None = None
    kept: bytes | None = None
    """Sealed: the choices offered last, and the code given last; either may name an anonymous item."""
    updated_at: datetime = moment()


class Draft(SQLModel, table=True):
    """An unfinished form. Its id is random: row ids are used again and would tell an order."""

    __table_args__ = (UniqueConstraint("member_id", "form"), {"sqlite_with_rowid": False})

    id: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    form: str
    kept: bytes
    """Sealed: the answers, the parts of a long text, the question put last. What is sent without a name begins here."""
    updated_at: datetime = moment()
    expires_at: datetime = moment(index=True)


class Seen(SQLModel, table=True):
    """An update that has been dealt with: redelivery changes nothing."""

    account: str = Field(primary_key=True)
    update_id: str = Field(primary_key=True)
    at: datetime = moment(index=True)


class Appointment(SQLModel, table=True):
    """A member's role for a unit and its subtree, from one day to another."""

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    role: str
    since: datetime = moment()
    until: datetime | None = moment(null=True)


class Pairing(SQLModel, table=True):
    """A one-time code that makes its bearer an officer. Only its keyed digest is kept."""

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    unit_id: int = Field(foreign_key="unit.id")
    role: str
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(null=True)
    used_by: int | None = Field(default=None, foreign_key="member.id")


class Programme(SQLModel, table=True):
    """A programme with real dates, made from a template. Open while opens_at <= now < closes_at and not hidden."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    template: str
    name: str
    theme: str | None = None
    kind: str
    level: str | None = None
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    """The unit that runs it, for itself and all below; None: for everybody."""
    source: str | None = None
    opens_at: datetime = moment(index=True)
    closes_at: datetime = moment(index=True)
    """The first moment that is too late."""
    hidden: bool = False
    details: Any = Field(default_factory=dict, sa_type=JSON)
    """Peaks, phases, quotas and questions as the template has them, moved to these dates."""
    announced_open: bool = False
    """Whether those who asked to be told have been told."""


class Slogan(SQLModel, table=True):
    """One of a programme's slogans; `text` may compute an anniversary."""

    id: int | None = Field(default=None, primary_key=True)
    programme_id: int = Field(foreign_key="programme.id", index=True)
    position: int
    text: str
    invitation: str | None = None


class Duty(SQLModel, table=True):
    """What one level owes another by a date."""

    __table_args__ = (UniqueConstraint("programme_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    programme_id: int = Field(foreign_key="programme.id", index=True)
    key: str
    title: str
    by_level: str
    to_level: str | None = None
    due_at: datetime = moment(index=True)
    """The first moment that is too late: «trước ngày 14/4» and «đến hết ngày 13/4» are the same instant."""
    quota: int | None = None
    consequence: str | None = None
    moved_at: datetime | None = moment(null=True)
    """When its date was last changed: those concerned are told."""


class Submission(SQLModel, table=True):
    """What a member handed in, as of that day: name, phone and unit are the record's own."""

    __table_args__ = (
        Index("ix_submission_waiting", "receiver_id", "state", "sent_at"),
        Index("ix_submission_member", "member_id", "sent_at"),
        Index("ix_submission_likeness", "programme_id", "fingerprint"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    code: str = Field(unique=True)
    draft_id: str = Field(unique=True)
    """The draft it was made from: a second tap finds this row instead of making another."""
    member_id: int | None = Field(default=None, foreign_key="member.id")
    programme_id: int | None = Field(default=None, foreign_key="programme.id")
    channel: str | None = None
    full_name: str | None = None
    phone: str | None = None
    place: str | None = None
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    other_unit: str | None = None
    receiver_id: int | None = Field(default=None, foreign_key="unit.id")
    """The unit whose officers see it first."""
    group: str | None = None
    answers: Any = Field(default_factory=dict, sa_type=JSON)
    text: str | None = None
    fingerprint: str | None = None
    state: str = State.SENT
    request: str | None = None
    """What the officer asked for, or why it was declined."""
    due_at: datetime | None = moment(null=True)
    revision: int = 1
    """Counts every change: two officers cannot overwrite each other."""
    sent_at: datetime = moment(index=True)
    updated_at: datetime = moment()


class Transition(SQLModel, table=True):
    """One change of state, with the instant and the unit of that day: counts can be made for any cut-off."""

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    from_state: str | None = None
    to_state: str
    at: datetime = moment(index=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    actor_id: int | None = Field(default=None, foreign_key="member.id")
    note: str | None = None


class Version(SQLModel, table=True):
    """A text that was replaced by its author."""

    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id")
    number: int
    text: str | None = None
    replaced_at: datetime = moment()


class Watch(SQLModel, table=True):
    """A member who asked to be told when a programme of this kind opens."""

    member_id: int = Field(primary_key=True, foreign_key="member.id", sa_column_kwargs={"autoincrement": False})
    kind: str = Field(primary_key=True)
    since: datetime = moment()


class Outbox(SQLModel, table=True):
    """One message to one chat. Only the courier sends it; see storage/outbox.py for the life of a row."""

    __table_args__ = (
        Index("ix_outbox_ready", "account", "priority", "due_at", "id", **_where("ready")),
        Index("ix_outbox_lane", "account", "chat", "priority", "id", **_where("ready")),
        Index("uq_outbox_in_flight", "account", "chat", unique=True, **_where("claimed")),
        Index("ix_outbox_settled", "settled_at"),
        Index("ix_outbox_forget", "settled_at", sqlite_where=text("forget"), postgresql_where=text("forget")),
        Index("ix_outbox_broadcast", "broadcast_id", "state"),
        {"sqlite_autoincrement": True},  # an id is never used again: order and the transcript rely on it
    )

    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    account: str
    chat: str
    member_id: int | None = Field(default=None, index=True)
    broadcast_id: int | None = Field(default=None, foreign_key="broadcast.id")
    """The broadcast whose text it carries: such a row has no body, it is worded when it is claimed."""
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


class Budget(SQLModel, table=True):
    """The pace of one account, shared by every process: GCRA without burst."""

    account: str = Field(primary_key=True)
    next_at: datetime = moment()
    """The first moment at which the next send may start."""
    halted_until: datetime | None = moment(null=True)
    starved: int = 0
    """Slots given to replies in a row while broadcasts waited."""


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


class Audit(SQLModel, table=True):
    """What was done, by whom, to what. Only ever added to; never a name, a phone or a text."""

    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    at: datetime = moment(index=True)
    actor_id: int | None = None
    """None: the command line or the product itself."""
    action: str
    unit_id: int | None = None
    subject: str | None = None
    details: Any = Field(default_factory=dict, sa_type=JSON)


class Erasure(SQLModel, table=True):
    """A member who was erased, as a keyed digest of their addresses: replayed after a restore."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    digest: str = Field(index=True)
    at: datetime = moment()


class Setting(SQLModel, table=True):
    """A named value of the installation itself."""

    key: str = Field(primary_key=True)
    value: Any = Field(default=None, sa_type=JSON)
