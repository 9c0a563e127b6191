"""Award files in the chat: those of one's units, one with what is missing, a paper handed in, the file sent (F14)."""

from __future__ import annotations

import re

from handlers.awards import papers
from handlers.awards import records as awards
from handlers.awards.records import PURPOSE, Standing
from handlers.chat.context import Context
from handlers.files import attachments
from handlers.flows.outcomes import OpenAward, TakePaper
from handlers.text.readers import clean
from messages import awards as kinds
from messages.types import Choice, Say
from storage import appointments, audit, units
from storage import awards as stored
from storage.awards import State
from storage.tables import AwardFile, Right

CODE = re.compile(rf"{awards.PREFIX}[\s-]*(\d{{2}})[\s-]*([0-9a-z]{{5}})", re.IGNORECASE)
QUESTION, LIST = "award", "awards"
LISTED = 12
PAPERS, SEE, ADD, CLEAR = "paper.", "see.", "add.", "clear."


class TurnAwardDesk:
    """`handlers.flows.award_world.AwardDesk` for one turn."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def units(self) -> tuple[Choice, ...]:
        """The units for which the member may propose."""
        found = (units.by_id(self._context.db, unit_id) for unit_id in _own(self._context))
        return tuple(Choice(unit.code, unit.name) for unit in found if unit)

    def kinds(self) -> tuple[Choice, ...]:
        """The kinds of award."""
        return tuple(Choice(award.key, award.short) for award in kinds.load().values())

    def nominee(self, kind: str) -> str:
        """What is asked for."""
        return kinds.load()[kind].nominee

    def paper(self, code: str, paper: str) -> str | None:
        """The title of a paper of a file the member may change."""
        found = _file(self._context, code)
        mine = found is not None and found.state != State.WITHDRAWN and _is_mine(self._context, found)
        return papers.title(found, paper) if found is not None and mine else None


def show(context: Context) -> None:
    """The files of one's units and all below, each with what is missing."""
    own = _own(context)
    if not own:
        context.say("common.no_right", contact=context.office.contact)
        return
    found = [awards.standing(context.db, file, context.now) for file in stored.of_units(context.db, own, LISTED + 1)]
    rows = [
        (
            one.file.code,
            one.award.short,
            one.file.nominee,
            _unit(context, one),
            len(one.missing),
            one.file.state,
            one.late,
        )
        for one in found[:LISTED]
    ]
    label = context.office.catalogue.label
    choices = (Choice("new", label("awarding.new")), *(Choice(row[0], row[0]) for row in rows))
    values = {"rows": rows, "more": len(found) > LISTED}
    context.said.append(Say("awards.list", values, choices, LIST))


def start(context: Context) -> dict[str, object]:
    """What a new file begins with: the unit, where there is but one."""
    own = TurnAwardDesk(context).units()
    return {"unit": own[0].key} if len(own) == 1 else {}


def card(context: Context, code: str) -> None:
    """One file: its papers, its date, what may be done."""
    file = _file(context, code)
    if file is None:
        context.say("officer.not_yours")
        return
    found = awards.standing(context.db, file, context.now)
    audit.record(
        context.db,
        actor_id=context.my_id,
        action="award.read",
        unit_id=file.unit_id,
        subject=file.code,
        now=context.now,
    )
    values = {
        "code": code,
        "kind": found.award.title,
        "nominee": file.nominee,
        "unit": _unit(context, found),
        "papers": [(paper.title, len(found.papers[paper.key])) for paper in found.award.papers],
        "due": found.due_at,
        "late": found.late,
        "state": file.state,
        "sent_at": file.sent_at,
    }
    context.said.append(Say("awards.card", values, _choices(context, found), _question(file)))


