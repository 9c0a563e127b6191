"""How a message looks on Zalo, as the interface's JSON. Pure: a message in, plain data out.

A pressed button comes back as text: what it carries says by itself what it is, and is no word anybody would type.
Nothing is sent as markup, so that nothing a member wrote is read as such.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from messages.types import Choice, Outbound, payload

MARK = "#"
"""What every payload begins with: Zalo's own filter for commands lets nothing else through."""
TITLE, SUBTITLE = 100, 500
"""Characters of a button's label and of a form's title; of a form's subtitle."""
PRESSED = re.compile(r"#((?:[a-z][a-z_0-9]*(?:\.[a-z_0-9]+)*(?:@[!-9;-~]*)?)?:[!-~]{1,64})")
"""A payload as a message's whole text: `#initiative.review@k3f9a2:send`."""

Json = dict[str, Any]


def message(text: str, choices: Sequence[Choice] = (), question: str = "") -> Json:
    """A text, and buttons under it that are pressed without showing what they carry."""
    if not choices:
        return {"text": text}
    return {"text": text, "attachment": _template({"buttons": [_button(question, choice) for choice in choices]})}


def pictured(text: str, picture: str) -> Json:
    """A text and a picture by its address, which Zalo fetches (developers.zalo.me, «Tin tư vấn đính kèm ảnh»)."""
    element = {"media_type": "image", "url": picture}
    return {"text": text, "attachment": _template({"template_type": "media", "elements": [element]})}


def form(title: str, subtitle: str, *, picture: str = "") -> Json:
    """The form with which somebody hands over their own name and number."""
    element = {"title": _cut(title, TITLE), "subtitle": _cut(subtitle, SUBTITLE)}
    element |= {"image_url": picture} if picture else {}
    return {"attachment": _template({"template_type": "request_user_info", "elements": [element]})}


def to(chat: str, content: Mapping[str, Any]) -> Json:
    """The whole call."""
    return {"recipient": {"user_id": chat}, "message": dict(content)}


def pressed(text: str) -> str | None:
    """The payload of a pressed button (see `messages.types.payload`), or None: somebody wrote this."""
    found = PRESSED.fullmatch(text)
    return found[1] if found else None


def units(outbound: Outbound) -> int:
    """UTF-16 units of its text: the unit of Zalo's limit is not documented, and this one is never too small."""
    return len(outbound.text.encode("utf-16-le", "surrogatepass")) // 2


def _button(question: str, choice: Choice) -> Json:
    return {
        "title": _cut(choice.label, TITLE),
        "type": "oa.query.hide",
        "payload": MARK + payload(question, choice.key),
    }


def _template(content: Json) -> Json:
    return {"type": "template", "payload": content}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
