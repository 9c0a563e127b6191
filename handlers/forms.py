"""Every form there is, by name; beginning one, going back to one, stepping aside from one."""

from __future__ import annotations

from handlers import menu
from handlers.context import Context
from handlers.flows import appointments as appointment_forms
from handlers.flows import awards as award_forms
from handlers.flows import broadcast as broadcast_form
from handlers.flows import (
    callback,
    desk_notes,
    feedback_answers,
    feedback_care,
    feedback_notes,
    initiative,
    linking,
    lookup,
    officer,
    supplement,
    welcome,
)
from handlers.flows import feedback as feedback_form
from handlers.flows import privacy as privacy_forms
from handlers.flows import staff as staff_forms
from handlers.flows.engine import open_form
from handlers.flows.form import Draft, Form, Turn
from handlers.flows.world import World

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        welcome.FORM,
        initiative.FORM,
        supplement.FORM,
        lookup.FORM,
        officer.NEED_MORE,
        officer.DECLINE,
        linking.FORM,
        appointment_forms.INVITE,
        appointment_forms.END,
        appointment_forms.AWAY,
        *desk_notes.FORMS,
        privacy_forms.CORRECT,
        privacy_forms.WITHDRAW,
        privacy_forms.ERASE,
        staff_forms.FORM,
        broadcast_form.FORM,
        feedback_form.FORM,
        feedback_notes.MORE,
        callback.FORM,
        feedback_answers.ANSWER,
        feedback_care.PUBLISH,
        feedback_care.LIBRARY,
        award_forms.NEW,
        award_forms.PAPER,
    )
}
OF_OFFICERS = frozenset(
    form.name
    for form in (
        officer.NEED_MORE,
        officer.DECLINE,
        appointment_forms.INVITE,
        appointment_forms.END,
        appointment_forms.AWAY,
        *desk_notes.FORMS,
        staff_forms.FORM,
        broadcast_form.FORM,
        feedback_answers.ANSWER,
        feedback_care.PUBLISH,
        feedback_care.LIBRARY,
        award_forms.NEW,
        award_forms.PAPER,
    )
)
"""Forms in which officers write: their words are about somebody else's trouble, and end with their role."""
RESUMED = (initiative.FORM.name, supplement.FORM.name, feedback_form.FORM.name)
"""Forms that «Tiếp tục» goes back to, the first that has a draft."""


def begin(context: Context, world: World, name: str, answers: dict[str, object] | None = None) -> Turn:
    """Open a form afresh."""
    form = FORMS[name]
    start = dict(answers or {})
    if name == initiative.FORM.name:
        start = {**initiative.begin(world), **start}
        if (chosen := start.get("programme")) is not None and (programme := world.programme(int(str(chosen)))):
            context.said.append(initiative.intro(programme, start, world))
    if name == feedback_form.FORM.name:
        context.said.append(feedback_form.intro())
    draft = Draft(name, context.office.new_id(), start)
    context.talk.begin(draft)
    return open_form(form, draft, world)


def step_aside(context: Context) -> None:
    """Something else is wanted: an unfinished form waits for «Tiếp tục», one that is not kept is dropped."""
    draft = context.talk.draft
    if draft is None:
        return
    if FORMS[draft.form].kept:
        context.talk.active = None
    else:
        context.talk.drop(draft.form)


def opened(context: Context, world: World) -> Turn | None:
    """Put the question of a form that a handler has just begun."""
    draft = context.talk.draft
    if draft is None or draft.asked is not None:
        return None
    return begin(context, world, draft.form, dict(draft.answers))


def resume(context: Context, world: World, *names: str) -> Turn | None:
    """Go on with the first of these forms that has a draft."""
    for name in names or RESUMED:
        if (draft := context.talk.drafts.get(name)) is not None:
            context.talk.active = name
            context.say("common.resumed")
            return open_form(FORMS[name], draft, world)
    menu.show(context)
    return None
