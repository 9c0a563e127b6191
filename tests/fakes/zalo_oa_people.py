"""The people on the other side of the fake Official Account: what they do becomes events; they see what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.zalo_oa_world import World

DAY = 24 * 3600.0


@dataclass
class Seen:
    """A message of the account as it stands in a chat."""

    number: str
    text: str
    buttons: Sequence[Mapping[str, Any]] = ()
    form: Mapping[str, Any] | None = None
    """The form that asks for one's own name and number."""
    template: str = ""
    """The number of an approved template, where it is one."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The whole call that sent it."""

    @property
    def labels(self) -> list[str]:
        return [button["title"] for button in self.buttons]


class FakePerson:
    """Somebody with Zalo."""

    def __init__(self, fake: World, user: str, *, name: str, phone: str) -> None:
        self._fake = fake
        self.user = user
        self.name = name
        self.phone = phone
        self.follower = False
        self.blocked = False
        self.sees: list[Seen] = []
        self.interacted: float | None = None
        """When they last did what opens the window, by the fake's clock."""
        self.free_used = 0
        self.profile_asked = 0

    def says(self, text: str, **details: Any) -> str:
        """Write. The message's id, like all the others."""
        return self._speaks("text", {"text": text, **details})

    def sends(self, kind: str, payload: Mapping[str, Any] | None = None, *, text: str = "") -> str:
        """Send a picture, a file and so on: `image`, `gif`, `link`, `audio`, `video`, `sticker`, `location`, `file`."""
        shown = dict(payload or {"url": f"https://photo.invalid/{kind}"})
        return self._speaks(
            kind, {"attachments": [{"type": kind, "payload": shown}]} | ({"text": text} if text else {})
        )

    def sends_file(self, content: bytes, name: str = "", *, text: str = "") -> str:
        """Send a file that can be fetched for a while; without a name it is a picture."""
        place = f"f{len(self._fake.files) + 1}"
        self._fake.files[place] = content
        shown = {"url": f"{self._fake.url}/files/{place}"}
        about = {"checksum": "0", "size": str(len(content)), "name": name} if name else {}
        return self.sends("file" if name else "image", shown | about, text=text)

    def presses(self, wanted: str) -> str:
        """Press the newest button with this label: its payload comes back as if it had been written."""
        for seen in reversed(self.sees):
            for button in seen.buttons:
                if button["title"] == wanted:
                    return self.says(button["payload"])
        raise LookupError(f"no button {wanted!r} among {[seen.labels for seen in self.sees]}")

    def submits(self, *, name: str = "", phone: str = "") -> None:
        """Fill in the form the account has shown."""
        if not any(seen.form for seen in self.sees):
            raise LookupError("no form was shown")
        self._fake.emit(self._fake.submitted(self, name or self.name, phone or self.phone))

    def follows(self) -> None:
        self.follower, self.blocked = True, False
        self._interacts()
        self._fake.emit(self._about("follow", follower={"id": self.user}, source="oa_profile"))

    def unfollows(self) -> None:
        self.follower = False
        self._fake.emit(self._about("unfollow", follower={"id": self.user}, source="oa_profile"))

    def opens_chat(self) -> None:
        self._fake.emit({"event_name": "user_click_chatnow", "user_id": self.user})

    def reads(self) -> None:
        """Receive and see everything that was sent so far."""
        numbers = [seen.number for seen in self.sees]
        for number in numbers:
            self._fake.emit(self._mine("user_received_message", {"msg_id": number}))
        self._fake.emit(self._mine("user_seen_message", {"msg_ids": numbers}))

    def is_answered_by_hand(self, text: str, *, admin: str = "55501") -> None:
        """One of the office writes in Zalo's own chat tool."""
        number = self._fake.new_number()
        self.sees.append(Seen(number, text))
        event = self._fake.echo(self, "text", {"text": text, "msg_id": number})
        event["sender"]["admin_id"] = admin
        self._fake.emit(event)

    def _speaks(self, kind: str, message: dict[str, Any]) -> str:
        self._interacts()
        number = self._fake.new_number()
        self._fake.emit(self._mine(f"user_send_{kind}", {"msg_id": number, **message}))
        return number

    def _interacts(self) -> None:
        self.interacted, self.free_used = self._fake.now(), 0

    def _mine(self, name: str, message: dict[str, Any]) -> dict[str, Any]:
        parties = {"sender": {"id": self.user}, "recipient": {"id": self._fake.oa_id}}
        return self._about(name, **parties, message=message)

    def _about(self, name: str, **content: Any) -> dict[str, Any]:
        return {"event_name": name, "user_id_by_app": f"55{self.user[2:]}", **content}
