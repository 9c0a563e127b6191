"""The programmes that ship: read strictly, cloned faithfully, published in the right reading."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from messages import programme_files, programmes
from messages.errors import BadTemplate
from messages.programmes import Kind, Limit, Per, Span, Template

ALL = programmes.load_all()
CODES = {template.code: template for template in ALL}
SMALL = """
code = "x"
name = "Chương trình {{ year }}"
kind = "initiative"
level = "base"
source = "Kế hoạch"
[window]
opens = 2021-03-10
closes = 2021-04-20
"""


def read(folder: Path, text: str) -> Template:
    file = folder / "x.toml"
    file.write_text(text, encoding="utf-8")
    return programme_files.read(file)


def days(template: Template) -> list[date]:
    """Every date of a template, in one order."""
    found: list[date] = []

    def look(value: object) -> None:
        if isinstance(value, date):
            found.append(value)
        elif isinstance(value, dict):
            for item in value.values():
                look(item)
        elif isinstance(value, (list, tuple)):
            for item in value:
                look(item)

    look(asdict(template))
    return found


def test_the_programmes_of_all_five_plans_ship() -> None:
    assert len(ALL) >= 11
    assert {template.kind for template in ALL} == set(Kind)
    issuers = ("Quảng Ngãi", "Đắk Lắk", "Lai Châu", "Viên chức Việt Nam", "Trà Vinh")
    assert all(any(issuer in template.source for template in ALL) for issuer in issuers)


def test_the_portal_closed_at_the_end_of_its_last_day() -> None:
    portal = CODES["75-nghin-sang-kien"]
    assert portal.window.bound == date(2021, 4, 21)
    assert portal.peaks == (Span(date(2021, 3, 10), date(2021, 4, 21)),)
    assert portal.text_limit == 1000
    due = {duty.key: duty.bound for duty in portal.duties}
    assert due == {"select": date(2021, 4, 14), "introduce": date(2021, 4, 18), "enter": date(2021, 4, 21)}


def test_the_numbers_of_the_plan_are_kept() -> None:
    quotas = {quota.key: quota for quota in CODES["75-nghin-sang-kien"].quotas}
    assert {key: quota.count for key, quota in quotas.items()} == {
        "target": 75000,
        "select": 1,
        "introduce": 1,
        "award-upper": 20,
        "award-province": 30,
        "forward-national": 4,
    }
    assert quotas["select"].limit is Limit.FLOOR
    assert quotas["select"].per is Per.UNIT
    assert quotas["award-upper"].soft
    assert quotas["award-upper"].on == date(2021, 5, 19)


@pytest.mark.parametrize("code", ["75-nghin-sang-kien", "1-trieu-sang-kien"])
def test_the_plans_initiative_programmes_ask_the_four_questions_that_failed_entries(code: str) -> None:
    questions = CODES[code].questions
    assert [question.key for question in questions] == ["recognised", "applied", "protected", "secret"]
    assert ("yes", "Có") in questions[-1].options


def test_a_programme_may_have_phases() -> None:
    first, second = CODES["1-trieu-sang-kien"].phases
    assert (first.name, first.bound) == ("Giai đoạn 1", second.opens)
    assert second.bound == CODES["1-trieu-sang-kien"].window.bound


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_a_clone_keeps_every_interval(template: Template) -> None:
    opens = date(2027, 11, 3)
    clone = programmes.clone(template, opens)
    shift = opens - template.window.opens
    assert clone.window.opens == opens
    assert days(clone) == [day + shift for day in days(template)]


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_a_clone_to_another_year_keeps_the_days_of_the_calendar(template: Template) -> None:
    clone = programmes.clone_year(template, 2028)
    assert [(day.month, day.day) for day in days(clone)] == [(day.month, day.day) for day in days(template)]


def test_a_leap_day_moves_to_the_first_of_march(tmp_path: Path) -> None:
    text = SMALL.replace("2021-03-10", "2024-02-29").replace("2021-04-20", "2024-02-29")
    assert programmes.clone_year(read(tmp_path, text), 2027).window == Span(date(2027, 3, 1), date(2027, 3, 1))


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
@pytest.mark.parametrize("year", [2021, 2023, 2027])
def test_every_text_of_a_clone_is_final_and_can_be_stored(template: Template, year: int) -> None:
    clone = programmes.clone_year(template, year)
    stored = json.dumps(asdict(clone), default=str, ensure_ascii=False)
    assert "{{" not in stored
    assert clone == programmes.clone_year(clone, year)


@pytest.mark.parametrize(
    ("year", "workers", "birthday", "union"), [(2021, 135, 131, 92), (2023, 137, 133, 94), (2027, 141, 137, 98)]
)
def test_anniversaries_are_counted_from_their_years(year: int, workers: int, birthday: int, union: int) -> None:
    texts = [slogan.text for template in ALL for slogan in programmes.clone_year(template, year).slogans]
    assert f"Chào mừng {workers} năm Ngày Quốc tế Lao động (01/05/1886 – 01/05/{year})!" in texts
    assert f"Kỷ niệm {birthday} năm Ngày sinh Chủ tịch Hồ Chí Minh (19/5/1890 – 19/5/{year})" in texts
    assert f"Chào mừng {union} năm Ngày thành lập Công đoàn Việt Nam (28/7/1929 – 28/7/{year})" in texts


def test_the_right_reading_is_published_and_the_original_kept() -> None:
    slogans = {slogan.text: slogan.original for slogan in CODES["75-nghin-sang-kien"].slogans}
    assert slogans["Chung sức, đồng lòng, thành công sẽ đến"] == "Chung, sức,đồng lòng thành công sẽ đến"
    assert CODES["lang-nghe"].name == "Lắng nghe – Thấu hiểu – Chia sẻ"


def test_tet_is_named_by_its_lunar_year() -> None:
    assert programmes.clone_year(CODES["tet-sum-vay"], 2022).name.endswith("(Tết Nhâm Dần 2022)")
    assert programmes.clone_year(CODES["tet-sum-vay"], 2027).name.endswith("(Tết Đinh Mùi 2027)")


def test_questions_speak_of_the_clones_own_dates() -> None:
    clone = programmes.clone_year(CODES["75-nghin-sang-kien"], 2027)
    assert "01/02/2027 – 31/05/2027" in clone.questions[1].text


def test_answers_are_shown_by_their_labels() -> None:
    stored = json.loads(json.dumps([asdict(question) for question in CODES["75-nghin-sang-kien"].questions]))
    assert programmes.answers_shown(stored, {"recognised": "head", "secret": "no"}) == [
        ("Nơi công nhận", "Thủ trưởng đơn vị"),
        ("Bí mật kinh doanh", "Không"),
    ]
    typed = [{"key": "idea", "label": "Ý tưởng"}]
    assert programmes.answers_shown(typed, {"idea": "Số hóa"}) == [("Ý tưởng", "Số hóa")]


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_answers_and_labels_fit_on_buttons(template: Template) -> None:
    for question in template.questions:
        assert len(question.label) <= 24
        assert all(len(label) <= 24 for _, label in question.options)
        assert re.fullmatch(r"[a-z_]{1,20}", question.key)


def test_no_file_holds_a_phone_an_address_or_a_file_name() -> None:
    for file in programme_files.DIRECTORY.glob("*.toml"):
        assert not re.search(r"\d{9,}|\d{3}\.\d{3}|@|https?:|\.txt|đồng chí", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("level", "colour"), r"x\.toml: .*unknown fields: colour"),
        (('source = "Kế hoạch"', ""), r"x\.toml: .*lacks: source"),
        (('"initiative"', '"game"'), r"x\.toml: .*game"),
        (("closes = 2021-04-20", ""), r"x\.toml: window needs the dates"),
        (("2021-04-20", "2021-03-09"), r"x\.toml: window closes before it opens"),
        (("[window]", "[window"), r"x\.toml"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_name(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    with pytest.raises(BadTemplate, match=told):
        read(tmp_path, SMALL.replace(*change))


@pytest.mark.parametrize(
    "extra",
    [
        '[[duty]]\nkey = "a"\ntitle = "A"\nby = "base"',
        '[[duty]]\nkey = "a"\ntitle = "A"\nby = "base"\nbefore = 2021-04-14\nuntil = 2021-04-13',
        '[[duty]]\nkey = "a"\ntitle = "A"\nby = "base"\nuntil = "13/4"',
        '[[quota]]\nkey = "a"\ntitle = "A"\nby = "base"\ncount = 1\nlimit = "about"\nper = "unit"',
        '[[question]]\nkey = "a"\nlabel = "A"\ntext = "A"\noptions = [["x", "X"]]\nwarned = ["y"]\nwarning = "W"',
        '[[question]]\nkey = "a"\nlabel = "A"\ntext = "A"\noptions = [["x", "X"]]\nwarned = ["x"]',
        '[[question]]\nkey = "a"\nlabel = "A"\ntext = "A"\n[[question]]\nkey = "a"\nlabel = "B"\ntext = "B"',
        "[[peak]]\nopens = 2021-03-10",
    ],
)
def test_a_part_that_makes_no_sense_is_refused(tmp_path: Path, extra: str) -> None:
    with pytest.raises(BadTemplate, match=r"x\.toml"):
        read(tmp_path, SMALL + extra)


def test_before_a_day_and_until_the_day_before_are_one_bound(tmp_path: Path) -> None:
    duty = '[[duty]]\nkey = "{}"\ntitle = "A"\nby = "base"\n{} = {}\n'
    both = duty.format("a", "before", "2021-04-14") + duty.format("b", "until", "2021-04-13")
    first, second = read(tmp_path, SMALL + both).duties
    assert first.bound == second.bound == date(2021, 4, 13) + timedelta(days=1)


def test_two_files_may_not_share_a_code(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(SMALL, encoding="utf-8")
    with pytest.raises(BadTemplate, match="code used twice: x"):
        programme_files.read_all(tmp_path)
