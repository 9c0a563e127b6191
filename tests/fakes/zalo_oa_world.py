"""The world behind the fake Official Account: tokens, people, windows, quotas, and what each call does to them.

What the platform's descriptions disagree about is a switch.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.fakes import zalo_oa_rules as rules
from tests.fakes.listening import Listening
from tests.fakes.zalo_oa_people import FakePerson, Seen
from tests.fakes.zalo_oa_rules import Refusal
from tests.fakes.zalo_oa_switches import Switches

APP_ID = "1234567890123456789"
APP_SECRET = "APP-secret-of-the-fake"
OA_SECRET = "OA-secret-of-the-fake-0001"
OA_ID = "388613280878808645"
FIRST_USER = 246845883529197922
LIFE = 90_000.0
"""Seconds an access token lives."""
CODE_LIVES = 600.0


@dataclass
class Event:
    """Something that happened, on its way to the webhook."""

    body: dict[str, Any]
    due: float = 0.0
    tries: int = 0


@dataclass
class Call:
    """One request of the program that was taken."""

    path: str
    body: Mapping[str, Any]
    token: str = ""


@dataclass
class Tokens:
    """What the token service knows."""

    access: dict[str, float] = field(default_factory=dict)
    """When each ends."""
    refresh: set[str] = field(default_factory=set)
    """Those not used yet."""
    codes: dict[str, tuple[float, str]] = field(default_factory=dict)
    """Until when each may be exchanged, and the challenge it was asked for with."""


class World(Listening):
    """What the server keeps. Tests speak to it through `FakeZaloOa`."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.oa_id, self.app_id, self.app_secret, self.oa_secret = OA_ID, APP_ID, APP_SECRET, OA_SECRET
        self.switches = Switches()
        self.tokens = Tokens()
        self.calls: list[Call] = []
        self.granted = 0
        """Pairs handed out so far."""
        self.waiting: list[Event] = []
        self.paid_left = 0
        self.shift = self.reading = 0.0
        """Seconds: by how much its clock is ahead; how long people look at what stands there before they write."""
        self._people: dict[str, FakePerson] = {}
        self._numbers, self._pairs, self._assets = count(1), count(1), count(1)
        self._uploaded: dict[str, float] = {}
        self.files: dict[str, bytes] = {}
        """What people have sent, by the last part of its address, while it lasts."""
        self._minute: tuple[int, int] = (0, 0)

    def now(self) -> float:
        """The fake's own clock, in seconds."""
        return time.time() + self.shift

    def stamp(self) -> str:
        """The timestamp of an event of now."""
        now = self.now() if self.switches.stamps == "shifted" else time.time()
        return str(int((now + self.reading) * 1000))

    def time_passes(self, seconds: float) -> None:
        self.shift += seconds
        self._touch()

    def person(self, number: int = 0, *, name: str = "Lan", phone: str = "84912345678") -> FakePerson:
        """The person with this number; the same one each time."""
        user = str(FIRST_USER + number)
        if user not in self._people:
            self._people[user] = FakePerson(self, user, name=name, phone=phone)
        return self._people[user]

    def first_refresh_token(self) -> str:
        """The token an administrator copies from Zalo's page into the settings."""
        return self._pair()["refresh_token"]  # type: ignore[no-any-return]

    def code(self, challenge: str = "") -> str:
        """What an administrator is sent back with after granting."""
        made = f"CODE-{next(self._pairs)}"
        self.tokens.codes[made] = (self.now() + CODE_LIVES, challenge)
        return made

    def expire_tokens(self) -> None:
        """Every access token ends now."""
        self.tokens.access = dict.fromkeys(self.tokens.access, self.now())

    def called(self, path: str) -> list[Mapping[str, Any]]:
        """The bodies of every call of a path so far."""
        return [call.body for call in self.calls if call.path == path]

    def emit(self, body: dict[str, Any]) -> None:
        """Something happened: an event for the webhook."""
        self.waiting.append(Event({"app_id": self.app_id, "oa_id": self.oa_id, **body}))
        self._touch()

    def new_number(self) -> str:
        return f"96d3cdf3af15{next(self._numbers):08x}"

    def echo(self, person: FakePerson, kind: str, message: dict[str, Any]) -> dict[str, Any]:
        """What the account itself sent, as it comes back."""
        parties = {"sender": {"id": self.oa_id}, "recipient": {"id": person.user}}
        return {"event_name": f"oa_send_{kind}", **parties, "message": message}

    def submitted(self, person: FakePerson, name: str, phone: str) -> dict[str, Any]:
        """The answer to the form, in the shape switched on."""
        home = {"user_city": "Hà Nội", "user_ward": "Ba Đình", "user_address": "12 Hoàng Diệu"}
        info: dict[str, Any] = {"name": name, "phone": phone, "gender": "female", "full_address": home}
        if self.switches.info_shape == "old":
            info = {"name": name, "phone": phone, "address": "12 Hoàng Diệu", "city": "Hà Nội", "district": "Ba Đình"}
        ends = [{"id": person.user}, {"id": self.oa_id}]
        sender, recipient = ends if self.switches.info_from == "sender" else ends[::-1]
        event: dict[str, Any] = {"event_name": "user_submit_info", "sender": sender, "recipient": recipient}
        return event | (
            {"message": {"text": json.dumps(info, ensure_ascii=False)}}
            if self.switches.info_shape == "text"
            else {"info": info}
        )

    def grant(self, secret: str | None, form: Mapping[str, str]) -> dict[str, Any]:
        """The token service: a pair for a code or a refresh token, each of which works once."""
        if secret != self.app_secret or form.get("app_id") != self.app_id:
            return self._ungranted(-14002, "Invalid app id")
        match form.get("grant_type"):
            case "refresh_token" if form.get("refresh_token") in self.tokens.refresh:
                self.tokens.refresh.discard(form["refresh_token"])
            case "refresh_token":
                return self._ungranted(-14014, "Invalid refresh token")
            case "authorization_code" if self._takes(form):
                del self.tokens.codes[form["code"]]
            case _:
                return self._ungranted(-118, "Invalid grant")
        return self._pair()

    def authorise(self, token: str | None) -> None:
        """Raise `Refusal` unless a call carries a token of today; count it."""
        minute = int(self.now() // 60)
        self._minute = (minute, self._minute[1] + 1 if self._minute[0] == minute else 1)
        if self._minute[1] > self.switches.per_minute:
            raise Refusal(-32, "rate limit")
        ends = self.tokens.access.get(token or "")
        if ends is None:
            raise Refusal(self.switches.token_code, "Access token is invalid")
        if ends <= self.now():
            raise Refusal(-220, "Access token expired")

    def consult(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A consultation message: shape, window, quota, then delivered."""
        message = body.get("message", {})
        rules.check(message)
        person = self._recipient(body["recipient"]["user_id"])
        self._check_assets(message)
        quota = self._charge(person)
        attachment = message.get("attachment", {}).get("payload", {})
        form = attachment["elements"][0] if attachment.get("template_type") == "request_user_info" else None
        seen = Seen(self.new_number(), message.get("text", ""), attachment.get("buttons", ()), form, body=body)
        return self._deliver(person, seen) | ({"quota": quota} if quota else {})

    def template(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A template message by user id: no window, its own price."""
        if not isinstance(body.get("template_data"), dict) or not body.get("template_id"):
            raise Refusal(-201, "template_data is invalid")
        person = self._recipient(body["user_id"])
        seen = Seen(self.new_number(), "", template=body["template_id"], body=body)
        quota = {"dailyQuota": "500", "remainingQuota": "499"}
        return self._deliver(person, seen) | {"sent_time": str(int(self.now() * 1000)), "quota": quota}

    def promote(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A promotion, which the night holds up."""
        if rules.is_night(self.now()):
            raise Refusal(-234, "not at night")
        return self._deliver(self._recipient(body["recipient"]["user_id"]), Seen(self.new_number(), "", body=body))

    def detail(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Who somebody is."""
        person = self._recipient(asked["user_id"])
        person.profile_asked += 1
        return {"user_id": person.user, "display_name": person.name, "user_is_follower": person.follower}

    def account(self) -> dict[str, Any]:
        return {"oa_id": self.oa_id, "name": "Công đoàn tỉnh Q", "is_verified": True, "package_name": "Advanced"}

    def upload(self, kind: str, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file for seven days."""
        if not name.lower().endswith(rules.KINDS[kind]) or len(content) > rules.LARGEST[kind]:
            raise Refusal(-201, "file is invalid")
        made = f"asset-{next(self._assets)}"
        self._uploaded[made] = self.now() + rules.ASSET_LIVES
        return {self.switches.upload_answers if kind == "file" else "attachment_id": made}

    def _takes(self, form: Mapping[str, str]) -> bool:
        until, challenge = self.tokens.codes.get(form.get("code", ""), (0.0, ""))
        return until > self.now() and challenge in ("", _challenge(form.get("code_verifier", "")))

    def _pair(self) -> dict[str, Any]:
        number = next(self._pairs)
        if self.switches.old_token == "dies":
            self.tokens.access.clear()
        access, refresh = f"AT-{number}-{'a' * 90}", f"RT-{number}-{'r' * 90}"
        self.tokens.access[access] = self.now() + LIFE
        self.tokens.refresh.add(refresh)
        self.granted += 1
        pair: dict[str, Any] = {"access_token": access, "refresh_token": refresh}
        match self.switches.expires_as:
            case "text":
                pair["expires_in"] = str(int(LIFE))
            case "number":
                pair["expires_in"] = int(LIFE)
        return pair

    def _ungranted(self, code: int, name: str) -> dict[str, Any]:
        told = {"error_name": name, "error_reason": "…", "error_description": "…"}
        return told if self.switches.oauth_error_without_code else {"error": code, **told}

    def _recipient(self, user: Any) -> FakePerson:
        if not isinstance(user, str) or user not in self._people:
            raise Refusal(-201, "user_id is invalid")
        person = self._people[user]
        if person.blocked:
            raise Refusal(-217, "user blocked")
        if self.switches.follow_needed and not person.follower:
            raise Refusal(-213, "user has not followed")
        return person

    def _charge(self, person: FakePerson) -> dict[str, Any] | None:
        """Whom may be written to, and who pays: free for 48 hours, paid up to seven days."""
        if person.interacted is None:
            raise Refusal(-232, "no interaction")
        silence = self.now() - person.interacted
        if silence > rules.OPEN_FOR:
            raise Refusal(-230, "no interaction in 7 days")
        cap = self.switches.free_cap
        if silence <= rules.FREE_FOR and (cap is None or person.free_used < cap):
            person.free_used += 1
            ends = rules.day_of(person.interacted + rules.FREE_FOR)
            left = {} if cap is None else self._quota("reply", cap - person.free_used, cap, ends)
            return left or None
        if self.paid_left <= 0:
            raise Refusal(-211, "out of quota")
        self.paid_left -= 1
        return self._quota("sub_quota", self.paid_left, self.paid_left, rules.day_of(self.now() + 30 * 86400))

    def _quota(self, kind: str, left: int, total: int, ends: str) -> dict[str, Any]:
        numbers = {"remain": str(left), "total": str(total), "expired_date": ends}
        return {"quota_type": kind, **numbers, "owner_type": "OA", "owner_id": self.oa_id}

    def _check_assets(self, message: Mapping[str, Any]) -> None:
        payload = message.get("attachment", {}).get("payload", {})
        named = [payload.get("token"), *(element.get("attachment_id") for element in payload.get("elements", ()))]
        if any(self._uploaded.get(asset, 0.0) <= self.now() for asset in named if asset):
            raise Refusal(-100, "attachment expired")

    def _deliver(self, person: FakePerson, seen: Seen) -> dict[str, Any]:
        person.sees.append(seen)
        if self.switches.echo != "off":
            self.emit(self.echo(person, "text", {"text": seen.text, "msg_id": seen.number}))
        self._touch()
        return {"message_id": seen.number, "user_id": person.user}


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
