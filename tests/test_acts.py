"""What the union can do is declared, act by act: each asks for its right itself, and is walked by every role."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

from handlers import actors
from handlers.acts import ACTS, Needs
from handlers.errors import Refusal
from storage.tables import Appointment, Right, Role
from tests.handlers import access_acts, test_access
from tests.handlers.access_scenes import NOW, OWN, TOP
from tests.handlers.test_access import union as union  # noqa: PLC0414  a fixture
from tests.union import Union
from tools import list_acts

list_acts.load()

STEPS = frozenset(
    {
        "feedback.card.answer_all",
        "feedback.card.change",
        "feedback.card.change_all",
        "feedback.card.join",
        "initiatives.life.move",
    }
)
"""What several acts are made of: the act that takes the step has asked."""
HANDLERS = Path(__file__).parent / "handlers"
WALKED_ALONE = {
    "danger.callbacks.called": "test_own_acts.py",
    "danger.callbacks.not_called": "test_own_acts.py",
    "feedback.items.withdraw_named": "test_feedback_acts.py",
    "feedback.library.drop": "test_feedback_acts.py",
    "feedback.library.keep": "test_feedback_acts.py",
    "feedback.public.publish": "test_feedback_acts.py",
    "people.data_requests.erase": "test_own_acts.py",
    "people.data_requests.note_copy": "test_own_acts.py",
}
"""What needs a scene of its own, and the test that tries whose it is."""
OTHERS_RIGHTS = (Needs.STAFF, Needs.ROLE, Needs.PROGRAM)
WRITES = frozenset({"db.add", "db.change", "db.delete", "db.put", "db.write", "actors.record", "audit.record"})


def with_an_actor() -> Iterator[tuple[str, FunctionType]]:
    """Every public function of a subject that is told who acts."""
    for name, module in sorted(sys.modules.items()):
        if not name.startswith("handlers.") or name.startswith(("handlers.chat", "handlers.flows", "handlers.actors")):
            continue
        for called, run in vars(module).items():
            own = inspect.isfunction(run) and run.__module__ == name and not called.startswith("_")
            if own and any("Actor" in str(one.annotation) for one in inspect.signature(run).parameters.values()):
                yield f"{name.removeprefix('handlers.')}.{called}", run


def test_the_document_says_what_is_declared() -> None:
    assert list_acts.TARGET.read_text(encoding="utf-8") == list_acts.page(), "python -m tools.list_acts"
    assert len(ACTS) > 100


def test_what_is_no_act_changes_nothing() -> None:
    """A function that is told who acts is an act, a step of some, or a look: and a look writes nothing."""
    looks = {name: run for name, run in with_an_actor() if name not in ACTS and name not in STEPS}
    assert looks
    assert {name: found for name, run in looks.items() if (found := writes(run))} == {}
    assert {name for name, _ in with_an_actor()} >= STEPS


def writes(run: Callable[..., Any]) -> list[str]:
    """The methods by which a function changes rows."""
    tree = ast.parse(inspect.getsource(run).lstrip())
    calls = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in calls if call in WRITES]


def test_a_look_that_writes_is_seen() -> None:
    assert writes(_careless) == ["audit.record"]


def _careless(audit: Any) -> None:
    audit.record("x")


def test_every_act_that_takes_a_right_is_walked(union: Union) -> None:
    """By the walk of tests/handlers/test_access.py: every role, at every unit."""
    wanted = {name for name, act in ACTS.items() if isinstance(act.needs, Right) or act.needs in OTHERS_RIGHTS}
    names = {act.run.__code__: name for name, act in ACTS.items()}
    walked: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in names:
            walked.add(names[frame.f_code])

    actor = union.people["actor"]
    with union.rows() as db:
        scene = test_access._scene(db, union)
        for unit in (OWN, TOP):
            row = Appointment(member_id=actor, unit_id=scene.ids[unit], role=Role.ADMIN, since=NOW)
            db.add(row)
        db.flush()
        tried = [lambda action=action: (action.scene(scene), action.do(scene, actor)) for action in test_access.ACTIONS]
        acting = actors.of_member(db, actor, NOW)
        every = (*access_acts.ACTS, *access_acts.GIVEN, *access_acts.OF_MEMBERS, *access_acts.ALLOWED_TO_NO_MEMBER)
        tried += [lambda act=act: act.do(scene, acting) for act in every]
        for attempt in tried:
            before = db.begin_nested()
            sys.setprofile(note)
            try:
                attempt()
            except Refusal:
                pass
            finally:
                sys.setprofile(None)
            before.rollback()
            db.expire_all()
    assert wanted - walked == set(WALKED_ALONE)
    for name, file in WALKED_ALONE.items():
        assert f".{name.rpartition('.')[2]}(" in (HANDLERS / file).read_text(encoding="utf-8"), name
