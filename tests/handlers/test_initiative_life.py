"""The life of an initiative, step by step out of every state: as the table says, never else (domain §1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from handlers import actors
from handlers.initiatives import life as initiative_life
from handlers.initiatives.life import NAMED, TABLE, Act, Changed, allows
from storage import audit, submissions
from storage.database import Transaction
from storage.tables import State, Submission
from tests import initiatives
from tests.union import OFFICE, Union, at

NOW = at(date(2021, 4, 1))
EARLY = (State.SENT, State.RECEIVED, State.APPRAISING)
WAYS = {
    Act.RECEIVE: ((State.SENT,), State.RECEIVED),
    Act.APPRAISE: ((State.SENT, State.RECEIVED), State.APPRAISING),
    Act.NEED_MORE: (EARLY, State.NEEDS_MORE),
    Act.SUPPLEMENT: ((State.NEEDS_MORE,), State.RECEIVED),
    Act.RECOGNISE: ((*EARLY, State.NEEDS_MORE), State.RECOGNISED),
    Act.DECLINE: ((*EARLY, State.NEEDS_MORE), State.DECLINED),
    Act.SELECT: ((State.RECOGNISED, State.FORWARDED, State.AWARDED), State.SELECTED),
    Act.DESELECT: ((State.SELECTED,), State.RECOGNISED),
    Act.FORWARD: ((State.SELECTED, State.AWARDED), State.FORWARDED),
    Act.AWARD: ((State.RECOGNISED, State.SELECTED, State.FORWARDED, State.AWARDED), State.AWARDED),
}
"""Written down a second time, from the plan: out of which states, and where to."""


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    union = Union(database_url, NOW)
    union.found("P", "P.1", "P.1.1")
    union.appoint("base", "P.1.1")
    yield union
    union.database.close()


def move(db: Transaction, record: Submission, act: Act, officer: int, now: datetime) -> None:
    """What the unit that received it does with an initiative."""
    actor, unit_id = actors.of_member(db, officer, now), record.receiver_id
    initiative_life.move(db, OFFICE, record, act, unit_id=unit_id, actor=actor, now=now, note="Vì sao.")


def test_the_table_has_exactly_the_ways_of_the_plan() -> None:
    assert {act: (set(states), to) for act, (states, to) in WAYS.items()} == {
        act: (set(step.states), step.to or State.RECOGNISED) for act, step in TABLE.items()
    }
    assert not any(allows(act, state) for act in Act for state in (State.DECLINED, State.WITHDRAWN))


@pytest.mark.parametrize("act", Act)
def test_a_step_is_made_out_of_its_states_only_and_kept_with_its_moment_and_unit(act: Act, union: Union) -> None:
    allowed, to = WAYS[act]
    later = NOW + timedelta(hours=1)
    with union.rows() as db:
        programme = initiatives.programme(db, NOW)
        school, officer = union.unit(db, "P.1.1"), union.people["base"]
        for number, state in enumerate(State):
            record = submissions.by_code(db, initiatives.plant(db, "P.1.1", programme, number, NOW, state=state))
            assert record is not None
            assert record.id is not None
            if moved := state in allowed:
                move(db, record, act, officer, later)
            else:
                with pytest.raises(Changed):
                    move(db, record, act, officer, later)
            steps = [(row.to_state, row.at, row.unit_id) for row in submissions.transitions(db, record.id)]
            assert steps[1:] == ([(to, later, school)] if moved else [])
        db.flush()
        assert audit.happened(db, f"initiative.{NAMED.get(act, to)}")
        assert act is not Act.SUPPLEMENT or not audit.happened(db, f"initiative.{to}")


def test_a_step_on_what_somebody_changed_meanwhile_is_not_made(union: Union) -> None:
    with union.rows() as db:
        code = initiatives.plant(db, "P.1.1", initiatives.programme(db, NOW), 1, NOW, state=State.SENT)
        officer = union.people["base"]
    with union.rows() as slow:
        record = submissions.by_code(slow, code)
        assert record is not None
        slow.expunge(record)
    with union.rows() as db:
        quick = submissions.by_code(db, code)
        assert quick is not None
        move(db, quick, Act.RECEIVE, officer, NOW)
    with union.rows() as db, pytest.raises(Changed):
        move(db, record, Act.RECEIVE, officer, NOW)
