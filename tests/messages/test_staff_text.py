"""What staff may write: three variables, two filters, and nothing else of a template."""

from __future__ import annotations

import pytest

from messages import staff_text
from messages.errors import BadWords
from messages.staff_text import LIMIT, LONGEST_VALUE, MOST_VARIABLES, Fault
from messages.types import LIMITS

VALUES = {"ten": "An", "don_vi": "Công đoàn Trường THPT Đồi Sim", "to_chuc": "Công đoàn ngành Giáo dục tỉnh"}

FORBIDDEN = (
    "{{ phone }}",
    "{{ ten.__class__ }}",
    "{{ ten['x'] }}",
    "{{ ten() }}",
    "{{ 'A' * 200000000 }}",
    "{{ 1 + 1 }}",
    "{{ ten ~ don_vi }}",
    "{{ ten | attr('x') }}",
    "{{ ten | upper(1) }}",
    "{{ ten | center(9999999) }}",
    "{{ ten if ten else don_vi }}",
    "{{ ten is defined }}",
    "{{ 'chữ' }}",
    "{{ [ten] }}",
    "{{ {} }}",
    "{{ not ten }}",
    "{% for i in range(10) %}x{% endfor %}",
    "{% if ten %}x{% endif %}",
    "{% set ten = 1 %}",
    "{% include 'x' %}",
    "{% extends 'x' %}",
    "{% import 'x' as y %}",
    "{% macro m() %}{% endmacro %}",
    "{% raw %}x{% endraw %}{{ self }}",
    "{% filter upper %}x{% endfilter %}",
    "{% call ten() %}{% endcall %}",
    "{% block b %}x{% endblock %}",
    "{% with a = 1 %}{% endwith %}",
    "{{ loop }}",
    "{{ cycler }}",
    "{{ lipsum() }}",
    "{{ namespace() }}",
)


@pytest.mark.parametrize("text", FORBIDDEN)
def test_nothing_of_a_template_but_a_known_name_is_taken(text: str) -> None:
    assert staff_text.fault(f"Kính mời {text} tham dự") is Fault.FORBIDDEN
    with pytest.raises(BadWords):
        staff_text.fill(text, VALUES)


@pytest.mark.parametrize("text", ["{{ ten", "{% if", "{{ }}", "{% không %}", "{{ ten }} {#"])
def test_braces_that_do_not_fit_are_told(text: str) -> None:
    assert staff_text.fault(text) is Fault.BROKEN


def test_names_are_filled_in() -> None:
    text = "Chào anh/chị {{ ten }}, {{ don_vi | upper }} và {{to_chuc}} kính mời."
    assert staff_text.fault(text) is None
    assert staff_text.fill(text, VALUES) == (
        "Chào anh/chị An, CÔNG ĐOÀN TRƯỜNG THPT ĐỒI SIM và Công đoàn ngành Giáo dục tỉnh kính mời."
    )


def test_an_unknown_name_leaves_no_gap() -> None:
    assert staff_text.fill("Chào anh/chị {{ ten }}, mời  dự.", {**VALUES, "ten": ""}) == "Chào anh/chị, mời dự."


def test_what_looks_like_a_variable_inside_a_value_stays_as_it_is() -> None:
    assert staff_text.fill("{{ ten }}", {**VALUES, "ten": "{{ don_vi }}<b>&"}) == "{{ don_vi }}<b>&"


def test_a_text_is_counted_as_the_platforms_count() -> None:
    assert staff_text.fault("ế" * LIMIT) is None
    assert staff_text.fault("ế" * (LIMIT + 1)) is Fault.TOO_LONG
    assert staff_text.fault("🎉" * (LIMIT // 2 + 1)) is Fault.TOO_LONG
    assert staff_text.fault(" \n ") is Fault.EMPTY
    assert staff_text.fault("{{ ten }}" * (MOST_VARIABLES + 1)) is Fault.TOO_MANY


def test_the_longest_text_fits_the_narrowest_channel() -> None:
    text = "{{ don_vi }}" * MOST_VARIABLES
    text += "x" * (LIMIT - len(text))
    filled = staff_text.fill(text, {**VALUES, "don_vi": "Đ" * (LONGEST_VALUE * 3)})
    assert len(filled) <= min(limits.text for limits in LIMITS.values())
