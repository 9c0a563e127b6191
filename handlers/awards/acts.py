"""What is done with award files: opened, given papers, handed in, taken back, given up (F14).

A file that comes late is taken all the same and flagged: it will not be considered (seed 000 II.2.5: «đơn vị nào gửi hồ
sơ chậm so với thời gian quy định sẽ không được xét»).
"""

from __future__ import annotations

from datetime import datetime

from handlers import actors, notices
from handlers.actors import Actor, NoRight
from handlers.acts import act
from handlers.awards import records
from handlers.awards.records import PREFIX, PURPOSE, Standing
from handlers.duties import acts as duties
from handlers.errors import Refusal
from handlers.files import attachments, files
from handlers.files.attachments import Sent
from handlers.files.files import Offer
from handlers.office import Office, local_day
from messages import awards as kinds
from messages.types import Choice, Say
from storage import appointments, audit, awards, units
from storage.awards import State
from storage.database import Transaction
from storage.duties import Owed
from storage.tables import AwardFile, Right

HANDED_OUT = 3
"""As many files of one paper as addresses are given for at once."""


class Changed(Refusal):
    """The file is not as it was shown, or its state does not allow this any more."""


@act(Right.SELECT, audit="award.open")
def propose(
    db: Transaction, office: Office, actor: Actor, unit_code: str, *, kind: str, nominee: str, now: datetime
) -> AwardFile:
    """A new file of a unit. Raises NoRight: not their unit, or no such unit or kind of award."""
    unit = units.by_code(db, unit_code)
    if unit is None or unit.id is None or kind not in kinds.load():
        raise NoRight("rights.none")
    actors.require(db, actor, Right.SELECT, unit.id)
    programme = awards.programme(db, kinds.load()[kind].programme, unit.id, now)
    file = AwardFile(
        code=_free_code(db, office, now),
        kind=kind,
        programme_id=programme.id if programme else None,
        unit_id=unit.id,
        nominee=nominee,
        state=State.OPEN,
        made_by=actor.member_id,
        made_at=now,
    )
    awards.add(db, file)
    _record(db, "open", file, actor, now)
    return file


@act(Right.SELECT, audit="award.read")
def read(db: Transaction, actor: Actor, code: str, *, now: datetime) -> Standing:
    """A file as it stands, for whoever may see it. Raises Refusal."""
    file = _visible(db, actor, code)
    _record(db, "read", file, actor, now)
    return records.standing(db, file, now)


@act(Right.SELECT, audit="award.attach")
def attach(
    db: Transaction, office: Office, actor: Actor, code: str, paper: str, *, sent: Sent, account: str, now: datetime
) -> None:
    """Promise to fetch what was sent in a chat of an account, as a file of a paper. Raises Refusal."""
    file = _with_paper(db, actor, code, paper, now)
    attachments.want(
        db,
        office,
        actor.me,
        sent,
        account=account,
        purpose=PURPOSE,
        subject=records.subject(file, paper),
        title=records.subject_title(file, paper),
        now=now,
    )
    _record(db, "attach", file, actor, now)


@act(Right.SELECT, unaudited="an address opens nothing by itself: whoever uses it leaves a row")
def offer_upload(
    db: Transaction, office: Office, actor: Actor, code: str, paper: str, *, channel: str, now: datetime
) -> Offer:
    """An address for whoever is in a kind of channel, at which files of a paper are handed in. Raises Refusal."""
    file = _with_paper(db, actor, code, paper, now)
    offer = files.offer_upload(
        db,
        office,
        member_id=actor.me,
        purpose=PURPOSE,
        subject=records.subject(file, paper),
        title=records.subject_title(file, paper),
        channel=channel,
        now=now,
    )
    if offer is None:
        raise Refusal("awards.no_site")
    return offer


@act(Right.SELECT, unaudited="an address opens nothing by itself: whoever uses it leaves a row")
def hand_out(
    db: Transaction, office: Office, actor: Actor, code: str, paper: str, *, channel: str, now: datetime
) -> list[Offer]:
    """The files of a paper, each at an address for whoever is in a kind of channel. Raises Refusal."""
    file = _visible(db, actor, code)
    title = records.subject_title(file, paper)
    offers = [
        files.offer_download(db, office, member_id=actor.me, file=info, title=title, channel=channel, now=now)
        for info in files.of_subject(db, PURPOSE, records.subject(file, paper))[:HANDED_OUT]
    ]
    if None in offers:
        raise Refusal("awards.no_site")
    return [offer for offer in offers if offer is not None]


@act(Right.SELECT, audit="award.send", tells="those who choose at the nearest level above", revision=True)
def hand_in(db: Transaction, office: Office, actor: Actor, code: str, *, seen: int | None, now: datetime) -> Standing:
    """Hand a file in, complete or not: its duty is done. Raises Refusal, Changed."""
    file = _own(db, actor, code, seen, now)
    _move(db, file, State.OPEN, state=State.SENT, sent_at=now)
    _record(db, "send", file, actor, now)
    duty = records.duty(db, file)
    if duty is not None and duty.id is not None:
        duties.fulfil(db, office, duty.id, Owed(file.unit_id, actor.me), now)
    found = records.standing(db, file, now)
    _tell_above(db, office, found, now)
    return found


