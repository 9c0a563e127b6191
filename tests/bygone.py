"""Databases of versions before: what a furnished one held when a version of the tables was the newest.

`python -m tests.bygone` writes down today's, beside the others; do so before the next version of the tables is begun.
The rows are made up, and sealed with the tests' key.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from storage import backups
from storage.tables import Appointment, Member
from storage.upgrades import migrate, newest
from tests import people, voices
from tests.desk import Desk

FOLDER = Path(__file__).parent / "fixtures" / "backups"


def file_of(revision: str) -> Path:
    return FOLDER / f"{revision}.jsonl"


def write() -> None:
    """Units, a programme, officers in a browser and on a telephone, an author with an initiative and a draft, feedback
    that came at night and waits for the morning, somebody who asked to be called.
    """
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{home}/bygone.db"
        migrate(url)
        desk = Desk(url)
        with closing(desk.database):
            desk.furnish(people.TEMPLATE)
            people.officer(desk, "GD51-01")
            on_telephone = desk.member("thu", "telegram")
            on_telephone.says(f"/lienket {people.invite(desk, 'GD51-01')}")
            author, _code = people.author(desk)
            author.talks("/ykien")
            desk.now += timedelta(hours=14)
            people.officer(desk, voices.SCHOOL, name="trang").talks("/khenthuong")
            voices.write(desk.member("binh"))
            with desk.rows() as db:
                for officer in db.scalars(select(Member).join(Appointment)).unique():
                    officer.name = "Lê Thị Hạnh"
            author.talks("Em muốn chết", "[Nhờ gọi lại]", "[Đồng ý, nhờ gọi lại]", people.PHONE)
            lines: list[bytes] = []
            with desk.rows() as db:
                backups.dump(db, lines.append)
    FOLDER.mkdir(exist_ok=True)
    file_of(newest()).write_bytes(b"".join(lines))


if __name__ == "__main__":
    write()
