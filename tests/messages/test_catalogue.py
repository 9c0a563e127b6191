"""The catalogue: loading, strictness, labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from messages.catalogue import Catalogue
from messages.errors import BadWords, MessagesError, MissingValue, UnknownKey
from messages.types import Medium

VOCABULARY = "[command.start]\nslash = ['/start']\n[choice.yes]\nwords = ['co']\n[collision]\ndung = ['yes']\n"


def made(folder: Path, **files: str) -> Catalogue:
    (folder / "vocabulary.toml").write_text(VOCABULARY, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return Catalogue.load(folder)


def test_a_key_is_the_file_and_the_path_inside_it(tmp_path: Path) -> None:
    catalogue = made(tmp_path, flow="step = 'Một'\n[deep]\nstep = 'Hai'\n")
    assert catalogue.keys() == {"flow.step", "flow.deep.step"}
    assert catalogue.text("flow.deep.step", {}) == "Hai"
    assert "flow.step" in catalogue
    assert "flow" not in catalogue


def test_a_text_is_trimmed_and_its_values_are_shown_literally(tmp_path: Path) -> None:
    catalogue = made(tmp_path, flow='step = """\n\n  Chào {{ name }}\n\n"""')
    assert catalogue.text("flow.step", {"name": '<b>&" {{ x }}'}) == 'Chào <b>&" {{ x }}'


def test_an_unknown_key_and_a_missing_value_are_told_by_name(tmp_path: Path) -> None:
    catalogue = made(tmp_path, flow="step = 'Chào {{ name }}'")
    with pytest.raises(UnknownKey, match=r"flow\.other"):
        catalogue.text("flow.other", {})
    with pytest.raises(UnknownKey):
        catalogue.variables("flow.other")
    with pytest.raises(MissingValue, match=r"flow\.step.*name"):
        catalogue.text("flow.step", {"nam": "An"})
    assert issubclass(MissingValue, MessagesError)


def test_a_text_tells_which_values_it_needs(tmp_path: Path) -> None:
    catalogue = made(tmp_path, flow="step = '{% for a, b in rows %}{{ a }}{{ b }}{{ unit }}{% endfor %}'")
    assert catalogue.variables("flow.step") == {"rows", "unit"}


@pytest.mark.parametrize("text", ["step = '{{ name'", "step = '{{ name | no_such_filter }}'", "step = 3", "step = "])
def test_a_file_that_cannot_be_used_names_what_is_wrong(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadWords, match="flow"):
        made(tmp_path, flow=text).text("flow.step", {"name": "An"})
    with pytest.raises(BadWords, match="flow"):
        made(tmp_path, flow=text).compile()


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadWords):
        Catalogue.load(tmp_path)


def test_a_value_of_a_closed_set_is_named_and_other_words_stay(tmp_path: Path) -> None:
    catalogue = made(tmp_path, label="[state]\nsent = 'Đã gửi'\n", flow="step = '{{ state | named(\"state\") }}'")
    assert catalogue.text("flow.step", {"state": "sent"}) == "Đã gửi"
    assert catalogue.text("flow.step", {"state": "Được công nhận"}) == "Được công nhận"


def test_every_medium_has_a_name() -> None:
    catalogue = Catalogue.load()
    assert all(catalogue.label(f"medium.{medium.value}") for medium in Medium)