@act(Right.SELECT, audit="award.take_back", tells="those who choose at the nearest level above", revision=True)
def take_back(db: Transaction, office: Office, actor: Actor, code: str, *, seen: int | None, now: datetime) -> None:
    """Take a file that was handed in back from the level above, with its papers as they are. Raises Refusal, Changed.

    Its duty is as if it had not been handed in: open again, unless another file of the unit's does it, or it was marked
    as done by hand before.
    """
    file = _own(db, actor, code, seen, now)
    handed_in = file.sent_at
    _move(db, file, State.SENT, state=State.OPEN, sent_at=None)
    _record(db, "take_back", file, actor, now)
    duty = records.duty(db, file)
    if duty is not None and duty.id is not None and handed_in is not None:
        others = awards.handed_in(db, file.unit_id, file.kind, file.programme_id)
        duties.reopen(
            db, duty.id, Owed(file.unit_id, actor.me), done_at=handed_in, still=min(others, default=None), now=now
        )
    _tell_above(db, office, records.standing(db, file, now), now, key="awards.taken_back")


@act(Right.SELECT, audit="award.discard", revision=True)
def discard(db: Transaction, actor: Actor, code: str, *, seen: int | None, now: datetime) -> None:
    """Give up a file that lies with nobody above: its papers go for good. Raises Refusal, Changed."""
    file = _own(db, actor, code, seen, now)
    papers = records.standing(db, file, now).papers
    _move(db, file, State.OPEN, state=State.WITHDRAWN, nominee="")
    files.remove(db, *(info.id for infos in papers.values() for info in infos))
    _record(db, "discard", file, actor, now)


@act(Right.SELECT, audit="award.clear", revision=True)
def clear(db: Transaction, actor: Actor, code: str, paper: str, *, seen: int | None, now: datetime) -> None:
    """Take a paper's files out for good. Raises Refusal, Changed."""
    file = _own(db, actor, code, seen, now)
    if not awards.change(db, file):
        raise _changed(db, file)
    files.remove(db, *(info.id for info in files.of_subject(db, PURPOSE, records.subject(file, paper))))
    _record(db, "clear", file, actor, now)


def _visible(db: Transaction, actor: Actor, code: str) -> AwardFile:
    file = records.find(db, actor, code)
    if file is None:
        raise Refusal("officer.not_yours")
    return file


def _own(db: Transaction, actor: Actor, code: str, seen: int | None, now: datetime) -> AwardFile:
    """A file that is theirs to change, as they were shown it."""
    file = _visible(db, actor, code)
    if (seen is not None and seen != file.revision) or file.state == State.WITHDRAWN:
        raise _changed(db, file)
    if not records.is_of(db, actor, file, now):
        unit = units.by_id(db, file.unit_id)
        raise Refusal("awards.not_yours", code=file.code, unit=unit.name if unit else "")
    return file


def _with_paper(db: Transaction, actor: Actor, code: str, paper: str, now: datetime) -> AwardFile:
    """A file that is theirs to change and has such a paper."""
    file = _visible(db, actor, code)
    known = file.state != State.WITHDRAWN and records.title(file, paper) is not None
    if not known or not records.is_of(db, actor, file, now):
        raise Refusal("officer.not_yours")
    return file


def _move(db: Transaction, file: AwardFile, before: State, **facts: object) -> None:
    if file.state != before or not awards.change(db, file, **facts):
        raise _changed(db, file)


def _changed(db: Transaction, file: AwardFile) -> Changed:
    db.refresh(file)
    return Changed("awards.changed", code=file.code)


def _tell_above(
    db: Transaction, office: Office, found: Standing, now: datetime, *, key: str = "awards.arrived"
) -> None:
    """The nearest level above with somebody who chooses; never the name of who is proposed."""
    unit = units.by_id(db, found.file.unit_id)
    assert unit is not None
    values = {
        "code": found.file.code,
        "unit": unit.name,
        "kind": found.award.title,
        "missing": len(found.missing),
        "late": found.late,
    }
    choices = (Choice("open", office.catalogue.label("open_item")),)
    say = Say(key, values, choices, f"award@{found.file.code}")
    for above in units.ancestors(db, found.file.unit_id):
        assert above.id is not None
        people = appointments.serving(db, above.id, Right.SELECT, now=now, day=local_day(now))
        for member_id in people:
            once = f"award:{found.file.code}:{found.file.revision}:{member_id}"
            about = found.file.code
            notices.to_officer(db, office, member_id, say, about=about, topic="officer", once=once, now=now)
        if people:
            return


def _free_code(db: Transaction, office: Office, now: datetime) -> str:
    while True:
        code = office.new_code(PREFIX, now)
        if awards.by_code(db, code) is None:
            return code


def _record(db: Transaction, step: str, file: AwardFile, actor: Actor, now: datetime) -> None:
    audit.record(db, action=f"award.{step}", actor_id=actor.member_id, now=now, unit_id=file.unit_id, subject=file.code)
