"""The demo's data: an invented union tree, who is who in it, and when each programme of the seeds opens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

UNITS = Path(__file__).with_name("units.csv")
"""The union tree of a provincial education union with invented schools."""

PROGRAMMES: tuple[tuple[str, int], ...] = (
    ("75-nghin-sang-kien", 30),
    ("1-trieu-sang-kien", -20),
    ("thang-cong-nhan", 10),
    ("lang-nghe", 5),
    ("chi-thi-05", 3),
    ("thang-cong-nhan-an-toan", -12),
    ("tet-sum-vay", -40),
    ("cong-nhan-tien-phong", -60),
    ("thanh-lap-cong-doan", -90),
    ("cong-doan-vien-chuc", 60),
    ("nghi-quyet-dai-hoi-xiii", 40),
    ("tim-hieu-nghi-quyet-02", -7),
)
"""The templates by code, each with how many days ago it opened when the demo was first started."""

CHATS: Mapping[str, str] = {key: f"demo-{key}" for key in ("member", "officer", "staff")}
"""The browser chat of each of the demo's people; a cookie's chat is hexadecimal: no browser can come upon one."""

RUN_BY = "GD51"
"""The unit that runs the programmes: that of the staff."""

STAFF: tuple[tuple[str, str, str], ...] = (
    ("officer", "GD51-01", "officer"),
    ("staff", "GD51", "staff"),
)
"""Who of the demo's people holds which role for which unit."""

SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
MIDDLE_NAMES = ("Văn", "Thị", "Minh", "Thanh", "Ngọc", "Hồng", "Quang")
GIVEN_NAMES = ("An", "Bình", "Chi", "Dung", "Giang", "Hà", "Hải", "Hòa", "Lan", "Mai", "Nam", "Phúc", "Sơn")


def crowd_name(number: int) -> str:
    """An invented name; 1,001 of them before one comes again."""
    lists = (SURNAMES, MIDDLE_NAMES, GIVEN_NAMES)
    return " ".join(names[number % len(names)] for names in lists)
