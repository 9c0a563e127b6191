"""Leases: who does what only one process may do (the clock, a token's poller). By the database's clock alone.

A lease that is not renewed falls free by itself; the fence grows with every change of holder, so that one who slept
can be told from the holder of today.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import SQLModel, col, select

from storage import leaps
from storage.database import Transaction
from storage.tables import Lease

TERM = timedelta(seconds=15)
"""How long a lease lasts without being renewed: the longest silence when its holder dies."""
LONGEST = timedelta(seconds=60)
"""No lease is taken for longer. One that lasts longer still tells that the clock was set back since."""

_leases = SQLModel.metadata.tables["lease"]


def take(db: Transaction, name: str, *, owner: str, term: timedelta = TERM) -> int | None:
    """Take a free lease or renew one's own: the fence it is held under, or None while another holds it.

    Whoever looks here is also the first to notice a clock that was set back, and has everything follow it.
    """
    lease = _locked(db, name)
    at = db.clock()
    if lease is None:
        db.write(Lease, {"name": name, "owner": "", "fence": 0, "until": at}, ignores=("name",))
        db.write_out()
        lease = _locked(db, name)
        at = db.clock()
    if lease is not None and lease.until - at > LONGEST:
        leaps.follow(db, at=at, by=lease.until - at - term)
        lease = _locked(db, name)
    if lease is None or (lease.until > at and lease.owner != owner):
        return None
    if lease.until <= at or lease.owner != owner:
        lease.fence += 1
    lease.owner, lease.until = owner, at + term
    return lease.fence


def holds(db: Transaction, name: str, *, owner: str, fence: int) -> bool:
    """Whether this owner still holds the lease under this fence; locked, so that it stays so in this transaction."""
    lease = _locked(db, name)
    return lease is not None and (lease.owner, lease.fence) == (owner, fence) and lease.until > db.clock()


def release(db: Transaction, name: str, *, owner: str) -> None:
    """Give one's own lease back at once, so that the next need not wait for its end."""
    mine = (_leases.c.name == name) & (_leases.c.owner == owner)
    db.connection().execute(_leases.update().where(mine).values(until=db.clock()))


def holders(db: Transaction) -> dict[str, tuple[str, datetime]]:
    """Who holds what now, and until when."""
    held = db.exec(select(Lease).where(col(Lease.until) > db.clock()))
    return {lease.name: (lease.owner, lease.until) for lease in held}


def _locked(db: Transaction, name: str) -> Lease | None:
    chosen = select(Lease).where(col(Lease.name) == name).with_for_update()
    return db.exec(chosen.execution_options(populate_existing=True)).one_or_none()
