"""Drafts as every released version left them in the table: each must still lead to the preview.

A file is added with each release that changes what a draft holds; none is ever changed or removed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handlers.chat.context import draft_from, stored_from
from handlers.flows import initiative, supplement
from handlers.flows.records import Item, Profile
from messages.types import Pressed
from storage.conversations import StoredDraft
from tests.flows.plain_world import OPEN, OTHER, PlainWorld, Talk

FOLDER = Path(__file__).parents[1] / "fixtures" / "drafts"
FILES = sorted(FOLDER.glob("*/*.json"))
FORMS = {form.name: form for form in (initiative.FORM, supplement.FORM)}


def read(file: Path) -> tuple[StoredDraft, list[str]]:
    """The draft as it was stored, and what its member has still to say."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    raw = kept["draft"]
    draft = StoredDraft(raw["id"], raw["form"], raw["answers"], tuple(raw["parts"]), raw["asked"])
    return draft, kept["then"]


def world_of(stored: StoredDraft) -> PlainWorld:
    """One in which the draft may have arisen."""
    offered = stored.asked is not None and stored.asked.get("step") == "profile"
    known = Profile("Nguyễn Văn An", "+84912345678", "51", "GD51-01", None, "office")
    return PlainWorld(
        running=(OPEN, OTHER),
        profile=known if offered else None,
        items=(Item("SK-27-4F7K2", "needs_more", 2, "ghi rõ số tiết dạy"),),
    )


def test_there_are_drafts_to_be_read() -> None:
    assert {file.parent.name for file in FILES} >= {"0.1.0"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_an_old_draft_still_reaches_the_preview(file: Path) -> None:
    stored, lines = read(file)
    talk = Talk.found(draft_from(stored), world_of(stored), FORMS[stored.form])
    talk.says(*lines)
    if not lines:
        talk.sends(Pressed("nothing@old:x"))
    assert talk.asked == f"{stored.form}.review"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_an_old_draft_is_taken_up_again_with_nothing_lost(file: Path) -> None:
    stored, _ = read(file)
    talk = Talk.of(draft_from(stored), world_of(stored), FORMS[stored.form])
    assert talk.draft is not None
    assert (talk.draft.answers, talk.draft.parts) == (stored.answers, stored.parts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_reading_a_draft_and_keeping_it_changes_nothing(file: Path) -> None:
    stored, _ = read(file)
    again = stored_from(draft_from(stored))
    assert (again.answers, again.parts, again.asked) == (stored.answers, stored.parts, stored.asked)
