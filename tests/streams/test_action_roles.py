"""Who does it to whom in general events: by order, case, voice, particle and preposition, in every language."""

import pytest

from streams.detector import Detector
from streams.languages import LANGUAGES
from streams.messages import Article


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=LANGUAGES)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Israel bombs Syrian bases near Damascus."),
        ("en", "Syria was bombed by Israel."),
        ("en", "Israeli air strikes on Syria kill four."),
        ("en", "Russia condemns Israeli air strikes on Syria."),
        ("de", "Syrien ist von Israel bombardiert worden."),
        ("de", "Israelische Luftangriffe auf Syrien"),
        ("de", "Israel greift Syrien mit Raketen an."),
        ("fr", "La Syrie a été bombardée par Israël."),
        ("fr", "Frappes israéliennes contre la Syrie"),
        ("es", "Siria fue bombardeada por Israel."),
        ("es", "Bombardeo israelí contra Siria"),
        ("ru", "Сирия была обстреляна Израилем."),
        ("ru", "Сирию обстрелял Израиль."),
        ("ru", "Авиаудар Израиля по Сирии"),
        ("uk", "Сирію обстріляв Ізраїль."),
        ("zh", "以色列对叙利亚发动空袭。"),
        ("zh", "叙利亚遭以色列空袭。"),
        ("ar", "قصفت إسرائيل سوريا."),
        ("ar", "غارات إسرائيلية على سوريا"),
        ("ko", "이스라엘이 시리아를 공습했다."),
        ("ko", "이스라엘, 시리아 공습"),
        ("ko", "시리아가 이스라엘의 공습을 받았다."),
    ],
)
def test_attacker_and_target(detector: Detector, language: str, text: str) -> None:
    events = detector.detect(Article(text=text, language=language)).events
    strikes = [event for event in events if event.type == "military_strike"]
    assert [
        ([filler.country for filler in event.roles["attacker"]], [filler.country for filler in event.roles["target"]])
        for event in strikes
    ] == [(["IL"], ["SY"])]


@pytest.mark.parametrize(
    ("language", "text", "status"),
    [
        ("en", "Israel bombs Syria.", "occurred"),
        ("en", "Israel may bomb Syria.", "possible"),
        ("en", "Israel threatens to bomb Syria.", "possible"),
        ("en", "Israel will bomb Syria.", "planned"),
        ("en", "Israel did not bomb Syria.", "denied"),
        ("en", "Israel didn't bomb Syria.", "denied"),
        ("en", "Aid reached Goma in Congo, where fighting between rebels and the army killed ten.", "background"),
        ("en", "Israel is accused of bombing Syria.", "occurred"),
        ("en", "A court convicted the pilots over the air strike on Syria.", "background"),
        ("en", "Ten years ago Israel bombed Syria.", "background"),
        ("de", "Israel bombardiert Syrien.", "occurred"),
        ("de", "Israel könnte Syrien bombardieren.", "possible"),
        ("de", "Syrien fürchtet Luftangriffe.", "possible"),
        ("de", "Israel wird von Syrien mit Raketen beschossen.", "occurred"),
        ("de", "Prozess um Luftangriff auf Syrien", "background"),
        ("fr", "Israël pourrait bombarder la Syrie.", "possible"),
        ("es", "Israel no bombardeó Siria.", "denied"),
        ("ru", "Израиль угрожает обстрелом Сирии.", "possible"),
        ("zh", "以色列威胁空袭叙利亚。", "possible"),
        ("ko", "이스라엘이 시리아를 공습할 가능성이 있다.", "possible"),
    ],
)
def test_status_of_an_action(detector: Detector, language: str, text: str, status: str) -> None:
    events = detector.detect(Article(text=text, language=language)).events
    assert [event.status for event in events if event.type == "military_strike"] == [status]


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("The EU imposes sanctions on Iran after a missile test.", {"sanctions"}),
        ("A typhoon killed ten in Japan.", {"natural_disaster"}),
        ("Flights were cancelled because of a typhoon, the airline said.", set()),
        ("Twenty died because of a typhoon in Japan.", {"natural_disaster"}),
    ],
)
def test_the_occasion_of_something_else_is_no_news(detector: Detector, text: str, types: set[str]) -> None:
    events = detector.detect(Article(text=text, language="en")).events
    assert {event.type for event in events if event.status in ("occurred", "planned")} == types


def test_several_heads_of_one_event_are_one_event(detector: Detector) -> None:
    text = "An earthquake of magnitude 7 and a tsunami hit Japan. The quake killed twelve people in Japan."
    events = detector.detect(Article(text=text, language="en")).events
    assert [(event.type, event.status) for event in events] == [("natural_disaster", "occurred")]


def test_what_a_head_lacks_is_told(detector: Detector) -> None:
    explained = detector.explain(Article(text="The minister attacks the opposition.", language="en"))
    assert any("nothing shows the event" in item.reason for item in explained if item.event is None)
