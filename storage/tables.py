"""Every table and every constraint. Facts are stored; what can be computed from them is not.

A name here is the office's word for the thing. Nothing but columns lives in this room.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables_appointments import Absence as Absence
from storage.tables_appointments import Appointment as Appointment
from storage.tables_appointments import Pairing as Pairing
from storage.tables_appointments import Right as Right
from storage.tables_appointments import Role as Role
from storage.tables_appointments import UnitName as UnitName
from storage.tables_awards import Attachment as Attachment
from storage.tables_awards import AwardFile as AwardFile
from storage.tables_care import FeedbackTask as FeedbackTask
from storage.tables_care import LibraryAnswer as LibraryAnswer
from storage.tables_climbing import DutyClimb as DutyClimb
from storage.tables_climbing import Rung as Rung
from storage.tables_delivery import Budget as Budget
from storage.tables_delivery import Lane as Lane
from storage.tables_delivery import Lease as Lease
from storage.tables_delivery import Line as Line
from storage.tables_delivery import Outbox as Outbox
from storage.tables_delivery import Policy as Policy
from storage.tables_delivery import Priority as Priority
from storage.tables_delivery import Sending as Sending
from storage.tables_duties import DutyDone as DutyDone
from storage.tables_duties import DutyLook as DutyLook
from storage.tables_duties import DutyNotice as DutyNotice
from storage.tables_duties import DutySnooze as DutySnooze
from storage.tables_duties import Notice as Notice
from storage.tables_feedback import Feedback as Feedback
from storage.tables_feedback import FeedbackEvent as FeedbackEvent
from storage.tables_files import FileLink as FileLink
from storage.tables_files import StoredFile as StoredFile
from storage.tables_linking import LinkCode as LinkCode
from storage.tables_linking import MemberAlias as MemberAlias
from storage.tables_news import Announcing as Announcing
from storage.tables_news import Broadcast as Broadcast
from storage.tables_news import SloganTurn as SloganTurn
from storage.tables_officers import Agreement as Agreement
from storage.tables_officers import Assignment as Assignment
from storage.tables_officers import CannedAnswer as CannedAnswer
from storage.tables_officers import Forwarding as Forwarding
from storage.tables_officers import Purpose as Purpose
from storage.tables_officers import Score as Score
from storage.tables_officers import Selection as Selection
from storage.tables_officers import Target as Target
from storage.tables_reach import Quota as Quota
from storage.tables_reach import Window as Window
from storage.tables_zalo import Grant as Grant
from storage.tables_zalo import OaProfile as OaProfile
from storage.types import BIG_ID, moment


class Kind(StrEnum):
    """What a member hands in."""

    INITIATIVE = "initiative"
    FEEDBACK = "feedback"


class State(StrEnum):
    """Where a submission stands (seed 000 II.2.1 and Phụ lục 1: received, appraised, introduced higher)."""

    SENT = "sent"
    RECEIVED = "received"
    APPRAISING = "appraising"
    NEEDS_MORE = "needs_more"
    RECOGNISED = "recognised"
    DECLINED = "declined"
    SELECTED = "selected"
    """On a unit's list for the level above."""
    FORWARDED = "forwarded"
    """Sent up, or introduced to a higher level still."""
    AWARDED = "awarded"
    WITHDRAWN = "withdrawn"


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
    every: str | None = None
    """It is one of many that recur each `day` or `month`; see handlers/duties/recurring.py."""
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
