"""What the office does for a member who asks on paper, by telephone or in person (Law 91/2025/QH15, art. 4).

The member is named by the code of something they handed in, or by their number in the database; never by a phone
number or a name, which would stay in the history of somebody's shell. The code of an anonymous item leads to nobody.
"""

from __future__ import annotations

from datetime import datetime

from handlers import actors
from handlers.actors import Actor, NoRight
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.office import Office
from handlers.people import privacy
from storage import feedback, members, submissions
from storage.database import Transaction
from storage.tables import Member


@act(Needs.PROGRAM, audit="privacy.copy")
def note_copy(db: Transaction, actor: Actor, who: str, *, now: datetime) -> None:
    """Note that a copy of a member's data was asked for, before it is handed out. Raises Refusal."""
    subject = f"member:{_find(db, actor, who).id}"
    actors.record(db, actor, "privacy.copy", now=now, subject=subject)


def copy(db: Transaction, office: Office, actor: Actor, who: str, *, now: datetime) -> str:
    """Everything we hold about a member, in words; a reading transaction is enough. Raises Refusal."""
    return office.catalogue.text("privacy.copy", privacy.copy_of(db, office, _find(db, actor, who), now))


@act(
    Needs.PROGRAM,
    audit="privacy.erase",
    tells=("officers who deal with what they sent", "whoever was about to be linked"),
)
def erase(db: Transaction, office: Office, actor: Actor, who: str, *, now: datetime) -> str:
    """Erase a member as they could do themselves; returns the code of the erasure. Raises Refusal."""
    member = _find(db, actor, who)
    code = office.new_code("XD", now)
    privacy.erase_member(db, office, member, code=code, now=now)
    actors.record(db, actor, "privacy.erase", now=now, subject=code)
    return code


def _find(db: Transaction, actor: Actor, who: str) -> Member:
    """A member, for whoever runs the program."""
    if not actor.has_every_right:
        raise NoRight("rights.none")
    typed = who.strip().upper()
    submission = submissions.by_code(db, typed) or feedback.by_code(db, typed)
    member_id = int(typed) if typed.isdecimal() and len(typed) < 10 else submission and submission.member_id
    member = members.by_id(db, member_id) if member_id else None
    if member is None:
        raise Refusal("cli.privacy.no_member")
    if member.erased_at is not None:
        raise Refusal("cli.privacy.erased_before")
    return member
