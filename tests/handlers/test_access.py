"""Every action of officers, walked by every role at every unit: done where it may be, refused everywhere else (F8).

A further action is one more line of `ACTIONS` in the room of its noun; what must stand there first is its `scene`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from handlers import actors
from handlers.actors import CLOCK, COMMAND_LINE, DEMO, Actor, NoRight
from handlers.errors import Refusal
from handlers.initiatives import purview
from handlers.initiatives.life import TABLE
from storage import appointments, submissions, units
from storage.database import Transaction
from storage.tables import Appointment, Right, Role, State
from tests import initiatives
from tests.handlers import access_acts, access_awards, access_duties, access_feedback, access_initiatives, access_people
from tests.handlers.access_acts import Act
from tests.handlers.access_scenes import ABOVE, AWAY, BESIDE, NOW, OWN, TOP, UNITS, Action, Scene
from tests.union import Union

ACTIONS = (
    *access_initiatives.ACTIONS,
    *access_feedback.ACTIONS,
    *access_duties.ACTIONS,
    *access_awards.ACTIONS,
    *access_people.ACTIONS,
)
EVERY_RIGHT = frozenset(Right)


@dataclass(frozen=True)
class Holder:
    """How somebody holds a role; `may` says whether a right goes with it."""

    name: str
    may: Callable[[Right], bool]
    row: Callable[[Right], dict[str, object] | None]


def _but(right: Right) -> list[str]:
    """Everything that would do but this; feedback and reports stay."""
    return sorted(EVERY_RIGHT - {right} if right is not Right.RECEIVE else {Right.ANSWER, Right.REPORT})


HOLDERS = (
    Holder("nobody", lambda _: False, lambda _: None),
    Holder("officer", lambda _: True, lambda _: {"role": Role.OFFICER}),
    Holder("deputy", lambda _: True, lambda _: {"role": Role.OFFICER, "deputy": True}),
    Holder("officer with this right only", lambda _: True, lambda right: {"role": Role.OFFICER, "rights": [right]}),
    Holder("officer without it", lambda _: False, lambda right: {"role": Role.OFFICER, "rights": _but(right)}),
    Holder("staff", lambda _: True, lambda _: {"role": Role.STAFF}),
    Holder("admin", lambda _: True, lambda _: {"role": Role.ADMIN}),
    Holder("one who left", lambda _: False, lambda _: {"role": Role.OFFICER, "until": NOW - timedelta(hours=1)}),
)
READING = frozenset({"read", "read what was sent up", "list", "search", "cover list", "draw a cover list"})
"""Whoever is trusted with any step of an initiative may read it: lacking one right changes nothing."""
BY_ROLE = frozenset({"hand out a role", "see a role", "end a role", "see who serves", "be away", "be back"})
"""The role is enough: whoever serves a unit hands on what they have themselves."""


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    union = Union(database_url, NOW - timedelta(days=1))
    union.found(*UNITS)
    union.appoint("helper", OWN)
    union.appoint("beside", BESIDE)
    union.appoint("upper", ABOVE)
    union.appoint("top", TOP)
    union.appoint("stranger", AWAY)
    union.appoint("actor", "P.2.1")
    union.dismiss("actor")
    yield union
    union.database.close()


def _scene(db: Transaction, union: Union) -> Scene:
    programme = initiatives.programme(db, NOW)
    code = initiatives.plant(db, OWN, programme, 1, NOW, state=State.SENT)
    ids = {unit: union.unit(db, unit) for unit in UNITS}
    assert programme.id is not None
    return Scene(db, programme.id, code, ids, union.people["helper"], union.people["upper"])


def _try(action: Action, scene: Scene, actor: int) -> bool:
    try:
        return bool(action.do(scene, actor))
    except Refusal:
        return False


@pytest.mark.sqlite_first
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_an_action_is_done_where_it_may_be_and_nowhere_else(action: Action, union: Union) -> None:
    done: set[tuple[str, str]] = set()
    wanted: set[tuple[str, str]] = set()
    actor = union.people["actor"]
    with union.rows() as db:
        scene = _scene(db, union)
        action.scene(scene)
        for holder in HOLDERS:
            for unit in UNITS:
                attempt = db.begin_nested()
                facts = holder.row(action.right)
                if facts is not None:
                    db.add(
                        Appointment(member_id=actor, unit_id=scene.ids[unit], since=NOW - timedelta(days=1), **facts)
                    )
                    db.flush()
                if _try(action, scene, actor):
                    done.add((holder.name, unit))
                attempt.rollback()
                db.expire_all()
                reads = action.name in READING and facts is not None and "rights" in facts
                serves = action.name in BY_ROLE and facts is not None and "until" not in facts
                able = holder.may(action.right) or (reads and action.right is not Right.RECEIVE) or serves
                if unit in action.at and able:
                    wanted.add((holder.name, unit))
    assert done == wanted


def _is_allowed(act: Act, scene: Scene, actor: Actor) -> bool:
    """Whether the act gets past its question who may; what else it may refuse is not asked here."""
    try:
        act.do(scene, actor)
    except NoRight:
        return False
    except Refusal:
        return True
    return True


@pytest.mark.sqlite_first
@pytest.mark.parametrize("act", [*access_acts.ACTS, *access_acts.ALLOWED_TO_NO_MEMBER], ids=lambda act: act.name)
def test_an_act_asks_itself_who_may(act: Act, union: Union) -> None:
    done: set[tuple[str, str]] = set()
    wanted: set[tuple[str, str]] = set()
    member_id = union.people["actor"]
    with union.rows() as db:
        scene = _scene(db, union)
        for holder in HOLDERS:
            facts = holder.row(Right.RECEIVE)
            able = facts is not None and facts["role"] in (Role.STAFF, Role.ADMIN)
            for unit in UNITS:
                attempt = db.begin_nested()
                if facts is not None:
                    row = {"member_id": member_id, "unit_id": scene.ids[unit], "since": NOW - timedelta(days=1)}
                    db.add(Appointment(**row, **facts))
                    db.flush()
                if _is_allowed(act, scene, actors.of_member(db, member_id, NOW)):
                    done.add((holder.name, unit))
                attempt.rollback()
                db.expire_all()
                if able and unit in act.at:
                    wanted.add((holder.name, unit))
    assert done == wanted


PROGRAM = (COMMAND_LINE, CLOCK, DEMO)
OF_THE_PROGRAM = [*access_acts.ACTS, *access_acts.GIVEN, *access_acts.ALLOWED_TO_NO_MEMBER]


@pytest.mark.parametrize("act", OF_THE_PROGRAM, ids=lambda act: act.name)
def test_the_program_itself_and_whoever_runs_it_may(act: Act, union: Union) -> None:
    with union.rows() as db:
        assert _allowed(db, act, _scene(db, union), *PROGRAM) == [True] * len(PROGRAM)


@pytest.mark.parametrize("act", access_acts.OF_MEMBERS, ids=lambda act: act.name)
def test_what_is_a_members_own_is_not_the_programs(act: Act, union: Union) -> None:
    with union.rows() as db:
        scene = _scene(db, union)
        helper = actors.of_member(db, scene.helper, NOW)
        assert _allowed(db, act, scene, helper, *PROGRAM) == [True] + [False] * len(PROGRAM)


def _allowed(db: Transaction, act: Act, scene: Scene, *tried: Actor) -> list[bool]:
    """Of each of these, tried from the same beginning."""
    found = []
    for actor in tried:
        attempt = db.begin_nested()
        found.append(_is_allowed(act, scene, actor))
        attempt.rollback()
        db.expire_all()
    return found


@pytest.mark.parametrize("tops", [0, 2])
def test_without_one_top_what_belongs_to_no_unit_is_the_command_lines(tops: int, database_url: str) -> None:
    union = Union(database_url, NOW - timedelta(days=1))
    union.found("P", "Q")
    union.appoint("admin", "P", Role.ADMIN)
    with union.rows() as db:
        if tops == 0:
            for unit in units.tops(db, NOW.date()):
                found = units.by_code(db, unit.code)
                assert found is not None
                found.valid_until = NOW.date() - timedelta(days=1)
            db.flush()
        assert not actors.of_member(db, union.people["admin"], NOW).runs(db, None, NOW)
        assert COMMAND_LINE.runs(db, None, NOW)
    union.database.close()


def test_every_step_of_the_life_is_walked() -> None:
    """A new step without a line above is not tested: it fails here."""
    walked = {"receive", "score", "ask for more", "recognise", "decline", "select", "take back", "forward", "reward"}
    own = {act for act, step in TABLE.items() if step.right is not None}
    assert len(own) == len(walked)
    assert walked <= {action.name for action in ACTIONS}


def test_what_lies_with_a_unit_that_nobody_serves_is_on_the_desk_above(union: Union) -> None:
    with union.rows() as db:
        scene = _scene(db, union)
        assert purview.find(db, scene.code, actors.of_member(db, scene.upper, NOW), NOW) is None
        held = appointments.in_subtree(db, scene.ids[OWN], NOW)
        appointments.end(db, [row.appointment.id for row in held if row.appointment.id], NOW)
        assert purview.find(db, scene.code, actors.of_member(db, scene.helper, NOW), NOW) is None
        assert purview.find(db, scene.code, actors.of_member(db, scene.upper, NOW), NOW) is not None
        assert purview.find(db, scene.code, actors.of_member(db, union.people["top"], NOW), NOW) is None
        record = submissions.by_code(db, scene.code)
        assert record is not None
        assert units.by_id(db, record.receiver_id or 0) is not None
