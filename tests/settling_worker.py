"""A process of its own that claims and settles rows, a commit each: `python -m tests.settling_worker URL`."""

from __future__ import annotations

import random
import sys

from sqlalchemy import select, update
from sqlmodel import col

from storage.database import Database
from storage.seals import Seals
from storage.tables import Outbox, Sending


def work(url: str, seed: int) -> None:
    """Each row is claimed, and given back or settled."""
    chance = random.Random(seed)
    database = Database(url, Seals(["nothing is opened here"]))
    with database.reading() as db:
        waiting = list(db.scalars(select(col(Outbox.id)).order_by(col(Outbox.id))))
    while waiting:
        number = waiting.pop(min(len(waiting) - 1, chance.randrange(8)))
        given_back = chance.random() < 0.3
        for state in (Sending.CLAIMED, Sending.READY if given_back else chance.choice([Sending.SENT, Sending.UNKNOWN])):
            with database.transaction() as db:
                db.execute(update(Outbox).where(col(Outbox.id) == number).values(state=state.value))
        if given_back:
            waiting.append(number)
    database.close()


if __name__ == "__main__":
    work(sys.argv[1], 7)
