"""The language files: complete in shape, readable, and what is missing is told."""

from pathlib import Path

import pytest

from streams.errors import DefinitionError, UsageError
from streams.languages import LANGUAGES, load_languages, missing_parts
from streams.languages.language import CUE_KINDS, Language
from streams.languages.loading import read_language


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_can_tell_statuses_and_titles(code: str) -> None:
    language = load_languages([code])[code]
    assert language.code == code
    assert set(language.cues) | {"neutral", "anniversary"} == set(CUE_KINDS)
    assert {title.kind for title in language.titles} >= {
        "leader",
        "plural",
        "minister",
        "deputy",
        "envoy",
        "former",
        "body",
    }


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_title_makes_two_things_of_its_bearer(code: str) -> None:
    kinds: dict[str, set[str]] = {}
    for title in load_languages([code])[code].titles:
        kinds.setdefault(title.form.lower(), set()).add(title.kind)
    assert {form: found for form, found in kinds.items() if len(found) > 1} == {}


@pytest.mark.parametrize("code", LANGUAGES)
def test_months_are_twelve(code: str) -> None:
    assert len(load_languages([code])[code].months) == 12


def test_what_a_language_lacks_is_listed() -> None:
    bare = Language(code="tlh", name="tlhIngan Hol", script="latin")
    assert {"titles", "cues.negation", "markers.former", "clauses.subordinator"} <= set(missing_parts(bare))
    assert "cues.negation" not in missing_parts(load_languages(["de"])["de"])


def test_an_operators_language_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "languages").mkdir()
    own = tmp_path / "languages" / "no.yaml"
    own.write_text("code: no\nname: norsk\nscript: latin\ncues: {negation: [ikke]}\n", encoding="utf-8")
    language = load_languages(["no"], tmp_path)["no"]
    assert (language.code, language.cues["negation"]) == ("no", ("ikke",))


def test_an_unknown_language_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'xx' is unknown; known are ar, de"):
        load_languages(["xx"])


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "xx.yaml"
    file.write_text(
        "code: xx\nscript: latin\ntitles:\n  boss: [chief]\ncues:\n  mood: [well]\nadpositions: [to]\nsmell: sweet\n",
        encoding="utf-8",
    )
    with pytest.raises(DefinitionError) as caught:
        read_language(file)
    assert sorted(problem.line for problem in caught.value.problems) == [0, 4, 6, 7, 8]
