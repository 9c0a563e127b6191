"""Many members in the midst of an initiative: their rows as turns would have left them."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.database import Database
from storage.tables import Conversation, Draft, Member, MemberAddress

FIRST = 1_000_000
"""Above every id that a sequence gives out here."""
SLICE = 5_000
ANSWERS = {"programme": 1, "name": "Nguyễn Văn An", "phone": "+84912345678", "place": "51", "unit": "GD51-01"}


def settle(database: Database, count: int, *, version: str, now: datetime) -> None:
    """So many open conversations, each with a draft that waits for an answer."""
    held = {
        "answers": ANSWERS,
        "parts": [],
        "asked": {"step": "group", "choices": [["enterprise", "Doanh nghiệp"]], "editing": False},
    }
    for start in range(0, count, SLICE):
        with database.transaction() as db:
            for number in range(FIRST + start, FIRST + min(start + SLICE, count)):
                moments = {"linked_at": now, "seen_at": now}
                member = {"id": number, "name": "Nguyễn Văn An", "consent_version": version, "news": False}
                db.write(Member, {**member, "created_at": now})
                db.write(
                    MemberAddress,
                    {"id": number, "account": "web", "chat": f"open-{number}", "member_id": number, **moments},
                )
                db.write(
                    Conversation,
                    {"member_id": number, "active": "initiative", "kept": db.seals.seal({}), "updated_at": now},
                )
                draft = {"id": f"{number:012x}", "member_id": number, "form": "initiative", "updated_at": now}
                db.write(Draft, {**draft, "kept": db.seals.seal(held), "expires_at": now + timedelta(days=7)})
