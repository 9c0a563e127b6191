"""The shapes of exported records: fields are columns, in this order. Others rely on the names; add at the end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One line of an export of what members handed in; the field names are the columns."""

    code: str
    state: str
    created_at: str
    updated_at: str
    channel: str | None
    programme_code: str | None
    programme: str | None
    place: str | None
    unit_code: str | None
    unit: str | None
    receiver_code: str | None
    group: str | None
    full_name: str | None
    phone: str | None
    text: str | None
    answers: str | None
    """The programme's own questions, `key=answer`, with semicolons between them."""
    note: str | None
    receiver: str | None
    """What the receiving unit is called now."""
    received_at: str | None
    """When it was first taken in."""
    decision: str | None
    """`recognised` or `declined`; None: not yet."""
    decided_at: str | None
    decided_by: str | None
    """The unit that decided."""
    employer_agreed_on: str | None
    score: float | None
    """The average at the unit that received it, one decimal."""
    selected_by: str | None
    """Units that chose it for the level above, the first first, with semicolons between them."""
    selected_at: str | None
    """When the first of them did."""
    sent_up_to: str | None
    """Units it was sent up to, in order; a level that is not kept here has no name."""
    sent_up_at: str | None
    """When it was last sent up."""
    awarded_by: str | None
    """Units that rewarded it, in order."""
    awarded_at: str | None
    """When the first of them did."""


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """One line of an export of feedback; the field names are the columns. Days are local, yes and no are 1 and 0."""

    code: str
    state: str
    created_at: str
    answer_by: str
    """The last day for the first answer."""
    answered_on: str | None
    kind: str
    topic: str
    anonymous: int
    urgent: int
    impact: int
    wide: int
    above: int
    reopened: int
    satisfied: int | None
    """What the author said of the last answer; None: nothing."""
    merged_into: str | None
    """The item of the same matter with which it is answered."""
    published_on: str | None
    channel: str | None
    programme_code: str | None
    programme: str | None
    place: str | None
    unit_code: str | None
    unit: str | None
    receiver_code: str | None
    group: str | None
    full_name: str | None
    phone: str | None
    text: str | None
    receiver: str | None
    """What the unit that answers is called now."""
    overdue_days: int
    """Working days by which the first answer was late, or is by now; 0: in time."""
    escalated_on: str | None
    """When the level above was last told that an answer was missing."""
    petitioned_to: str | None
    """To whom it was put, in the officer's words, with semicolons between them."""
    promised_by: str | None
    """The last day that was promised and is still open."""


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """One line of an export of members; the field names are the columns."""

    code: str
    state: str
    created_at: str
    channel: str | None
    """The kinds of channel they are reached by, with commas between them."""
    place: str | None
    unit_code: str | None
    unit: str | None
    group: str | None
    full_name: str | None
    phone: str | None
    news: int