def _choices(context: Context, found: Standing) -> tuple[Choice, ...]:
    label = context.office.catalogue.label
    back = Choice("list", label("awarding.list"))
    if found.file.state == State.WITHDRAWN:
        return (back,)
    mine = _is_mine(context, found.file)
    papers = (
        Choice(f"{PAPERS}{paper.key}", paper.short) for paper in found.award.papers if mine or found.papers[paper.key]
    )
    keys = () if not mine else ("send", "discard") if found.file.state == State.OPEN else ("withdraw",)
    return (*papers, *(Choice(key, label(f"awarding.{key}")) for key in keys), back)


def look_up(context: Context, typed: str) -> bool:
    """The file of a typed code; False when it is no such code, or not theirs to see."""
    found = CODE.fullmatch(clean(typed))
    file = _file(context, f"{awards.PREFIX}-{found[1]}-{found[2]}".upper()) if found else None
    if file is not None:
        card(context, file.code)
    return file is not None


def press(context: Context, asked: str, key: str) -> None:
    """A choice under the list (a code), a push (`award@CODE`) or a card (`award@CODE.REVISION`)."""
    code, _, revision = asked.partition("@")[2].partition(".")
    file = _file(context, code or key)
    if key == "list":
        show(context)
    elif file is None:
        context.say("officer.not_yours")
    elif key == "open" or not code:
        card(context, file.code)
    elif not revision.isdigit() or int(revision) != file.revision or file.state == State.WITHDRAWN:
        _changed(context, file)
    else:
        _act(context, file, key)


def _act(context: Context, file: AwardFile, key: str) -> None:
    found = awards.standing(context.db, file, context.now)
    what, _, paper = key.partition(".")
    if what not in ("paper", "see") and not _is_mine(context, file):
        context.say("awards.not_yours", code=file.code, unit=_unit(context, found))
    elif paper in found.papers:
        _act_on_paper(context, found, what, paper)
    else:
        _act_on_file(context, found, what)


def _act_on_paper(context: Context, found: Standing, what: str, paper: str) -> None:
    file = found.file
    match what:
        case "paper":
            _paper(context, found, paper)
        case "add":
            papers.ask_for(context, file, paper)
        case "see":
            papers.hand_out(context, found, paper)
        case "clear" if found.papers[paper]:
            _confirm_clearing(context, found, paper)
        case "clear_sure":
            awards.clear(context.db, file, paper, actor_id=context.my_id, now=context.now)
            card(context, file.code)
        case _:
            _changed(context, file)


def _act_on_file(context: Context, found: Standing, what: str) -> None:
    file = found.file
    match what:
        case "send" if file.state == State.OPEN and found.missing:
            values = {"code": file.code, "missing": found.missing}
            choices = (Choice("send_anyway", context.office.catalogue.label("send_anyway")), _open(context))
            context.said.append(Say("awards.incomplete", values, choices, _question(file)))
        case "send" | "send_anyway" if file.state == State.OPEN:
            _send(context, found)
        case "withdraw" if file.state == State.SENT:
            _ask_whether(context, found, "withdraw")
        case "withdraw_sure" if file.state == State.SENT:
            _take_back(context, found)
        case "discard" | "withdraw":  # what had the one name for both before
            _ask_whether(context, found, "discard")
        case "discard_sure" | "withdraw_sure":
            _discard(context, file)
        case _:
            _changed(context, file)


def _ask_whether(context: Context, found: Standing, what: str) -> None:
    """One question that names what follows."""
    label = context.office.catalogue.label
    choices = (Choice(f"{what}_sure", label(f"awarding.{what}")), _open(context))
    values = {
        "code": found.file.code,
        "due": found.due_at,
        "over": found.due_at is not None and found.due_at <= context.now,
    }
    context.said.append(Say(f"awards.{what}_sure", values, choices, _question(found.file)))


def _take_back(context: Context, found: Standing) -> None:
    if awards.take_back(context.db, context.office, found.file, actor_id=context.my_id, now=context.now):
        context.say("awards.withdrawn", code=found.file.code)
        card(context, found.file.code)
    else:
        _changed(context, found.file)


