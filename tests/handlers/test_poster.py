"""A unit's poster: its links, its words, and everything inside the page, however long the name."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import segno
from playwright.async_api import Browser

from handlers.errors import Refusal
from handlers.papers import poster
from handlers.papers.poster import Poster
from handlers.units import posters
from messages.catalogue import Catalogue
from storage import units
from storage.database import Transaction
from storage.units import UnitRow
from tests.browser import window

WORDS = Catalogue.load()
SVG = "{http://www.w3.org/2000/svg}"
TELEGRAM = "https://t.me/cong_doan_bot?start=u_GD51-01"
WEB = "https://bot.example.org/chat?u=GD51-01"
LONGEST = "Công đoàn Công ty Trách nhiệm hữu hạn Một thành viên Chế biến & Xuất khẩu <Thủy sản> Đông lạnh Buồm Trắng"
NAMES = ["Công đoàn Trường THPT Đồi Sim", LONGEST, "A" * 200]


def made(unit: str = NAMES[0], *, telegram: str | None = TELEGRAM, on_zalo: bool = True) -> Poster:
    return Poster("Công đoàn ngành Giáo dục tỉnh", "Trợ lý Công đoàn", unit, "GD51-01", telegram, WEB, on_zalo)


def drawn(poster_: Poster) -> ElementTree.Element:
    return ElementTree.fromstring(poster.svg(poster_, WORDS))


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def modules(path: ElementTree.Element) -> set[tuple[int, int]]:
    """The dark modules that a QR path draws."""
    runs = re.findall(r"M(\d+) (\d+)\.5h(\d+)", path.attrib["d"])
    return {(int(x) + step, int(y)) for x, y, length in runs for step in range(int(length))}


def dark(link: str) -> set[tuple[int, int]]:
    rows = segno.make(link, micro=False, error="m").matrix
    return {(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module}


def test_each_code_leads_where_its_caption_says() -> None:
    root = drawn(made())
    codes = [path for path in root.iter(f"{SVG}path") if path.get("class") == "qr"]
    assert [modules(code) for code in codes] == [dark(TELEGRAM), dark(WEB)]
    assert {TELEGRAM, WEB, "Telegram", "Trình duyệt, không cần cài đặt"} <= set(texts(root))


def test_one_link_makes_one_large_code() -> None:
    root = drawn(made(telegram=None))
    assert [modules(path) for path in root.iter(f"{SVG}path")] == [dark(WEB)]
    assert "Quét mã để trò chuyện" in texts(root)


def test_three_steps_the_name_and_the_code_stand_on_it() -> None:
    told = texts(drawn(made()))
    assert {"1", "2", "3", "Mã đơn vị: GD51-01"} <= set(told)
    assert NAMES[0] in " ".join(told)
    assert any("Zalo" in line for line in told)
    assert not any("Zalo" in line for line in texts(drawn(made(on_zalo=False))))


def test_a_long_name_is_wrapped_whole_and_literally() -> None:
    told = texts(drawn(made(LONGEST)))
    assert LONGEST in " ".join(told)
    assert LONGEST not in told


def test_lines_are_as_even_as_they_can_be() -> None:
    block = poster.fit("Công đoàn Trường THPT Đồi Sim", width=178, largest=13, smallest=6, most=3)
    assert block.lines == ("Công đoàn Trường", "THPT Đồi Sim")


@pytest.mark.parametrize("name", NAMES)
async def test_in_a_browser_nothing_leaves_the_page_and_it_prints_on_one_sheet(browser: Browser, name: str) -> None:
    opened = await (await window(browser, viewport={"width": 794, "height": 1123})).new_page()
    await opened.set_content(poster.page(made(name), WORDS).decode())
    edges = "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])"
    boxes = await opened.eval_on_selector_all("text, .qr, circle", edges)
    assert all(left >= 0 and top >= 0 and right <= 794 and bottom <= 1123 for left, top, right, bottom in boxes)
    codes = await opened.eval_on_selector_all(".qr", "all => all.map(e => e.getBoundingClientRect().bottom)")
    step = await opened.eval_on_selector("circle", "e => e.getBoundingClientRect().top")
    assert max(codes) < step
    pdf = await opened.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1


@pytest.fixture
def school(db: Transaction) -> Transaction:
    units.add_level(db, code="base", name="Cơ sở", rank=0)
    row = UnitRow("GD51-01", "Công đoàn Trường THPT Đồi Sim", "", "base", "Cơ sở")
    units.write(db, created=[row], changed=())
    return db


def test_the_links_of_a_unit_fill_in_the_unit(school: Transaction) -> None:
    found = posters.of_unit(
        school,
        "gd51-01",
        organisation="",
        bot_name="",
        telegram_name="cong_doan_bot",
        public_url="https://bot.example.org/",
    )
    assert (found.telegram_link, found.web_link, found.unit) == (TELEGRAM, WEB, NAMES[0])


def test_a_poster_needs_a_unit_and_somewhere_to_lead(school: Transaction) -> None:
    with pytest.raises(Refusal, match="no_link"):
        posters.of_unit(school, "GD51-01", organisation="", bot_name="")
    with pytest.raises(Refusal, match="no_unit"):
        posters.of_unit(school, "GD99", organisation="", bot_name="", public_url="https://bot.example.org")
