"""What somebody who looks after officers is shown of those whom no channel reaches now."""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.reaching import unreached

LISTED = 10


def count(context: Context) -> None:
    """Beside the duties: how many officers a reminder reaches, and why not the others."""
    for one in unreached.counted_of_desks(context.db, context.office, context.actor, context.now):
        reasons = [(reason.value, count) for reason, count in one.reasons]
        context.say("reach.reminders", unit=one.unit, reached=one.reached, everybody=one.everybody, reasons=reasons)


def name(context: Context) -> None:
    """Beside the officers: who they are."""
    for one in unreached.lost_of_desks(context.db, context.office, context.actor, context.now):
        rows = [(each.name, each.unit, each.reason.value) for each in one.officers[:LISTED]]
        context.say("reach.unreached", unit=one.unit, rows=rows, more=max(0, len(one.officers) - LISTED))
