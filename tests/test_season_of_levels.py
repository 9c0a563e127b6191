"""A whole season on three levels: what stands at the end is what people did, counted beside the product.

Forty units, 240 members (`SEASON_PEOPLE`), 10/3 to 31/5/2021: units that are late and one that stays silent, a moved
date, an officer who leaves, members who take back their agreement, feedback without a name.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers import exports
from handlers.actors import COMMAND_LINE
from handlers.initiatives import quotas, standings
from handlers.office import local_day
from messages.types import Outbound
from storage import appointments, duties, programmes, units
from storage.tables import Feedback, Outbox, Purpose, Sending, Submission
from tests import patience
from tests.season import (
    BASE,
    LATE,
    LEAVES,
    MOVED_TO,
    SUCCEEDED_ON,
    TOOK_BACK_ON,
    TOP,
    UPPER,
    VOICES,
    Season,
)

PEOPLE = int(os.environ.get("SEASON_PEOPLE", "240"))
"""Played before the first question is asked, on a machine that may be busy; 1200 for a long look."""
CODE = re.compile(r"\b(?:SK|YK)-\d\d-[0-9A-Z]{5}\b")
APPRAISED = ("recognised", "declined", "selected", "forwarded", "awarded")


@dataclass(frozen=True)
class Told:
    """One message as it was promised, whatever became of it."""

    chat: str
    topic: str
    day: date
    once: str
    text: str
    is_cancelled: bool


Question = Callable[[Season, list[Told]], None]
QUESTIONS: list[Question] = []


def question(ask: Question) -> Question:
    """Asked of every season that was played."""
    QUESTIONS.append(ask)
    return ask


@pytest.mark.timeout(patience.LONG_TEST)
def test_what_stands_at_the_end_is_what_people_did(database_url: str, subtests: pytest.Subtests) -> None:
    """Played once for all the questions: in a test of their own each would wait for a season of its own."""
    season = Season(database_url, PEOPLE)
    season.furnish()
    season.play()
    told = everything_told(season)
    for ask in QUESTIONS:
        with subtests.test(ask.__name__):
            ask(season, told)
    season.database.close()


def everything_told(season: Season) -> list[Told]:
    with season.rows() as db:
        rows = db.scalars(select(Outbox).order_by(col(Outbox.id)))
        return [
            Told(
                row.chat,
                row.topic,
                local_day(row.due_at),
                row.once or "",
                Outbound.from_json(db.seals.open(row.body)).text if row.body else "",
                row.state == Sending.CANCELLED,
            )
            for row in rows
        ]


def expected(season: Season, unit: str) -> Counter[str]:
    """How many of a unit and all below it stand in each state, by the ledger."""
    below = (code for code, where in season.ledger.unit.items() if where == unit or where.startswith(f"{unit}."))
    return Counter(season.ledger.state[code] for code in below)


def late(season: Season) -> set[str]:
    """Who had sent no list when the moved date was over."""
    return {unit for unit in BASE if season.ledger.sent_on.get(unit, date.max) >= MOVED_TO}


# --- the numbers ---


@question
def half_of_the_members_handed_in_one_each(season: Season, told: list[Told]) -> None:
    assert len(season.ledger.unit) == season.people // 2
    with season.rows() as db:
        assert sorted(db.scalars(select(col(Submission.code)))) == sorted(season.ledger.unit)


@question
def every_state_at_every_level(season: Season, told: list[Told]) -> None:
    with season.rows() as db:
        rows = db.execute(select(col(Submission.code), col(Submission.state))).all()
    stored = dict(rows)
    for unit in (TOP, *UPPER, *BASE):
        mine = [code for code, where in season.ledger.unit.items() if where == unit or where.startswith(f"{unit}.")]
        assert Counter(stored[code] for code in mine) == expected(season, unit), unit


@question
def the_progress_that_reminders_show(season: Season, told: list[Told]) -> None:
    with season.rows() as db:
        for unit in (TOP, *UPPER, *BASE):
            count = expected(season, unit)
            progress = duties.progress(db, season.programme_id, season.unit_id(db, unit))
            assert progress.received == count.total(), unit
            assert progress.appraised == sum(count[state] for state in APPRAISED), unit


@question
def every_quota(season: Season, told: list[Told]) -> None:
    with season.rows() as db:
        programme = season.programme(db)
        for code in (TOP, *UPPER, *BASE):
            unit = units.by_code(db, code)
            assert unit is not None
            for standing in quotas.standings(db, programme, unit):
                chosen = season.ledger.chosen if standing.purpose is Purpose.SELECT else season.ledger.rewarded
                assert standing.count == len(chosen.get(code, ())), (code, standing.title)


@question
def nobody_went_past_a_cap_and_a_planned_number_asks_why(season: Season, told: list[Told]) -> None:
    rewarded = {unit: len(codes) for unit, codes in season.ledger.rewarded.items()}
    refused = Counter(season.ledger.refused)
    for unit in UPPER:
        assert rewarded[unit] <= 20
        assert refused[unit, "officer.over_quota"] == (rewarded[unit] == 20)
    assert rewarded.get(TOP, 0) <= 30
    assert len(season.ledger.chosen[TOP]) <= 4


@question
def the_table_of_the_level_above(season: Season, told: list[Told]) -> None:
    with season.rows() as db:
        for code in UPPER:
            unit = units.by_code(db, code)
            assert unit is not None
            places = standings.league(db, season.programme(db), unit, season.now)
            sent = {place.unit.code: place.sent for place in places}
            below = [base for base in BASE if base.startswith(f"{code}.")]
            assert sent == {base: len(season.ledger.chosen.get(base, ())) for base in below}
            silent = [one.code for one in standings.silent(places)]
            assert sorted(silent) == sorted(base for base in sent if not season.ledger.chosen.get(base))


@question
def an_export_has_every_record_once(season: Season, told: list[Told]) -> None:
    with season.rows() as db:
        request = exports.Request(exports.ExportKind.INITIATIVES, exports.Form.JSON, None)
        out = io.BytesIO()
        exports.write(db, COMMAND_LINE, request, out, now=season.now)
    assert Counter(record["state"] for record in json.loads(out.getvalue())) == expected(season, TOP)


# --- the messages ---


@question
def each_reminder_and_each_digest_was_promised_once(season: Season, told: list[Told]) -> None:
    keys = Counter(one.once for one in told if one.topic in ("duty", "climb"))
    assert keys
    assert max(keys.values()) == 1


@question
def the_level_above_heard_once_of_the_units_that_were_late(season: Season, told: list[Told]) -> None:
    climbed = [one for one in told if one.topic == "climb" and ":above:" in one.once]
    digests = [one for one in climbed if "Chọn sáng kiến" in one.text]
    named = {one.chat: set(re.findall(r"Công đoàn (P\.\d\.\d+)", one.text)) for one in digests}
    assert len(named) == len(digests)
    wanted = {f"head-{unit}": {base for base in late(season) if base.startswith(f"{unit}.")} for unit in UPPER}
    assert named == {chat: bases for chat, bases in wanted.items() if bases}
    assert set(LATE) <= late(season)


@question
def whoever_stands_in_heard_of_the_own_unit_only(season: Season, told: list[Told]) -> None:
    heard = [one for one in told if one.chat == f"deputy-{BASE[-2]}" and one.topic == "climb"]
    assert heard
    assert all(BASE[-2] in one.text for one in heard)
    assert not any(other in one.text for one in heard for other in LATE if other != BASE[-2])


@question
def an_officer_who_left_hears_nothing_more_and_the_next_one_does(season: Season, told: list[Told]) -> None:
    before = [one for one in told if one.chat == f"head-{LEAVES}" and one.topic == "duty"]
    after = [one for one in told if one.chat == f"next-{LEAVES}" and one.topic == "duty"]
    assert before
    assert max(one.day for one in before) < SUCCEEDED_ON
    assert after
    assert min(one.day for one in after) >= SUCCEEDED_ON


@question
def whoever_has_done_it_is_not_reminded_again(season: Season, told: list[Told]) -> None:
    chased = {one.chat for one in told if one.once.startswith(f"duty:{_duty(season)}:") and "quá hạn" in one.text}
    assert {chat.replace("next-", "head-") for chat in chased} == {f"head-{unit}" for unit in late(season)}


@question
def nothing_reached_anyone_outside_their_subtree(season: Season, told: list[Told]) -> None:
    with season.rows() as db:
        served: dict[str, set[str]] = {}
        for one in appointments.in_subtree(db, season.unit_id(db, TOP), season.now):
            served.setdefault(season.chats[one.appointment.member_id], set()).add(one.unit.code)
    served.setdefault(f"head-{LEAVES}", set()).add(LEAVES)
    for one in told:
        for code in set(CODE.findall(one.text)) & season.ledger.unit.keys():
            where = season.ledger.unit[code]
            if one.chat in served:
                assert any(f"{where}.".startswith(f"{unit}.") for unit in served[one.chat]), (one.chat, code)
            else:
                assert one.chat == season.ledger.author[code]


@question
def every_author_was_told_of_each_step(season: Season, told: list[Told]) -> None:
    heard = Counter((one.chat, one.topic) for one in told)
    for code, chat in season.ledger.author.items():
        if chat not in season.ledger.gone and season.ledger.state[code] != "sent":
            assert heard[chat, "status"] >= 1, code


@question
def whoever_took_back_their_agreement_hears_nothing_after_it(season: Season, told: list[Told]) -> None:
    assert season.ledger.gone
    later = [one for one in told if one.chat in season.ledger.gone and one.day > TOOK_BACK_ON]
    assert [one for one in later if not one.is_cancelled] == []


# --- without a name ---


@question
def as_many_as_spoke_and_none_leads_to_a_person(season: Season, told: list[Told]) -> None:
    with season.rows() as db:
        rows = db.scalars(select(Feedback)).all()
    assert len(rows) == VOICES
    assert all(row.member_id is None and row.channel is None and row.sent_at is None for row in rows)


@question
def the_level_above_hears_how_many_are_late_and_no_code(season: Season, told: list[Told]) -> None:
    heard = set(season.ledger.heard)
    above = [one for one in told if one.chat in {f"head-{unit}" for unit in UPPER} and one.topic == "care"]
    assert above
    assert not any("YK-" in one.text for one in above)
    named = {unit for one in above for unit in re.findall(r"Công đoàn (P\.\d\.\d+)", one.text)}
    assert named <= heard


@question
def no_message_to_an_officer_names_who_spoke(season: Season, told: list[Told]) -> None:
    speakers = {f"member-{number}" for number in range(season.people - VOICES, season.people)}
    others = [one for one in told if one.chat not in speakers]
    assert not any(re.search(r"Nhà xe số \d+", one.text) and one.topic not in ("feedback", "care") for one in others)


def _duty(season: Season) -> int:
    with season.rows() as db:
        (duty,) = (row for row in programmes.duties(db, season.programme_id) if row.key == "select")
    assert duty.id is not None
    return duty.id
