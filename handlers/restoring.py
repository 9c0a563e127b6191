"""What a database restored from a backup must forget, remember and not do, before anybody serves it.

Nothing goes out by itself: what waits is held until somebody has looked (`look`, `release`, `cancel`). Whoever was
erased since is erased again. Codes, links and Zalo's tokens of old open nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.office import Office
from handlers.people import privacy
from handlers.reaching import reach
from storage import audit, broadcasts, deliveries, erasures, outcomes, sessions, tokens
from storage.audit import Detail
from storage.database import Transaction
from storage.deliveries import Pile
from storage.erasures import Gone
from storage.tables import Announcing

BACKUP = "backup.make"
Look = Callable[[Transaction, datetime], object]
"""One of the clock's jobs."""
MOST_LOOKS = 10_000
"""As often as one job may find more to promise: they go by slices."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done to it."""

    held: int
    erased: int
    paused: int
    """Broadcasts that were under way."""
    accounts: tuple[str, ...]
    """Zalo accounts whose administrators must grant anew."""


@act(Needs.PROGRAM, audit="backup.restore")
def settle(
    db: Transaction,
    office: Office,
    actor: Actor,
    *,
    gone: Collection[Gone],
    jobs: Sequence[Look],
    made: str,
    now: datetime,
) -> Restored:
    """Make a restored database fit to be served, in the transaction that restored it. `made`: when the backup was.

    The clock's jobs look once: what fell due since the backup was, for all we know, sent. Promised and held like the
    rest it cannot be promised again tomorrow.
    """
    actors.require_program(actor)
    outcomes.requeue_all(db)
    again = _erase_again(db, office, actor, gone, now)
    paused = [row for state in (Announcing.FREEZING, Announcing.SENDING) for row in broadcasts.in_state(db, state)]
    for row in paused:
        row.state = Announcing.HELD
    sessions.end_all(db, now)
    accounts = tuple(tokens.revoke_all(db))
    _catch_up(db, office, jobs, now)
    held = deliveries.hold_all(db)
    found = {"held": held, "erased": again, "paused": len(paused), "accounts": len(accounts)}
    details: dict[str, Detail] = {"made": made, **found}
    actors.record(db, actor, "backup.restore", now=now, details=details)
    return Restored(held, again, len(paused), accounts)


def last_backup(db: Transaction) -> datetime | None:
    """When everything was written to a file last."""
    return audit.latest(db, BACKUP)


@act(Needs.PROGRAM, audit=BACKUP)
def note_backup(db: Transaction, actor: Actor, rows: int, *, now: datetime) -> None:
    """Keep that everything was written to a file."""
    actors.require_program(actor)
    actors.record(db, actor, BACKUP, now=now, details={"rows": rows})


def look(db: Transaction) -> list[Pile]:
    """What is held, and what nobody knows the outcome of."""
    return deliveries.piles(db)


@act(Needs.PROGRAM, audit="deliveries.release")
def release(db: Transaction, actor: Actor, topic: str | None, *, now: datetime) -> int:
    """Let what is held go; how many. Broadcasts that were paused go on only when staff resume them."""
    actors.require_program(actor)
    number = deliveries.release(db, topic)
    actors.record(db, actor, "deliveries.release", now=now, details={"topic": topic, "rows": number})
    return number


@act(Needs.PROGRAM, audit="deliveries.cancel")
def cancel(db: Transaction, actor: Actor, topic: str | None, *, now: datetime) -> int:
    """End what is held; how many."""
    actors.require_program(actor)
    number = deliveries.cancel(db, topic)
    actors.record(db, actor, "deliveries.cancel", now=now, details={"topic": topic, "rows": number})
    return number


def _erase_again(db: Transaction, office: Office, actor: Actor, gone: Collection[Gone], now: datetime) -> int:
    returned = erasures.returned(db, gone)
    for member in returned:
        code = office.new_code("XD", now)
        privacy.erase_member(db, office, member, code=code, now=now)
        actors.record(db, actor, "privacy.erase", now=now, subject=code)
        db.write_out()
    return len(returned)


def _catch_up(db: Transaction, office: Office, jobs: Sequence[Look], now: datetime) -> None:
    """As of now, and in the night as of the evening before."""
    moment = now
    while reach.is_quiet(moment, office.quiet_hours):
        moment -= timedelta(minutes=1)
    for job in jobs:
        for _ in range(MOST_LOOKS):
            before = deliveries.newest(db)
            job(db, moment)
            db.write_out()
            if deliveries.newest(db) == before:
                break
