"""Who answers for our accounts on the platforms: the administrators, else the staff, of whichever unit."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from storage.appointments import holds
from storage.database import Transaction
from storage.tables import Appointment, Role


def caretakers(db: Transaction, now: datetime) -> list[int]:
    """The members to be told when a plan runs out; nobody before the first of them is appointed."""
    for role in (Role.ADMIN, Role.STAFF):
        chosen = select(col(Appointment.member_id)).where(col(Appointment.role) == role, holds(now))
        if found := list(db.scalars(chosen.distinct().order_by(col(Appointment.member_id)))):
            return found
    return []
