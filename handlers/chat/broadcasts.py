"""Staff at the news desk: what a compose form may know, and the buttons under a broadcast that is on its way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

from handlers.actors import NoRight
from handlers.chat import menu
from handlers.chat.context import Context
from handlers.duties import dates
from handlers.errors import Refusal
from handlers.flows.news_world import Starts
from handlers.flows.outcomes import Announce
from handlers.news import audience, broadcasts, progress
from handlers.reaching import last_look, reach
from handlers.text.readers import clean
from messages import staff_text
from messages.dates import ZONE
from messages.types import Choice, Say
from storage import broadcasts as stored
from storage import units
from storage.database import Transaction
from storage.tables import Announcing, Broadcast, Unit

MORNING = timedelta(hours=8)
"""When a broadcast goes for which only a day was typed."""
CLOCK = re.compile(r"\d\s*(?:h|g|:)", re.IGNORECASE)
ONLY_CLOCK = re.compile(r"(?:luc\s+|lúc\s+)?(\d{1,2})\s*(?:h|g|giờ|:)\s*(\d{2})?", re.IGNORECASE)
CODE = re.compile(r"tin[\s-]*(\d{2})[\s-]*([0-9a-z]{5})", re.IGNORECASE)
LISTED = 8
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "scheduled": ("progress", "hold", "cancel_message"),
    Announcing.FREEZING: ("progress", "hold", "cancel_message"),
    Announcing.SENDING: ("progress", "hold", "cancel_message"),
    "awaiting": ("progress", "hold", "cancel_message"),
    Announcing.HELD: ("go_on", "cancel_message"),
    Announcing.DONE: (),
    Announcing.CANCELLED: (),
    Announcing.DRAFT: ("cancel_message",),
}
"""What may be done with a broadcast in each state."""


CANCEL = "cancel_sure"
"""The answer to what cancelling leads to."""
STEPS: Mapping[str, Callable[..., object]] = {
    "hold": broadcasts.hold,
    "go_on": broadcasts.resume,
    CANCEL: broadcasts.cancel,
    "send_again": broadcasts.send_again,
}


class TurnNewsDesk:
    """`handlers.flows.news_world.NewsDesk` for one turn."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._counts: dict[str, audience.Counts] = {}

    def limits(self) -> Mapping[str, Any]:
        """How long a text may be and what may stand in it."""
        return {"limit": staff_text.LIMIT, "fields": broadcasts.fields()}

    def fault(self, text: str) -> Say | None:
        """What is wrong with a text, in words."""
        found = staff_text.fault(text)
        return None if found is None else Say(f"broadcast.text_{found}", broadcasts.fault_values(text))

    def units(self) -> tuple[Choice, ...]:
        """The units whose news the member may write, each with everything below."""
        own = (units.by_id(self._context.db, unit_id) for unit_id in self._context.actor.desks())
        return tuple(Choice(unit.code, unit.name) for unit in own if unit)

    def unit_name(self, code: str) -> str | None:
        """The name of a unit in their reach."""
        unit = self._unit(code)
        return unit.name if unit else None

    def preview(self, text: str, code: str) -> Mapping[str, Any]:
        """What members will see, how many, and who will not."""
        unit = self._unit(code)
        assert unit is not None
        if code not in self._counts:
            now = self._context.now
            self._counts[code] = audience.count(
                self._context.db, self._context.office, unit, audience.start(self._context.office, None, now), now
            )
        counts = self._counts[code]
        return {
            "text": self.sample(text),
            "audience": unit.name,
            "recipients": counts.recipients,
            "everybody": counts.everybody,
            "by_channel": counts.by_channel,
            "reasons": counts.skipped,
            "minutes": counts.minutes,
        }

    def sample(self, text: str) -> str:
        """A text as this member would get it."""
        context = self._context
        name, unit = stored.facts(context.db, [context.my_id])[context.my_id]
        return last_look.word(context.office, text, name=name, unit=unit)

    def starts(self, typed: str | None) -> Starts:
        """When what is typed would start; None: now."""
        office, now = self._context.office, self._context.now
        wanted = now if typed is None else read_start(typed, now)
        if wanted is None:
            return Starts(None, None)
        at = reach.opening(wanted, office.quiet_hours)
        begins, ends = office.quiet_hours
        quiet = Say("staff.quiet", {"hours_from": ends, "hours_to": begins, "at": at}) if at != wanted else None
        return Starts(at, quiet)

    def _unit(self, code: str) -> Unit | None:
        context, unit = self._context, units.by_code(self._context.db, code)
        return unit if unit and unit.id and context.actor.runs(context.db, unit.id, context.now) else None


