"""«Dữ liệu của tôi»: correct, withdraw, erase (Law 91/2025/QH15, art. 4: see, correct, copy, withdraw, delete)."""

from __future__ import annotations

from handlers.flows import parts
from handlers.flows.choices import means
from handlers.flows.form import Accepted, Again, Answers, Ask, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import Correct, Effect, Erase, Menu, Withdraw
from handlers.flows.world import World
from messages.types import Choice


def _choice(key: str, world: World) -> Choice:
    return Choice(key, world.words.label(key))


# --- correct one field ---

_FIELDS = {step.key: step for step in parts.PERSON}
WORKPLACE = (parts.PLACE, parts.UNIT, parts.OTHER)
"""A new place asks for the unit there; another unit is looked for where the member works now."""


def _correct_steps(answers: Answers, _world: World) -> tuple[Step, ...]:
    field = answers.get("field")
    picked = Step("field", _ask_field, _read_field)
    if field is None:
        return (picked,)
    return (picked, *(WORKPLACE if field in ("place", "unit") else (_FIELDS[field],)))


def _ask_field(_answers: Answers, world: World) -> Ask:
    fields = tuple(Choice(key, world.words.label(f"field.{key}")) for key, step in _FIELDS.items() if step.editable)
    return Ask("privacy.correct", {}, fields)


def _read_field(given: Given, answers: Answers, world: World) -> Reading:
    if given.key not in _FIELDS:
        return Again(_ask_field(answers, world))
    known = {"place": world.profile.place} if given.key == "unit" and world.profile else {}
    return Accepted(given.key, also=known)


def _corrected(answers: Answers, _world: World) -> tuple[Effect, ...]:
    fields = {key: answers.get(key) for key in _FIELDS if key in answers}
    if "unit" in fields:
        fields.setdefault("other_unit", None)
    return (Correct(answers["field"], fields),)


CORRECT = Form("correct", _correct_steps, _corrected, kept=False)


# --- withdraw the agreement ---


def _ask_withdraw(_answers: Answers, world: World) -> Ask:
    return Ask("privacy.withdraw_confirm", {}, (_choice("withdraw", world), _choice("back_to_menu", world)))


def _read_withdraw(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "withdraw":
        return Accepted("yes")
    if given.key == "back_to_menu":
        return Leave((Menu(),))
    return Again(_ask_withdraw(answers, world))


def _withdraw_steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    return (Step("sure", _ask_withdraw, _read_withdraw),)


def _withdrawn(_answers: Answers, _world: World) -> tuple[Effect, ...]:
    return (Withdraw(),)


WITHDRAW = Form("withdraw", _withdraw_steps, _withdrawn, kept=False)


# --- erase everything ---


def _ask_erase(_answers: Answers, world: World) -> Ask:
    return Ask("privacy.erase_confirm", {}, (_choice("back_to_menu", world),))


def _read_erase(given: Given, _answers: Answers, world: World) -> Reading:
    if given.key == "back_to_menu":
        return Leave((Menu(),))
    if means(given.text or "", world.words.label("erase_typed")):
        return Accepted("yes")
    return Again(Ask("privacy.erase_mismatch", {}, (_choice("back_to_menu", world),)))


def _erase_steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    return (Step("sure", _ask_erase, _read_erase, free=True),)


def _erased(_answers: Answers, _world: World) -> tuple[Effect, ...]:
    return (Erase(),)


ERASE = Form("erase", _erase_steps, _erased, kept=False)
