"""The initiative: consent apart, everything a member is asked before one is handed in (seed 000, Phụ lục 1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from handlers.flows import feedback, parts
from handlers.flows.form import Accepted, Again, Answers, Ask, Edit, Form, Given, Leave, Long, Reading, Step
from handlers.flows.outcomes import Effect, Start, SubmitInitiative, WatchOpenings
from handlers.flows.records import Programme, Question
from handlers.flows.world import World
from handlers.text.likeness import fingerprint, looks_like_complaint
from handlers.text.readers import clean
from handlers.text.terms import INITIATIVE_FORM
from messages.types import Choice, Say

LIMIT = 1000
"""Characters of a description (seed 000, Phụ lục 1, step 3.4: «tối đa 1000 ký tự»)."""
MINIMUM = 30
"""Fewer characters than this describe nothing («ok», «test»)."""
PROFILE = ("name", "phone", "place", "unit", "other_unit", "group")


def steps(answers: Answers, world: World) -> tuple[Step, ...]:
    """The steps in order, with the chosen programme's own questions spliced in."""
    programme = _programme(answers, world)
    return _around(programme.questions if programme else ())


@lru_cache(maxsize=64)
def _around(questions: tuple[Question, ...]) -> tuple[Step, ...]:
    return (*BEFORE, *parts.PERSON, *map(_question, questions), *AFTER)


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """The preview was confirmed."""
    return (SubmitInitiative(answers),)


FORM = Form(INITIATIVE_FORM, steps, complete)


def begin(world: World) -> dict[str, Any]:
    """The answers a new form starts with: the only open programme, and the unit of a poster."""
    answers: dict[str, Any] = {}
    programmes = world.programmes()
    if len(programmes) == 1:
        answers["programme"] = programmes[0].id
    known = world.profile
    if known and not known.complete and known.place:
        answers |= {key: value for key, value in parts.profile_answers(known).items() if value}
    return answers


def intro(programme: Programme, answers: Answers, world: World) -> Say:
    """What the chosen programme is and how many short steps follow."""
    counted = [
        s for s in steps({**answers, "programme": programme.id}, world) if s.counted and s.applies(answers, world)
    ]
    values = {
        "programme": programme.name,
        "opens": programme.opens,
        "closes": programme.closes,
        "peak": programme.peak,
        "steps": len(counted),
        "draft_days": world.draft_days,
    }
    return Say("initiative.intro", values)


def _programme(answers: Answers, world: World) -> Programme | None:
    chosen = answers.get("programme")
    return world.programme(chosen) if chosen is not None else None


def _programme_open(value: Any, _answers: Answers, world: World) -> bool:
    programme = world.programme(value)
    return programme is not None and programme.open


def _ask_programme(answers: Answers, world: World) -> Ask:
    programmes = world.programmes()
    choices = tuple(Choice(f"p{programme.id}", programme.name) for programme in programmes)
    watch = (Choice("watch", world.words.label("watch")),)
    closed = _programme(answers, world)
    if closed is not None and not closed.open:
        upcoming = world.upcoming()
        values = {
            "programme": closed.name,
            "closed_at": closed.closes,
            "draft_until": world.draft_until(),
            "others": len(programmes),
            "upcoming": upcoming.name if upcoming else None,
        }
        return Ask("initiative.closed", values, choices or watch)
    if not programmes:
        return Ask("initiative.none_open", {}, watch)
    return Ask("initiative.programme", {"count": len(programmes)}, choices)


