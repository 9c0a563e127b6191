"""Every action of officers, walked by every role at every unit: done where it may be, refused everywhere else (F8).

A further action is one more line of `ACTIONS`; what it needs to stand there first is its `scene`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from handlers.awards import records as awards
from handlers.errors import Refusal
from handlers.feedback import card as feedback_card
from handlers.initiatives import assigning, canned, covers, inbox, purview, quotas, scoring, selection
from handlers.initiatives import life as initiative_life
from handlers.initiatives.life import TABLE, Act
from storage import appointments, feedback, submissions, units
from storage.database import Transaction
from storage.tables import Appointment, Feedback, Purpose, Right, Role, State
from tests import initiatives
from tests.handlers import desk_acts
from tests.union import OFFICE, Union, at

NOW = at(date(2021, 4, 1))
OWN, BESIDE, ABOVE, TOP, AWAY = "P.1.1", "P.1.2", "P.1", "P", "P.2"
UNITS = (OWN, BESIDE, ABOVE, TOP, AWAY, "P.2.1")
"""The unit that has the item, one beside it, the level above, the top; a stranger of the upper level, one below it."""
EVERY_RIGHT = frozenset(Right)


@dataclass
class Scene:
    """What stands in the tables when somebody tries."""

    db: Transaction
    programme_id: int
    code: str
    ids: dict[str, int]
    """Units by their codes."""
    helper: int
    """An officer of the own unit who did what came before."""
    upper: int
    """The same one level higher."""
    number: int = 0
    """The list that was sent up."""
    more: dict[str, int] = field(default_factory=dict)
    award: str = ""
    """The code of an award file of the own unit."""


@dataclass(frozen=True)
class Action:
    """Something an officer does: where it is allowed, which right it takes."""

    name: str
    right: Right
    at: frozenset[str]
    """At which units it is allowed; everywhere else it is as if there were nothing."""
    do: Callable[[Scene, int], object]
    """Raises Refusal, or gives something false, where it is not allowed."""
    scene: Callable[[Scene], None] = lambda _scene: None


def _decide(act: Act) -> Callable[[Scene, int], object]:
    def do(scene: Scene, actor: int) -> object:
        record, place = purview.take(scene.db, scene.code, actor, NOW)
        if act not in purview.open_acts(scene.db, record, place):
            return False
        note = "Xin nêu rõ chi phí." if TABLE[act].noted else None
        return initiative_life.move(
            scene.db, OFFICE, record, act, unit_id=place.unit_id, actor_id=actor, now=NOW, note=note
        )

    return do


def _choose(purpose: Purpose) -> Callable[[Scene, int], object]:
    return lambda scene, actor: selection.choose(scene.db, OFFICE, scene.code, purpose, actor_id=actor, now=NOW)


def _recognised(scene: Scene) -> None:
    record, place = purview.take(scene.db, scene.code, scene.helper, NOW)
    initiative_life.move(scene.db, OFFICE, record, Act.RECOGNISE, unit_id=place.unit_id, actor_id=scene.helper, now=NOW)


def _chosen(scene: Scene) -> None:
    _recognised(scene)
    _choose(Purpose.SELECT)(scene, scene.helper)


def _sent_up(scene: Scene) -> None:
    _recognised(scene)
    scene.number = initiatives.send_up(scene.db, OFFICE, [scene.code], scene.ids[OWN], scene.helper, NOW)


def _chosen_above(scene: Scene) -> None:
    _sent_up(scene)
    _choose(Purpose.SELECT)(scene, scene.upper)


def _has_sentence(scene: Scene) -> None:
    scene.more["sentence"] = canned.add(
        scene.db, scene.ids[OWN], "decline", "Thiếu kết quả", "Chưa nêu kết quả.", actor_id=scene.helper, now=NOW
    )


def _forward(unit: str) -> Callable[[Scene, int], object]:
    return lambda scene, actor: selection.forward(
        scene.db, OFFICE, scene.ids[unit], scene.programme_id, actor_id=actor, now=NOW
    )


def _has_feedback(scene: Scene, code: str = "YK-27-4F7K2", state: str = "sent") -> None:
    day = NOW.date()
    facts = {"kind": "wish", "topic": "other", "anonymous": True, "state": state, "day": day, "due_on": day}
    item = Feedback(code=code, mark="", receiver_id=scene.ids[OWN], text="Mái dột.", **facts)
    feedback.add(scene.db, item, author_id=scene.helper, draft_id=code, act=feedback.Act("sent", day, None))


def _has_two_of_feedback(scene: Scene) -> None:
    _has_feedback(scene)
    _has_feedback(scene, OTHER_FEEDBACK)


def _owes(scene: Scene) -> None:
    scene.more["duty"] = desk_acts.owe(scene.db, scene.programme_id, NOW + timedelta(days=3))


def _has_award_file(scene: Scene) -> None:
    file = awards.propose(
        scene.db, OFFICE, unit_id=scene.ids[OWN], kind="model", nominee="Tủ sách", actor_id=scene.helper, now=NOW
    )
    scene.award = file.code


OWN_ONLY, UPPER_ONLY, BOTH = frozenset({OWN}), frozenset({ABOVE}), frozenset({OWN, ABOVE})
UPWARD = frozenset({OWN, ABOVE, TOP})
FEEDBACK, OTHER_FEEDBACK = "YK-27-4F7K2", "YK-27-4F7K3"

ACTIONS = (
    Action("read", Right.RECEIVE, OWN_ONLY, lambda scene, actor: purview.find(scene.db, scene.code, actor, NOW)),
    Action(
        "read what was sent up",
        Right.SELECT,
        BOTH,
        lambda scene, actor: purview.find(scene.db, scene.code, actor, NOW),
        _sent_up,
    ),
    Action(
        "list",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: [
            row for unit_id in scene.ids.values() for row in inbox.waiting_at(scene.db, unit_id, actor, NOW)
        ],
    ),
    Action(
        "search",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: inbox.find(scene.db, list(scene.ids.values()), "tủ sách", actor_id=actor, now=NOW),
    ),
    Action("receive", Right.RECEIVE, OWN_ONLY, _decide(Act.RECEIVE)),
    Action(
        "receive all",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: inbox.receive_all(scene.db, OFFICE, [scene.code], actor_id=actor, now=NOW),
    ),
    Action("ask for more", Right.APPRAISE, OWN_ONLY, _decide(Act.NEED_MORE)),
    Action("recognise", Right.APPRAISE, OWN_ONLY, _decide(Act.RECOGNISE)),
    Action("decline", Right.APPRAISE, OWN_ONLY, _decide(Act.DECLINE)),
    Action(
        "score",
        Right.APPRAISE,
        OWN_ONLY,
        lambda scene, actor: scoring.give(scene.db, OFFICE, scene.code, [20, 30, 20], actor_id=actor, now=NOW),
    ),
    Action(
        "score what was sent up",
        Right.APPRAISE,
        UPPER_ONLY,
        lambda scene, actor: scoring.give(scene.db, OFFICE, scene.code, [20, 30, 20], actor_id=actor, now=NOW),
        _sent_up,
    ),
    Action(
        "assign",
        Right.RECEIVE,
        OWN_ONLY,
        lambda scene, actor: assigning.assign(scene.db, OFFICE, scene.code, scene.helper, actor_id=actor, now=NOW),
    ),
    Action("select", Right.SELECT, OWN_ONLY, _choose(Purpose.SELECT), _recognised),
    Action("reward", Right.SELECT, OWN_ONLY, _choose(Purpose.AWARD), _recognised),
    Action(
        "take back",
        Right.SELECT,
        OWN_ONLY,
        lambda scene, actor: selection.deselect(scene.db, OFFICE, scene.code, actor_id=actor, now=NOW),
        _chosen,
    ),
    Action("forward", Right.FORWARD, OWN_ONLY, _forward(OWN), _chosen),
    Action("select above", Right.SELECT, UPPER_ONLY, _choose(Purpose.SELECT), _sent_up),
    Action("reward above", Right.SELECT, BOTH, _choose(Purpose.AWARD), _sent_up),
    Action(
        "keep",
        Right.SELECT,
        UPPER_ONLY,
        lambda scene, actor: selection.keep(scene.db, scene.code, actor_id=actor, now=NOW),
        _sent_up,
    ),
    Action("forward above", Right.FORWARD, UPPER_ONLY, _forward(ABOVE), _chosen_above),
    Action(
        "cover list",
        Right.FORWARD,
        BOTH,
        lambda scene, actor: covers.sheet(scene.db, OFFICE, scene.number, actor_id=actor, now=NOW),
        _sent_up,
    ),
    Action(
        "set targets",
        Right.SELECT,
        UPPER_ONLY,
        lambda scene, actor: (
            quotas.allocate(
                scene.db, scene.programme_id, scene.ids[ABOVE], {scene.ids[OWN]: 5}, actor_id=actor, now=NOW
            )
            or True
        ),
    ),
    Action(
        "keep a sentence",
        Right.APPRAISE,
        OWN_ONLY,
        lambda scene, actor: canned.add(
            scene.db, scene.ids[OWN], "decline", "Thiếu kết quả", "Chưa nêu kết quả.", actor_id=actor, now=NOW
        ),
    ),
    Action(
        "drop a sentence",
        Right.APPRAISE,
        OWN_ONLY,
        lambda scene, actor: canned.drop(scene.db, scene.more["sentence"], actor_id=actor, now=NOW),
        _has_sentence,
    ),
    Action(
        "read feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: feedback_card.find(scene.db, FEEDBACK, actor, NOW),
        _has_feedback,
    ),
    Action(
        "see an award file",
        Right.SELECT,
        UPWARD,
        lambda scene, actor: awards.find(scene.db, scene.award, actor, NOW),
        _has_award_file,
    ),
    Action(
        "answer feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: desk_acts.answer_feedback(scene.db, FEEDBACK, actor, NOW, "explained"),
        _has_feedback,
    ),
    Action(
        "forward feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: desk_acts.answer_feedback(scene.db, FEEDBACK, actor, NOW, "forwarded"),
        _has_feedback,
    ),
    Action(
        "merge feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: desk_acts.merge_feedback(scene.db, FEEDBACK, OTHER_FEEDBACK, actor, NOW),
        _has_two_of_feedback,
    ),
    Action(
        "publish feedback",
        Right.ANSWER,
        UPWARD,
        lambda scene, actor: desk_acts.publish_feedback(scene.db, FEEDBACK, actor, NOW),
        lambda scene: _has_feedback(scene, state="resolved"),
    ),
    Action(
        "open an award file",
        Right.SELECT,
        UPWARD,
        lambda scene, actor: desk_acts.open_award(scene.db, OWN, actor, NOW),
    ),
    Action(
        "attach a paper",
        Right.SELECT,
        UPWARD,
        lambda scene, actor: desk_acts.attach_paper(scene.db, scene.award, actor, NOW),
        _has_award_file,
    ),
    Action(
        "hand in an award file",
        Right.SELECT,
        UPWARD,
        lambda scene, actor: desk_acts.send_award(scene.db, scene.award, actor, NOW),
        _has_award_file,
    ),
    Action(
        "finish a duty",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk_acts.finish_duty(scene.db, scene.more["duty"], scene.ids[OWN], actor, NOW),
        _owes,
    ),
    Action(
        "put a duty off",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk_acts.put_off_duty(scene.db, scene.more["duty"], scene.ids[OWN], actor, NOW),
        _owes,
    ),
    Action("hand out a role", Right.REPORT, UPWARD, lambda scene, actor: desk_acts.invite(scene.db, OWN, actor, NOW)),
    Action(
        "end a role",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk_acts.end_role(scene.db, scene.helper, actor, NOW),
    ),
    Action(
        "see who serves",
        Right.REPORT,
        UPWARD,
        lambda scene, actor: desk_acts.list_officers(scene.db, "Trần Thị helper", actor, NOW),
    ),
)


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
READING = frozenset({"read", "read what was sent up", "list", "search", "cover list"})
"""Whoever is trusted with any step of an initiative may read it: lacking one right changes nothing."""
BY_ROLE = frozenset({"hand out a role", "end a role", "see who serves"})
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


def test_every_step_of_the_life_is_walked() -> None:
    """A new step without a line above is not tested: it fails here."""
    walked = {"receive", "score", "ask for more", "recognise", "decline", "select", "take back", "forward", "reward"}
    own = {act for act, step in TABLE.items() if step.right is not None}
    assert len(own) == len(walked)
    assert walked <= {action.name for action in ACTIONS}


def test_what_lies_with_a_unit_that_nobody_serves_is_on_the_desk_above(union: Union) -> None:
    with union.rows() as db:
        scene = _scene(db, union)
        assert purview.find(db, scene.code, scene.upper, NOW) is None
        held = appointments.in_subtree(db, scene.ids[OWN], NOW)
        appointments.end(db, [row.appointment.id for row in held if row.appointment.id], NOW)
        assert purview.find(db, scene.code, scene.helper, NOW) is None
        assert purview.find(db, scene.code, scene.upper, NOW) is not None
        assert purview.find(db, scene.code, union.people["top"], NOW) is None
        record = submissions.by_code(db, scene.code)
        assert record is not None
        assert units.by_id(db, record.receiver_id or 0) is not None