def read_start(typed: str, now: datetime) -> datetime | None:
    """The moment that staff mean, if it lies ahead: «8h ngày 20/4», «20/4» (then 08:00), «17h30» (the next one)."""
    only = ONLY_CLOCK.fullmatch(clean(typed))
    if only:
        hour, minute = int(only[1]), int(only[2] or 0)
        if hour > 23 or minute > 59:
            return None
        today = datetime.combine(now.astimezone(ZONE).date(), time(hour, minute), ZONE)
        return today if today > now else today + timedelta(days=1)
    bound = dates.read_bound(typed, now)
    if bound is None:
        return None
    start = bound if CLOCK.search(typed) else bound - timedelta(days=1) + MORNING
    return start if start > now else None


def announce(context: Context, effect: Announce) -> None:
    """The number was typed: keep it, freeze its audience, tell how it goes."""
    at = read_start(effect.at, context.now) if effect.at is not None else None
    try:
        row = broadcasts.create(
            context.db,
            context.office,
            context.actor,
            effect.text,
            effect.unit,
            now=context.now,
        )
        broadcasts.confirm(
            context.db,
            context.office,
            context.actor,
            row.code,
            effect.recipients,
            at=at,
            now=context.now,
        )
    except Refusal as refusal:
        context.refused(refusal)
        context.give_back(None, effect.text)
        return
    _show(context, row)


def press(context: Context, question: str, key: str) -> None:
    """A button under a broadcast: `broadcast@CODE.REVISION`, or without the revision where a word was typed."""
    code, _, revision = question.partition("@")[2].partition(".")
    row = _mine(context, code)
    if row is None:
        context.say("common.no_right", contact=context.office.contact)
        return
    if key == "cancel_message" and key in ACTIONS[progress.read(context.db, row, context.now).state]:
        _confirm_cancel(context, row)
        return
    with suppress(Refusal):  # somebody else was quicker: how it stands now is shown below
        if key in STEPS:
            seen = int(revision) if revision.isdecimal() else None
            STEPS[key](context.db, context.actor, row.code, now=context.now, seen=seen)
    _show(context, row)


def _confirm_cancel(context: Context, row: Broadcast) -> None:
    """Whoever has not got it will not; it cannot be taken up again."""
    label = context.office.catalogue.label
    told = progress.read(context.db, row, context.now)
    choices = (Choice(CANCEL, label(CANCEL)), Choice("progress", label("progress")))
    values = {"code": row.code, "sent": told.sent, "waiting": told.waiting}
    menu.offer(context, Say("broadcast.cancel_confirm", values, choices, _question(row)))


def look_up(context: Context, typed: str) -> bool:
    """How the broadcast of a typed code is going; False when it is no such code, or not theirs to see."""
    found = CODE.fullmatch(clean(typed))
    row = _mine(context, f"TIN-{found[1]}-{found[2]}") if found else None
    if row is None:
        return False
    _show(context, row)
    return True


def _show(context: Context, row: Broadcast) -> None:
    told = progress.read(context.db, row, context.now)
    label = context.office.catalogue.label
    keys = (*ACTIONS[told.state], *(("send_again",) if told.unknown and told.state != Announcing.CANCELLED else ()))
    choices = tuple(Choice(key, label(key)) for key in keys)
    say = Say("broadcast.status", status_values(context.db, row, context.now), choices, _question(row))
    if choices:
        menu.offer(context, say)
    else:
        context.said.append(Say(say.key, say.values))


def _question(row: Broadcast) -> str:
    return f"broadcast@{row.code}.{row.revision}"


def status_values(db: Transaction, row: Broadcast, now: datetime) -> Mapping[str, Any]:
    """How far a broadcast is, by name; of those whose outcome is unknown, the first few."""
    assert row.id is not None
    told = progress.read(db, row, now)
    lost = stored.unknown(db, row.id, LISTED) if told.unknown else []
    return {
        "people": [member.name or f"#{member.id}" for member in lost],
        "reasons": progress.skipped(db, row),
        "code": told.code,
        "state": told.state,
        "awaits": sorted({account.partition(":")[0] for account in told.awaits}),
        "sent": told.sent,
        "failed": told.failed,
        "skipped": told.skipped,
        "unknown": told.unknown,
        "waiting": told.waiting,
        "total": told.total,
        "due": told.due_at,
        "minutes": told.minutes,
    }


def _mine(context: Context, code: str) -> Broadcast | None:
    try:
        return broadcasts.find(context.db, context.actor, code, context.now)
    except NoRight:
        return None
