"""What Zalo takes of an Official Account and what it refuses: shapes, limits, windows. Codes of openapi.zalo.me."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

VIETNAM = timezone(timedelta(hours=7))
HOUR = 3600.0
FREE_FOR, OPEN_FOR = 48 * HOUR, 7 * 24 * HOUR
ASSET_LIVES = 7 * 24 * HOUR
TEXT, TITLE, PAYLOAD, BUTTONS = 2000, 100, 1000, 5
ICONS = ("oa.query.show", "oa.query.hide")
LARGEST = {"image": 1024 * 1024, "gif": 5 * 1024 * 1024, "file": 5 * 1024 * 1024}
KINDS = {"image": (".jpg", ".jpeg", ".png"), "gif": (".gif",), "file": (".pdf", ".doc", ".docx", ".csv")}


@dataclass
class Refusal(Exception):
    """An answer with `error` other than 0."""

    code: int
    words: str = "refused"


def check(message: Mapping[str, Any]) -> None:
    """Raise `Refusal` unless the content of a consultation message is well formed."""
    text, attachment = message.get("text"), message.get("attachment")
    if text is not None and (not isinstance(text, str) or not text.strip()):
        raise Refusal(-201, "text is invalid")
    if text is not None and len(text.encode("utf-16-le")) // 2 > TEXT:
        raise Refusal(-210, "text exceeds 2000 characters")
    if text is None and attachment is None:
        raise Refusal(-201, "message is empty")
    if set(message) - {"text", "attachment", "quote_message_id"}:
        raise Refusal(-201, f"unknown: {sorted(message)}")
    if attachment is not None:
        _check_attachment(attachment)


def _check_attachment(attachment: Mapping[str, Any]) -> None:
    kind, payload = attachment.get("type"), attachment.get("payload", {})
    if kind == "file":
        if not payload.get("token"):
            raise Refusal(-201, "token is invalid")
    elif kind != "template":
        raise Refusal(-201, "attachment.type is invalid")
    elif payload.get("template_type") == "request_user_info":
        _check_form(payload)
    elif payload.get("template_type") == "media":
        _check_media(payload)
    else:
        _check_buttons(payload.get("buttons"))


def _check_form(payload: Mapping[str, Any]) -> None:
    elements = payload.get("elements", ())
    if len(elements) != 1 or not 0 < len(elements[0].get("title", "")) <= TITLE or len(elements[0]["subtitle"]) > 500:
        raise Refusal(-201, "elements is invalid")


def _check_media(payload: Mapping[str, Any]) -> None:
    for element in payload.get("elements", ()):
        if ("url" in element) == ("attachment_id" in element):
            raise Refusal(-201, "url xor attachment_id")


def _check_buttons(buttons: Any) -> None:
    if not isinstance(buttons, list) or not 0 < len(buttons) <= BUTTONS:
        raise Refusal(-201, "buttons is invalid")
    for button in buttons:
        title, payload, is_query = button.get("title"), button.get("payload"), button.get("type") in ICONS
        if not isinstance(title, str) or not 0 < len(title) <= TITLE:
            raise Refusal(-201, "title is invalid")
        if not isinstance(payload, str if is_query else dict) or (is_query and len(payload) > PAYLOAD):
            raise Refusal(-201, "payload is invalid")


def is_night(now: float) -> bool:
    """From 22:00 to 06:00 in Vietnam, when promotions are not taken."""
    hour = datetime.fromtimestamp(now, UTC).astimezone(VIETNAM).hour
    return hour >= 22 or hour < 6


def day_of(moment: float) -> str:
    """A day as answers write it."""
    return datetime.fromtimestamp(moment, UTC).astimezone(VIETNAM).strftime("%d/%m/%Y")
