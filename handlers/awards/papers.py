"""The papers of an award file on their way in and out of the chat (F14)."""

from __future__ import annotations

from handlers.awards import records as awards
from handlers.awards.records import PURPOSE, Standing
from handlers.chat.context import Context
from handlers.files import files
from handlers.flows.awards import PAPER
from handlers.flows.form import Draft
from messages import awards as kinds
from storage.tables import AwardFile


def title(file: AwardFile, paper: str) -> str | None:
    """The title of a paper; None where this kind of file has no such paper."""
    return next((one.title for one in kinds.load()[file.kind].papers if one.key == paper), None)


def subject_title(file: AwardFile, paper: str) -> str:
    """What it is for, without who is proposed."""
    return f"{file.code} – {title(file, paper)}"


def ask_for(context: Context, file: AwardFile, paper: str) -> None:
    """In the chat, or at an address that expires: not every channel carries files."""
    offer = files.offer_upload(
        context.db,
        context.office,
        member_id=context.my_id,
        purpose=PURPOSE,
        subject=awards.subject(file, paper),
        title=subject_title(file, paper),
        channel=context.inbound.address.kind,
        now=context.now,
    )
    if offer is not None:
        context.said.extend(files.says(offer, title=subject_title(file, paper), incoming=True))
    context.talk.begin(Draft(PAPER.name, context.office.new_id(), {"code": file.code, "paper": paper}))


def hand_out(context: Context, found: Standing, paper: str) -> None:
    """The files of a paper, each at an address of its own."""
    called = subject_title(found.file, paper)
    for info in found.papers[paper][:3]:
        offer = files.offer_download(
            context.db,
            context.office,
            member_id=context.my_id,
            file=info,
            title=called,
            channel=context.inbound.address.kind,
            now=context.now,
        )
        if offer is None:
            context.say("awards.no_site")
            return
        context.said.extend(files.says(offer, title=called, incoming=False))
