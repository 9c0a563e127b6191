"""One matter of many members: an officer lets items follow another, and takes them apart before they are answered.

The item that stands open leads. Its followers get the same answer, each on their author's own way; no author learns
that there are others.
"""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.feedback import card as cards
from handlers.feedback.card import act_of, audit_act, changed, item, question
from messages.types import Choice, Say
from storage import feedback, feedback_groups
from storage.tables import Feedback

EXCERPT = 160
"""Characters by which an officer tells whether it is the same matter."""
WITH = "with."
"""Before the code of the item that is to follow."""


def offer(context: Context, found: Feedback) -> None:
    """The items that may be about the same, with their first words; reading them is kept."""
    near = cards.alike(context.db, found)
    rows = []
    for other, score in near:
        audit_act(context, other, "read", hidden=True if found.anonymous else None)
        rows.append((other.code, score, excerpt(other.text or "")))
    choices = (
        *(Choice(f"{WITH}{other.code}", other.code) for other, _ in near),
        Choice("open", context.office.catalogue.label("open_item")),
    )
    context.said.append(Say("care.merge", {"code": found.code, "rows": rows}, choices, question(found)))


def excerpt(text: str) -> str:
    """The first words of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rsplit(' ', 1)[0]} …"


def join(context: Context, found: Feedback, code: str) -> None:
    """Let another item follow the one that stands open."""
    other = item(context, code)
    near = [] if other is None else feedback_groups.candidates(context.db, found, cards.COMPARED)
    if other is None or found.merged_into is not None or other.code not in {one.code for one in near}:
        changed(context, found)
        return
    hidden = cards.is_hidden(context.db, found) or cards.is_hidden(context.db, other)
    if not feedback_groups.join(context.db, found, other, act_of(context, other, "merged", hidden=hidden)):
        changed(context, found)
        return
    feedback.change(context.db, found, act_of(context, found, "merged", hidden=hidden))
    audit_act(context, other, "merged", hidden=hidden)
    context.say("care.merged", code=other.code, leader=found.code)
    cards.card(context, found.code)


def part(context: Context, found: Feedback) -> None:
    """Take an item out again: it is answered alone."""
    audit_act(context, found, "parted")
    act = act_of(context, found, "parted")
    if not feedback_groups.part(context.db, found, act):
        changed(context, found)
        return
    context.say("care.parted", code=found.code)
    cards.card(context, found.code)