def _discard(context: Context, file: AwardFile) -> None:
    if awards.discard(context.db, file, actor_id=context.my_id, now=context.now):
        context.say("awards.discarded", code=file.code)
    else:
        _changed(context, file)


def _confirm_clearing(context: Context, found: Standing, paper: str) -> None:
    """Which files go for good."""
    values = {"paper": papers.title(found.file, paper), "names": [info.name for info in found.papers[paper]]}
    choices = (Choice(f"clear_sure.{paper}", context.office.catalogue.label("awarding.clear_sure")), _open(context))
    context.said.append(Say("awards.clear_confirm", values, choices, _question(found.file)))


def _open(context: Context) -> Choice:
    return Choice("open", context.office.catalogue.label("open_item"))


def _send(context: Context, found: Standing) -> None:
    if not awards.hand_in(context.db, context.office, found.file, actor_id=context.my_id, now=context.now):
        _changed(context, found.file)
        return
    context.say("awards.sent", code=found.file.code, late=found.late, missing=len(found.missing))


def _paper(context: Context, found: Standing, paper: str) -> None:
    """A paper that is there may be seen, added to, taken out; one that is not is asked for."""
    infos, mine = found.papers[paper], _is_mine(context, found.file)
    if not infos and mine:
        papers.ask_for(context, found.file, paper)
        return
    label = context.office.catalogue.label
    keys = ("see", "add", "clear") if mine else ("see",) if infos else ()
    choices = (*(Choice(f"{key}.{paper}", label(f"awarding.{key}")) for key in keys), _open(context))
    values = {"paper": papers.title(found.file, paper), "names": [info.name for info in infos]}
    context.said.append(Say("awards.paper", values, choices, _question(found.file)))


def open_file(context: Context, wanted: OpenAward) -> None:
    """Carry out `OpenAward`."""
    unit = units.by_code(context.db, wanted.unit)
    if unit is None or unit.id is None or not _may(context, unit.id) or wanted.kind not in kinds.load():
        context.say("common.no_right", contact=context.office.contact)
        return
    file = awards.propose(
        context.db,
        context.office,
        unit_id=unit.id,
        kind=wanted.kind,
        nominee=wanted.nominee,
        actor_id=context.my_id,
        now=context.now,
    )
    card(context, file.code)


def take(context: Context, wanted: TakePaper) -> None:
    """Carry out `TakePaper`."""
    file = _file(context, wanted.code)
    known = file is not None and file.state != State.WITHDRAWN and papers.title(file, wanted.paper) is not None
    if file is None or not known or not _is_mine(context, file):
        context.say("officer.not_yours")
        return
    attachments.want(
        context,
        key=wanted.key,
        name=wanted.name,
        size=wanted.size,
        purpose=PURPOSE,
        subject=awards.subject(file, wanted.paper),
        title=papers.subject_title(file, wanted.paper),
    )


def _changed(context: Context, file: AwardFile) -> None:
    context.db.refresh(file)
    context.say("awards.changed", code=file.code)
    card(context, file.code)


def _file(context: Context, code: str) -> AwardFile | None:
    """A file of the member's own subtree; any other is as good as not there."""
    return awards.find(context.db, code, context.my_id, context.now) if context.appointments else None


def _is_mine(context: Context, file: AwardFile) -> bool:
    return awards.is_of(context.db, file, context.my_id, context.now)


def _may(context: Context, unit_id: int) -> bool:
    return context.actor.may(context.db, Right.SELECT, unit_id)


def _own(context: Context) -> list[int]:
    return sorted({row.unit_id for row in context.appointments if Right.SELECT in appointments.rights_of(row)})


def _unit(context: Context, found: Standing) -> str:
    unit = units.by_id(context.db, found.file.unit_id)
    assert unit is not None
    return unit.name


def _question(file: AwardFile) -> str:
    return f"{QUESTION}@{file.code}.{file.revision}"
