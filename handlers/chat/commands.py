"""The commands: typed as words or slashes, or chosen from a menu."""

from __future__ import annotations

from collections.abc import Callable

from handlers.chat import appointments as appointment_desk
from handlers.chat import awards as award_desk
from handlers.chat import duties as duty_desk
from handlers.chat import forms, menu, news, reception
from handlers.chat import posters as poster_desk
from handlers.chat import privacy as privacy_desk
from handlers.chat import programmes as programme_desk
from handlers.chat.context import Context
from handlers.chat.feedback import library as feedback_library
from handlers.chat.initiatives import inbox, officers, standings_desk
from handlers.flows import broadcast as broadcast_form
from handlers.flows import feedback as feedback_form
from handlers.flows import initiative, linking, lookup
from handlers.flows import privacy as privacy_forms
from handlers.flows import staff as staff_forms
from handlers.flows.form import Turn
from handlers.flows.world import World
from messages.types import Say

Command = Callable[[Context, World, str], Turn | None]
"""Given what was typed after it."""


def run(context: Context, world: World, name: str, argument: str = "") -> Turn | None:
    """Carry out a command; whoever has not agreed to the notice in force may see to their own data only."""
    if world.agreed_version != world.notice_version and name not in reception.ALWAYS:
        return reception.receive(context, world)
    name, _, form = name.partition(".")
    if context.resting and name in OF_OFFICERS:
        context.say("officer.rests")
        return None
    if name not in IN_PASSING:
        forms.step_aside(context)
    if name == "resume" and form in forms.RESUMED:
        return forms.resume(context, world, form)
    if name == "restart" and form in STAFF_OPENS.values():
        return _open_for_staff(context, world, form)
    if name in OPENS:
        return forms.begin(context, world, OPENS[name])
    if name in STAFF_OPENS:
        form = STAFF_OPENS[name]
        return None if menu.offer_draft(context, form) else _open_for_staff(context, world, form)
    if name in TALKS:
        return TALKS[name](context, world, argument)
    SAYS.get(name, menu.show)(context)
    return None


def _start(context: Context, world: World, argument: str) -> Turn | None:
    code = reception.carried_unit(argument)
    if code is None:
        menu.greet(context)
        return None
    menu.come_from_poster(context, code)
    return forms.opened(context, world)


def _initiative(context: Context, world: World, _argument: str) -> Turn | None:
    menu.start_initiative(context)
    return forms.opened(context, world)


def _feedback(context: Context, world: World, _argument: str) -> Turn | None:
    if menu.offer_draft(context, feedback_form.FORM.name):
        return None
    return forms.begin(context, world, feedback_form.FORM.name)


def _feedback_resume(context: Context, world: World, _argument: str) -> Turn | None:
    return forms.resume(context, world, feedback_form.FORM.name)


def _resume(context: Context, world: World, _argument: str) -> Turn | None:
    return forms.resume(context, world)


def _link(context: Context, world: World, argument: str) -> Turn | None:
    return forms.begin(context, world, linking.FORM.name, {"pairing": argument} if argument else None)


def _away(context: Context, world: World, _argument: str) -> Turn | None:
    appointment_desk.press(context, "away")
    return forms.opened(context, world)


def _poster(context: Context, _world: World, argument: str) -> Turn | None:
    poster_desk.show(context, argument.strip())
    return None


def _unknown(context: Context, _world: World, argument: str) -> Turn | None:
    context.said.append(Say("common.unknown_command", {"command": argument}))
    menu.show(context)
    return None


def _open_for_staff(context: Context, world: World, form: str) -> Turn | None:
    if officers.is_staff(context):
        return forms.begin(context, world, form)
    context.say("common.no_right", contact=context.office.contact)
    return None


IN_PASSING = frozenset({"help", "resume"})
"""Commands after which the member is still where they were."""

OPENS = {
    "restart": initiative.FORM.name,
    "feedback_restart": feedback_form.FORM.name,
    "lookup": lookup.FORM.name,
    "correct": privacy_forms.CORRECT.name,
    "withdraw": privacy_forms.WITHDRAW.name,
    "erase": privacy_forms.ERASE.name,
}
"""Commands that open a form."""

STAFF_OPENS = {
    "extend": staff_forms.FORM.name,
    "compose": broadcast_form.FORM.name,
}
"""Commands that open a form for those who run programmes and write news."""

OF_OFFICERS = frozenset(
    {*STAFF_OPENS, "inbox", "report", "duties", "people", "library", "awards", "away", "poster"},
)
"""What only a role brings: never done where no role is in force."""

TALKS: dict[str, Command] = {
    "start": _start,
    "initiative": _initiative,
    "feedback": _feedback,
    "feedback_resume": _feedback_resume,
    "resume": _resume,
    "link": _link,
    "away": _away,
    "poster": _poster,
    "unknown": _unknown,
}
"""Commands that may lead into a form."""

SAYS: dict[str, Callable[[Context], None]] = {
    "menu": menu.show,
    "programmes": menu.list_programmes,
    "help": menu.help_,
    "privacy": privacy_desk.show,
    "see_copy": privacy_desk.copy,
    "inbox": inbox.show,
    "report": standings_desk.report,
    "duties": duty_desk.show_mine,
    "people": appointment_desk.show,
    "library": feedback_library.show,
    "awards": award_desk.show,
    "watch": programme_desk.watch,
    "news": news.show,
    "stop_news": news.stop,
}
"""Commands that answer at once."""
