"""Award files in the chat: those of one's units, one with what is missing, a paper handed in, the file sent (F14)."""

from __future__ import annotations

import re
from contextlib import suppress

from handlers.actors import NoRight
from handlers.awards import acts
from handlers.awards import records as awards
from handlers.awards.acts import Changed
from handlers.awards.records import Standing
from handlers.chat.context import Context
from handlers.errors import Refusal
from handlers.files import files
from handlers.files.attachments import Sent
from handlers.flows.awards import PAPER
from handlers.flows.form import Draft
from handlers.flows.outcomes import OpenAward, TakePaper
from handlers.text.readers import clean
from messages import awards as kinds
from messages.types import Choice, Say
from storage import units
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
        own = self._context.actor.units(Right.SELECT)
        found = (units.by_id(self._context.db, unit_id) for unit_id in own)
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
        return awards.title(found, paper) if found is not None and mine else None


def show(context: Context) -> None:
    """The files of one's units and all below, each with what is missing."""
    if not context.actor.units(Right.SELECT):
        context.say("common.no_right", contact=context.office.contact)
        return
    found = awards.listed(context.db, context.actor, LISTED + 1, context.now)
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
    try:
        found = acts.read(context.db, context.actor, code, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    file = found.file
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
        return
    try:
        if paper in found.papers:
            _act_on_paper(context, found, what, paper)
        else:
            _act_on_file(context, found, what)
    except Changed:
        _changed(context, file)


def _act_on_paper(context: Context, found: Standing, what: str, paper: str) -> None:
    file = found.file
    match what:
        case "paper":
            _paper(context, found, paper)
        case "add":
            _ask_for(context, file, paper)
        case "see":
            _hand_out(context, file, paper)
        case "clear" if found.papers[paper]:
            _confirm_clearing(context, found, paper)
        case "clear_sure":
            acts.clear(context.db, context.actor, file.code, paper, seen=file.revision, now=context.now)
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
        case "send" | "send_anyway":
            _send(context, file)
        case "withdraw" if file.state == State.SENT:
            _ask_whether(context, found, "withdraw")
        case "withdraw_sure" if file.state == State.SENT:
            _take_back(context, file)
        case "discard" | "withdraw":  # what had the one name for both before
            _ask_whether(context, found, "discard")
        case "discard_sure" | "withdraw_sure":
            acts.discard(context.db, context.actor, file.code, seen=file.revision, now=context.now)
            context.say("awards.discarded", code=file.code)
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


def _take_back(context: Context, file: AwardFile) -> None:
    acts.take_back(context.db, context.office, context.actor, file.code, seen=file.revision, now=context.now)
    context.say("awards.withdrawn", code=file.code)
    card(context, file.code)


def _confirm_clearing(context: Context, found: Standing, paper: str) -> None:
    """Which files go for good."""
    values = {"paper": awards.title(found.file, paper), "names": [info.name for info in found.papers[paper]]}
    choices = (Choice(f"clear_sure.{paper}", context.office.catalogue.label("awarding.clear_sure")), _open(context))
    context.said.append(Say("awards.clear_confirm", values, choices, _question(found.file)))


def _open(context: Context) -> Choice:
    return Choice("open", context.office.catalogue.label("open_item"))


def _send(context: Context, file: AwardFile) -> None:
    seen = file.revision
    sent = acts.hand_in(context.db, context.office, context.actor, file.code, seen=seen, now=context.now)
    context.say("awards.sent", code=file.code, late=sent.late, missing=len(sent.missing))


def _paper(context: Context, found: Standing, paper: str) -> None:
    """A paper that is there may be seen, added to, taken out; one that is not is asked for."""
    infos, mine = found.papers[paper], _is_mine(context, found.file)
    if not infos and mine:
        _ask_for(context, found.file, paper)
        return
    label = context.office.catalogue.label
    keys = ("see", "add", "clear") if mine else ("see",) if infos else ()
    choices = (*(Choice(f"{key}.{paper}", label(f"awarding.{key}")) for key in keys), _open(context))
    values = {"paper": awards.title(found.file, paper), "names": [info.name for info in infos]}
    context.said.append(Say("awards.paper", values, choices, _question(found.file)))


def _ask_for(context: Context, file: AwardFile, paper: str) -> None:
    """In the chat, or at an address that expires: not every channel carries files."""
    channel = context.inbound.address.kind
    with suppress(Refusal):
        offer = acts.offer_upload(
            context.db, context.office, context.actor, file.code, paper, channel=channel, now=context.now
        )
        context.said.extend(files.says(offer, title=awards.subject_title(file, paper), incoming=True))
    context.talk.begin(Draft(PAPER.name, context.office.new_id(), {"code": file.code, "paper": paper}))


def _hand_out(context: Context, file: AwardFile, paper: str) -> None:
    """The files of a paper, each at an address of its own."""
    channel = context.inbound.address.kind
    try:
        offers = acts.hand_out(
            context.db, context.office, context.actor, file.code, paper, channel=channel, now=context.now
        )
    except Refusal as refusal:
        context.refused(refusal)
        return
    for offer in offers:
        context.said.extend(files.says(offer, title=awards.subject_title(file, paper), incoming=False))


def open_file(context: Context, wanted: OpenAward) -> None:
    """Carry out `OpenAward`."""
    try:
        file = acts.propose(
            context.db,
            context.office,
            context.actor,
            wanted.unit,
            kind=wanted.kind,
            nominee=wanted.nominee,
            now=context.now,
        )
    except NoRight:
        context.say("common.no_right", contact=context.office.contact)
    else:
        card(context, file.code)


def take(context: Context, wanted: TakePaper) -> None:
    """Carry out `TakePaper`."""
    sent, account = Sent(wanted.key, wanted.name, wanted.size), context.inbound.address.account
    try:
        acts.attach(
            context.db,
            context.office,
            context.actor,
            wanted.code,
            wanted.paper,
            sent=sent,
            account=account,
            now=context.now,
        )
    except Refusal as refusal:
        context.refused(refusal)


def _changed(context: Context, file: AwardFile) -> None:
    context.db.refresh(file)
    context.say("awards.changed", code=file.code)
    card(context, file.code)


def _file(context: Context, code: str) -> AwardFile | None:
    return awards.find(context.db, context.actor, code)


def _is_mine(context: Context, file: AwardFile) -> bool:
    return awards.is_of(context.db, context.actor, file, context.now)


def _unit(context: Context, found: Standing) -> str:
    unit = units.by_id(context.db, found.file.unit_id)
    assert unit is not None
    return unit.name


def _question(file: AwardFile) -> str:
    return f"{QUESTION}@{file.code}.{file.revision}"