def _read_programme(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "watch":
        return Leave((WatchOpenings(),), keep=True)
    for programme in world.programmes():
        if given.key == f"p{programme.id}":
            return Accepted(programme.id, said=intro(programme, answers, world))
    return Again(_ask_programme(answers, world))


def _profile_known(answers: Answers, world: World) -> bool:
    known = world.profile
    return known is not None and known.complete and ("profile" in answers or "name" not in answers)


def _ask_profile(_answers: Answers, world: World) -> Ask:
    assert world.profile is not None
    values = parts.person_shown(parts.profile_answers(world.profile), world)
    return Ask("initiative.profile", values, (_choice("yes", world), _choice("fix", world)))


def _read_profile(given: Given, answers: Answers, world: World) -> Reading:
    assert world.profile is not None
    known = parts.profile_answers(world.profile)
    if given.key == "yes":
        return Accepted("yes", also=known)
    if given.key == "fix":
        return Again(_fields_to_edit({**answers, **known}, world, parts.PERSON))
    if given.key and given.key.startswith("edit."):
        return Edit(given.key.removeprefix("edit."), {**known, "profile": "fix"})
    return Again(_ask_profile(answers, world))


def _fields_to_edit(answers: Answers, world: World, among: tuple[Step, ...]) -> Ask:
    fields = [step.key for step in among if step.editable and step.key in answers and step.applies(answers, world)]
    choices = tuple(Choice(f"edit.{key}", _field(key, answers, world)) for key in fields)
    return Ask("initiative.edit", {}, choices)


def _field(key: str, answers: Answers, world: World) -> str:
    programme = _programme(answers, world)
    own = {f"q_{question.key}": question.label for question in programme.questions} if programme else {}
    return own.get(key) or world.words.label(f"field.{key}")


def _question(question: Question) -> Step:
    key = f"q_{question.key}"

    def ask(_answers: Answers, _world: World) -> Ask:
        return Ask("initiative.question", {"text": question.text}, question.options)

    return Step(key, ask, _reader(question), free=not question.options, counted=True, editable=True)


def _reader(question: Question) -> Callable[[Given, Answers, World], Reading]:
    options = {choice.key for choice in question.options}

    def read(given: Given, answers: Answers, world: World) -> Reading:
        if given.key and given.key.startswith("send_anyway."):
            return _answered(question, given.key.removeprefix("send_anyway."), answers)
        if given.key in question.warned:
            still = Choice(f"send_anyway.{given.key}", world.words.label("send_anyway"))
            return Again(
                Ask("initiative.question_warning", {"text": question.warning}, (_choice("retype", world), still))
            )
        if given.key in options:
            return _answered(question, given.key, answers)
        if given.key is None and not options and given.text is not None:
            typed = clean(given.text)
            if len(typed) > question.limit:
                return Again(Ask("initiative.question_too_long", {"count": len(typed), "limit": question.limit}))
            if typed:
                return Accepted(typed)
        return Again(Ask("initiative.question", {"text": question.text}, question.options))

    return read


def _answered(question: Question, value: str, answers: Answers) -> Accepted:
    """A description written before the secret was told of is dropped: only name and effect may stand there."""
    told = {**answers, f"q_{question.key}": value}
    return Accepted(value, also={"text": None} if _secret(told) and not _secret(answers) else {})


def _secret(answers: Answers) -> bool:
    return answers.get("q_secret") == "yes"


def _ask_text(answers: Answers, _world: World) -> Ask:
    key = "initiative.text_secret" if _secret(answers) else "initiative.text"
    return Ask(key, {"limit": LIMIT})


def _no_reading(_given: Given, answers: Answers, world: World) -> Reading:
    return Again(_ask_text(answers, world))


def _complains(answers: Answers, world: World) -> bool:
    return "text" in answers and looks_like_complaint(answers["text"], world.words.phrases("complaint"))


def _ask_complaint(_answers: Answers, world: World) -> Ask:
    return Ask("initiative.maybe_feedback", {}, (_choice("move_to_feedback", world), _choice("is_initiative", world)))


def _read_complaint(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "move_to_feedback":
        return Leave((Start(feedback.FORM.name, feedback.moved(answers)),))
    if given.key == "is_initiative":
        return Accepted(fingerprint(answers["text"]))
    return Again(_ask_complaint(answers, world))


def _alike(answers: Answers, world: World) -> bool:
    return (
        "text" in answers and "programme" in answers and world.alike(answers["programme"], answers["text"]) is not None
    )


def _same_text(value: Any, answers: Answers, _world: World) -> bool:
    return bool(value == fingerprint(answers["text"]))


def _ask_duplicate(answers: Answers, world: World) -> Ask:
    alike = world.alike(answers["programme"], answers["text"])
    assert alike is not None
    edit = Choice("edit.text", world.words.label("fix"))
    return Ask("initiative.duplicate", {"code": alike.code, "date": alike.sent}, (_choice("send_anyway", world), edit))


def _read_duplicate(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "send_anyway":
        return Accepted(fingerprint(answers["text"]))
    if given.key == "edit.text":
        return Edit("text")
    return Again(_ask_duplicate(answers, world))


def _ask_review(answers: Answers, world: World) -> Ask:
    programme = _programme(answers, world)
    assert programme is not None
    values = {
        "programme": programme.name,
        **parts.person_shown(answers, world),
        "answers": answers_shown(answers, programme),
        "text": answers["text"],
        "count": len(answers["text"]),
        "limit": LIMIT,
    }
    return Ask("initiative.review", values, (_choice("submit", world), _choice("edit", world)))


def answers_shown(answers: Answers, programme: Programme) -> list[tuple[str, str]]:
    """The programme's own questions with their answers, as a person reads them."""
    shown: list[tuple[str, str]] = []
    for question in programme.questions:
        value = answers.get(f"q_{question.key}")
        if value is not None:
            labels = {choice.key: choice.label for choice in question.options}
            shown.append((question.label, labels.get(value, str(value))))
    return shown


def _read_review(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "submit":
        return Accepted("submit")
    if given.key == "edit":
        return Again(_fields_to_edit(answers, world, steps(answers, world)))
    if given.key and given.key.startswith("edit."):
        return Edit(given.key.removeprefix("edit."))
    return Again(_ask_review(answers, world))


def _choice(key: str, world: World) -> Choice:
    return Choice(key, world.words.label(key))


BEFORE = (
    Step("programme", _ask_programme, _read_programme, holds=_programme_open),
    Step("profile", _ask_profile, _read_profile, applies=_profile_known),
)
"""What comes before the person."""
AFTER = (
    Step(
        "text",
        _ask_text,
        _no_reading,
        long=Long(MINIMUM, LIMIT, "initiative"),
        free=True,
        counted=True,
        editable=True,
    ),
    Step("complaint", _ask_complaint, _read_complaint, applies=_complains, holds=_same_text),
    Step("duplicate", _ask_duplicate, _read_duplicate, applies=_alike, holds=_same_text),
    Step("review", _ask_review, _read_review, lasting=False),
)
"""What comes after the programme's own questions."""
