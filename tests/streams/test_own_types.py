"""An operator's own event type: evidence, roles by grammar, status and merging, in several languages without code."""

from pathlib import Path

import pytest

from streams.detector import Detector
from streams.messages import Article, Event

STRIKE_AT_SEA = """# Ships that are seized by a state.
type: ship_seizure
label: Ship seized
roles:
  captor: {fill: [country, group], links: [subject, by]}
  owner: {fill: [country], links: [object, of]}
  place: {fill: [country, place], links: [in, at, near]}
evidence:
  vessel:
    window: clause
    en: [tanker, tankers, ship, vessel]
    de: [Tanker, Schiff, Schiffe, Frachter]
    zh: [油轮, 货船]
    ko: [유조선, 선박]
    ar: [ناقلة, سفينة]
    ru: [танкер~, судно, суда]
triggers:
  en:
    seize: {strength: weak, present: [seizes, seize], past: [seized], participle: [seizing]}
    seizure: {strength: weak, wants: [vessel], noun: [seizure]}
  de:
    seize: {strength: weak, present: [beschlagnahmt, beschlagnahmen], participle: [beschlagnahmt]}
  zh:
    seize: {strength: weak, past: [扣押]}
  ko:
    seize: {strength: weak, past: [나포]}
  ar:
    seize: {strength: weak, past: [احتجز, احتجزت], present: [تحتجز]}
  ru:
    seize: {strength: weak, past: [захватил, захватила, захватили], participle: [захвачен, захвачено]}
filters:
  drugs: {window: sentence, strength: veto, en: [cocaine, drugs], de: [Kokain]}
examples:
  hit: {en: [Iran seizes a Greek tanker]}
  miss: {en: [Iran seizes the moment]}
"""


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    folder = tmp_path_factory.mktemp("definitions")
    (folder / "event_types").mkdir()
    (folder / "event_types" / "ship_seizure.yaml").write_text(STRIKE_AT_SEA, encoding="utf-8")
    return Detector(languages=("en", "de", "zh", "ko", "ar", "ru"), definitions=folder)


def seizures(detector: Detector, text: str, language: str) -> list[Event]:
    """The seizures that a sentence tells of."""
    events = detector.detect(Article(text=text, language=language)).events
    return [event for event in events if event.type == "ship_seizure"]


@pytest.mark.parametrize(
    ("language", "text", "captor", "owner"),
    [
        ("en", "Iran seized a Greek tanker.", ["IR"], ["GR"]),
        ("en", "A Greek tanker was seized by Iran.", ["IR"], ["GR"]),
        ("de", "Ein griechischer Tanker ist von Iran beschlagnahmt worden.", ["IR"], ["GR"]),
        ("zh", "伊朗扣押希腊油轮。", ["IR"], ["GR"]),
        ("ko", "이란이 그리스 유조선을 나포했다.", ["IR"], ["GR"]),
        ("ar", "احتجزت إيران ناقلة يونانية.", ["IR"], ["GR"]),
        ("ru", "Иран захватил греческий танкер.", ["IR"], ["GR"]),
    ],
)
def test_roles_are_filled_by_grammar(
    detector: Detector, language: str, text: str, captor: list[str], owner: list[str]
) -> None:
    told = seizures(detector, text, language)
    assert [
        ([f.country for f in event.roles["captor"]], [f.country for f in event.roles["owner"]]) for event in told
    ] == [(captor, owner)]


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("Iran seized a Greek tanker.", ["occurred"]),
        ("Iran will seize a Greek tanker.", ["planned"]),
        ("Iran may seize a Greek tanker.", ["possible"]),
        ("Iran did not seize a Greek tanker.", ["denied"]),
        ("Iran denies that it seized a Greek tanker.", ["denied"]),
        ("Ten years ago Iran seized a Greek tanker.", ["background"]),
        ("Iran seized the moment.", []),
        ("Iran seized cocaine on a Greek tanker.", []),
        ("Iran seized a Greek tanker. The seizure of the vessel by Iran was swift.", ["occurred"]),
    ],
)
def test_status_evidence_filters_and_merging_hold_for_own_types(
    detector: Detector, text: str, statuses: list[str]
) -> None:
    assert [event.status for event in seizures(detector, text, "en")] == statuses


def test_an_own_type_of_our_name_takes_its_place(tmp_path: Path) -> None:
    (tmp_path / "event_types").mkdir()
    own = STRIKE_AT_SEA.replace("ship_seizure", "natural_disaster")
    (tmp_path / "event_types" / "natural_disaster.yaml").write_text(own, encoding="utf-8")
    detector = Detector(languages=("en",), definitions=tmp_path)
    told = detector.detect(Article(text="Iran seized a Greek tanker.", language="en")).events
    assert [event.type for event in told] == ["natural_disaster"]
    assert not detector.detect(Article(text="An earthquake killed ten people in Iran.", language="en")).events
