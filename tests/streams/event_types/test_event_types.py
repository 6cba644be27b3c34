"""The examples of every event type are its tests; and what a file with mistakes says."""

from pathlib import Path

import pytest

from streams.detector import Detector
from streams.errors import DefinitionError
from streams.event_types import load_event_types
from streams.event_types.definition import EventType, Example
from streams.event_types.loading import read_event_type
from streams.examples import judged
from streams.languages import LANGUAGES

TYPES = load_event_types()
EXAMPLES = [(event_type, example) for event_type in TYPES for example in event_type.examples]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=LANGUAGES)


@pytest.mark.parametrize(("event_type", "example"), EXAMPLES, ids=lambda item: getattr(item, "text", None))
def test_example(detector: Detector, event_type: EventType, example: Example) -> None:
    verdict = judged(detector.detect, event_type.name, example)
    assert verdict.right, verdict.found


@pytest.mark.parametrize("event_type", TYPES, ids=lambda item: item.name)
def test_every_type_has_hits_and_misses_in_every_language(event_type: EventType) -> None:
    for hit in (True, False):
        assert {example.language for example in event_type.examples if example.hit == hit} == set(LANGUAGES)


@pytest.mark.parametrize("event_type", TYPES, ids=lambda item: item.name)
def test_every_type_has_triggers_in_every_language(event_type: EventType) -> None:
    assert set(event_type.triggers) == set(LANGUAGES)


BROKEN = """type: thing
color: blue
engine: motor
roles:
  who: {least: two}
triggers:
  en:
    go: {frame: jump}
"""


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "thing.yaml"
    file.write_text(BROKEN, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_event_type(file)
    told = {(problem.line, problem.message.split(" is ")[0].split(" has ")[0]) for problem in caught.value.problems}
    assert {line for line, _ in told} == {0, 2, 3, 5, 8}


def test_what_is_no_yaml_is_told(tmp_path: Path) -> None:
    file = tmp_path / "thing.yaml"
    file.write_text("type: [open", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"thing\.yaml"):
        read_event_type(file)


SOUND = """type: thing
evidence:
  harm: {en: [hurt]}
roles:
  who: {fill: [country]}
triggers:
  en:
    go: {strength: weak, wants: [harm+state], noun: [going]}
examples:
  hit: {en: [Norway saw a going that hurt]}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line", "told"),
    [
        ("wants: [harm+state]", "wants: [harm+stat]", 8, "'stat' is no evidence"),
        ("harm: {en:", "harm: {xx:", 3, "'xx' is no language"),
        ("  en:\n    go", "  xx:\n    go", 7, "'xx' is no language"),
        ("hit: {en:", "hit: {xx:", 10, "'xx' is no language"),
        ("fill: [country]", "fill: [county]", 5, "'county' is unknown"),
        ("harm: {", "state: {", 3, "it has a meaning already"),
        ("roles:", "engine: transfer\nroles:", 6, "'who' is no role of the engine transfer"),
        ("noun: [going]", "noun: [goes … off]", 8, "put its second part under needs"),
        ("noun: [going]", "noun: [going], tone: loud", 8, "'tone' is no part of a trigger"),
        ("type: thing", "type: thing\nwarned: feared", 2, "'feared' is unknown"),
        ("type: thing", "type: thing\noccasion: [loss]", 2, "'loss' is no evidence"),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, right: str, wrong: str, line: int, told: str) -> None:
    file = tmp_path / "thing.yaml"
    file.write_text(SOUND, encoding="utf-8")
    assert read_event_type(file).triggers["en"][0].wants == (("harm", "state"),)
    file.write_text(SOUND.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_event_type(file)
    assert any(problem.line == line and told in problem.message for problem in caught.value.problems)
