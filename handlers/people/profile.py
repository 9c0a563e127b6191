"""What a member has said of themselves, kept for the next form: who they are, where they work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage import units
from storage.database import Transaction
from storage.tables import Member

FIELDS = ("name", "phone", "place", "other_unit", "group")


def keep(db: Transaction, member: Member, answers: Mapping[str, Any]) -> None:
    """Remember what a form was told; a unit named by hand takes the place of one that was picked, and the reverse."""
    told = {key: answers.get(key) for key in FIELDS if key in answers or key == "other_unit"}
    if "unit" in answers:
        unit = units.known(db, answers["unit"]) if answers["unit"] not in (None, "other") else None
        told["unit_id"] = unit.id if unit else None
    db.change(member, told)
