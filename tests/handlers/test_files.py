"""Files by link and code: what is taken, what ends a link; neither address, code, name nor content is stored bare."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from handlers.files import files
from handlers.files import kinds as file_kinds
from handlers.files import links as file_links
from handlers.files.files import Offer, Refusal, Upload
from handlers.files.links import MOST_WRONG, Received
from messages.types import LIMITS, Address
from storage import files as stored
from storage import members
from storage.database import Transaction
from storage.files import Kind
from tests.box import office

NOON = datetime(2027, 3, 10, 5, tzinfo=UTC)
OFFICE = dataclasses.replace(office(), public_url="https://tro-ly.congdoan.example")
SCAN = b"%PDF-1.7 " + b"a scan of a petition " * 40
TITLE = "Hồ sơ khen thưởng"


def zipped(*names: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return sink.getvalue()


def member(db: Transaction) -> int:
    known = members.join(db, Address("telegram", "an"), NOON)
    members.agree(
        db,
        known.member,
        version="v1",
        text_hash="h",
        purpose="submissions",
        address=Address("telegram", "an"),
        update_id="1",
        now=NOON,
    )
    assert known.member.id is not None
    return known.member.id


def offered(db: Transaction, member_id: int, most: int = 2) -> tuple[Offer, str]:
    offer = files.offer_upload(
        db,
        OFFICE,
        member_id=member_id,
        purpose="award",
        subject="KT-1",
        title=TITLE,
        channel="web",
        now=NOON,
        most=most,
    )
    assert offer is not None
    return offer, offer.link.rpartition("/")[2]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (SCAN, Kind.PDF),
        (b"\x89PNG\r\n\x1a\n....", Kind.PNG),
        (b"\xff\xd8\xff\xe0....", Kind.JPEG),
        (zipped("[Content_Types].xml", "word/document.xml"), Kind.DOCX),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), Kind.XLSX),
        (zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (zipped("anything.txt"), None),
        (b"PK\x03\x04 but no archive", None),
        (b"MZ\x90\x00 a program", None),
        (b"<html><script>", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: Kind | None) -> None:
    assert file_kinds.kind_of(content) is kind


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Tờ trình.pdf", "Tờ trình.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\Lan\\don.docx", "don.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a b Set-Cookie x.pdf"),
        ("...", "tep.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
    ],
)
def test_a_name_loses_folders_and_whatever_could_do_harm(name: str, cleaned: str) -> None:
    assert file_kinds.clean_name(name, Kind.PDF) == cleaned


def test_what_is_handed_in_with_the_code_is_kept_sealed_and_told_in_the_chat(db: Transaction) -> None:
    member_id = member(db)
    offer, token = offered(db, member_id)
    assert file_links.show(db, token, NOON) == file_links.Shown(TITLE, incoming=True, most=2)
    got = file_links.receive(
        db, OFFICE, token, f" {offer.code[:3]} {offer.code[3:]}", [Upload("Tờ trình.pdf", SCAN)] * 2, NOON
    )
    assert isinstance(got, Received)
    assert [(info.name, info.size) for info in files.of_subject(db, "award", "KT-1")] == [
        ("Tờ trình.pdf", len(SCAN))
    ] * 2
    kept = files.get(db, got.files[0].id)
    assert kept is not None
    assert kept.content == SCAN
    db.write_out()
    told = db.execute(text("SELECT topic, member_id FROM outbox")).all()
    assert told == [("files", member_id)]
    bare = [*db.execute(text("SELECT * FROM file")).all(), *db.execute(text("SELECT * FROM file_link")).all()]
    assert not any(secret in repr(bare) for secret in (token, offer.code, "Tờ trình", "petition"))


def test_a_link_is_good_for_one_handing_in(db: Transaction) -> None:
    offer, token = offered(db, member(db))
    file_links.receive(db, OFFICE, token, offer.code, [Upload("a.pdf", SCAN)], NOON)
    assert file_links.show(db, token, NOON) is None
    assert file_links.receive(db, OFFICE, token, offer.code, [Upload("a.pdf", SCAN)], NOON) is Refusal.GONE


@pytest.mark.parametrize(
    ("uploads", "refusal"),
    [
        ([], Refusal.NOTHING),
        ([Upload("a.pdf", SCAN)] * 3, Refusal.TOO_MANY),
        ([Upload("a.pdf", SCAN), Upload("a.exe", b"MZ")], Refusal.KIND),
        ([Upload("a.pdf", b"%PDF-" + bytes(files.MOST_BYTES))], Refusal.TOO_BIG),
    ],
)
def test_what_is_refused_leaves_nothing_and_does_not_use_the_code_up(
    db: Transaction, uploads: list[Upload], refusal: Refusal
) -> None:
    offer, token = offered(db, member(db))
    assert file_links.receive(db, OFFICE, token, offer.code, uploads, NOON) is refusal
    assert files.of_subject(db, "award", "KT-1") == []
    assert isinstance(file_links.receive(db, OFFICE, token, offer.code, [Upload("a.pdf", SCAN)], NOON), Received)


def test_a_few_wrong_codes_end_a_link_even_for_the_right_one(db: Transaction) -> None:
    offer, token = offered(db, member(db))
    answers = [
        file_links.receive(db, OFFICE, token, wrong(offer.code), [Upload("a.pdf", SCAN)], NOON)
        for _ in range(MOST_WRONG)
    ]
    assert answers == [Refusal.WRONG] * (MOST_WRONG - 1) + [Refusal.GONE]
    assert file_links.receive(db, OFFICE, token, offer.code, [Upload("a.pdf", SCAN)], NOON) is Refusal.GONE


def test_a_link_and_a_code_of_another_link_open_nothing(db: Transaction) -> None:
    member_id = member(db)
    _, token = offered(db, member_id)
    other, _ = offered(db, member_id)
    assert file_links.receive(db, OFFICE, token, other.code, [Upload("a.pdf", SCAN)], NOON) is Refusal.WRONG
    assert file_links.show(db, "no-such-link", NOON) is None


def test_a_file_is_fetched_with_its_code_and_again_for_a_few_minutes(db: Transaction) -> None:
    member_id = member(db)
    kept = files.store(
        db, OFFICE, purpose="report", subject="R1", member_id=member_id, upload=Upload("Báo cáo.pdf", SCAN), now=NOON
    )
    assert not isinstance(kept, Refusal)
    offer = files.offer_download(db, OFFICE, member_id=member_id, file=kept, title=TITLE, channel="web", now=NOON)
    assert offer is not None
    token = offer.link.rpartition("/")[2]
    assert file_links.unlock(db, OFFICE, token, wrong(offer.code), NOON) is Refusal.WRONG
    ticket = file_links.unlock(db, OFFICE, token, offer.code, NOON)
    assert isinstance(ticket, str)
    assert file_links.unlock(db, OFFICE, token, offer.code, NOON) is Refusal.GONE
    for minutes, found in ((0, True), (9, True), (10, False)):
        file = file_links.fetch(db, ticket, NOON + timedelta(minutes=minutes))
        assert (file is not None and file.content == SCAN) is found
    assert file_links.fetch(db, token, NOON) is None


def test_links_and_files_past_their_time_go_by_themselves(db: Transaction) -> None:
    member_id = member(db)
    _, token = offered(db, member_id)
    made = {"purpose": "report", "subject": "R1", "member_id": member_id, "upload": Upload("a.pdf", SCAN), "now": NOON}
    files.store(db, OFFICE, **made, expires=NOON + timedelta(days=1))
    files.store(db, OFFICE, **made)
    assert file_links.show(db, token, NOON + files.LIFE) is None
    assert stored.expire(db, NOON + timedelta(days=1)) == 1
    assert len(files.of_subject(db, "report", "R1")) == 1
    stored.erase_member(db, member_id)
    assert files.of_subject(db, "report", "R1") == []


def test_without_a_website_no_link_is_promised(db: Transaction) -> None:
    nowhere = dataclasses.replace(OFFICE, public_url="")
    asked = {"member_id": member(db), "purpose": "award", "subject": "KT-1", "title": TITLE, "now": NOON}
    assert files.offer_upload(db, nowhere, channel="web", **asked) is None


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("http://127.0.0.1:8600", {"web", "terminal"}),
        ("http://localhost:8600", {"web", "terminal"}),
        ("http://[::1]:8600", {"web", "terminal"}),
        ("https://congdoan.example", {"web", "terminal", "telegram", "zalo_bot", "zalo_oa"}),
    ],
)
def test_an_address_of_this_machine_is_said_only_to_who_sits_at_it(db: Transaction, url: str, opens: set[str]) -> None:
    here = dataclasses.replace(OFFICE, public_url=url)
    asked = {"member_id": member(db), "purpose": "award", "subject": "KT-1", "title": TITLE, "now": NOON}
    offered = {channel for channel in LIMITS if files.offer_upload(db, here, channel=channel, **asked)}
    assert offered == opens
