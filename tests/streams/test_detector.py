"""What holds for any input: exact offsets, no exception, purity, bounded time; and what the detector explains."""

import time
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from streams.detector import Detector
from streams.errors import DefinitionError, UsageError
from streams.languages import LANGUAGES
from streams.messages import Annotated, Article, Span, encode

DAY = datetime(2023, 9, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=LANGUAGES)


def spans(annotated: Annotated) -> list[Span]:
    found: list[Span] = list(annotated.mentions)
    for event in annotated.events:
        found += [event.trigger, event.evidence]
    return found


def assert_exact(annotated: Annotated) -> None:
    for span in spans(annotated):
        assert getattr(annotated, span.field)[span.start : span.end] == span.text


@pytest.mark.parametrize(
    "text",
    [
        "Ma\u00adcron trifft den ukra\u00adinischen Präsidenten Selenskyj.",
        "Macron trifft den Pra\u0308sidenten Selenskyj in Großbritannien.",
        "\u200fالتقى السيسي\u200e أردوغان في القاهرة",
        "MACRON TRIFFT SCHOLZ IN MESEBERG",
    ],
)
def test_marks_inside_words_do_not_move_offsets(detector: Detector, text: str) -> None:
    annotated = detector.detect(Article(text=text, published=DAY))
    assert annotated.mentions
    assert_exact(annotated)


@pytest.mark.parametrize(
    "piece",
    [
        "Macron trifft Scholz. ",
        "Macron trifft Scholz und ",
        "a",
        "Putin",
        "Putin meets Xi Jinping, US sends tanks to Ukraine; ",
        "习近平会见普京",
        "푸틴은 ",
        "é🎉\u0301",
        '"(',
        "\n",
        '<div class="x"><p>&nbsp;<b>',
    ],
)
def test_a_megabyte_takes_less_than_two_seconds(detector: Detector, piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    detector.detect(Article(text=text, published=DAY))
    assert time.process_time() - start < 4.0  # 2 s on an idle machine, with room for a busy one


def test_a_megabyte_of_names_and_triggers_takes_little_memory(detector: Detector) -> None:
    text = "Putin meets Xi Jinping, Macron sends tanks to Ukraine; " * 18_200
    tracemalloc.start()
    detector.detect(Article(text=text, published=DAY))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 60_000_000  # with the tables of all languages a process stays below 300 MB


def test_an_article_without_an_id_gets_one_from_its_content(detector: Detector) -> None:
    first = detector.detect(Article(title="Macron trifft Scholz"))
    again = detector.detect(Article(title="Macron trifft Scholz"))
    other = detector.detect(Article(title="Macron trifft Meloni"))
    assert first.id == again.id != other.id
    assert first.id.startswith("ar_")


def test_the_same_article_gives_the_same_bytes(detector: Detector) -> None:
    article = Article(
        id="1", title="Macron trifft Scholz", text="Deutschland liefert der Ukraine Panzer.", published=DAY
    )
    assert encode(detector.detect(article)) == encode(detector.detect(article))


def test_offices_are_those_of_the_articles_day(detector: Detector) -> None:
    def office(day: datetime) -> str | None:
        article = Article(text="Angela Merkel sprach in Berlin.", language="de", published=day)
        return detector.detect(article).mentions[0].office

    assert office(datetime(2015, 5, 1, tzinfo=UTC)) == "head_of_government"
    assert office(datetime(2023, 5, 1, tzinfo=UTC)) is None


def test_today_stands_in_for_a_missing_date(detector: Detector) -> None:
    article = Article(text="Angela Merkel sprach in Berlin.", language="de")
    assert detector.detect(article, today=date(2015, 5, 1)).mentions[0].office == "head_of_government"
    assert detector.detect(article, today=date(2023, 5, 1)).mentions[0].office is None


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("Der Bundeskanzler reist am Montag nach Paris und trifft dort den Präsidenten.", None, "de"),
        ("The prime minister travels to Paris on Monday and meets the president there.", "de", "en"),
        ("Le président se rend lundi à Berlin pour rencontrer la chancelière allemande.", None, "fr"),
        ("El presidente viaja el lunes a Berlín para reunirse con la canciller alemana.", None, "es"),
        ("Президент в понедельник отправился в Берлин, чтобы встретиться с канцлером.", None, "ru"),
        ("Президент у понеділок вирушив до Берліна, щоб зустрітися з канцлером Німеччини.", "ru", "uk"),
        ("中国国家主席习近平星期一在北京会见德国总理。", None, "zh"),
        ("التقى الرئيس المصري نظيره التركي في القاهرة يوم الاثنين", "en", "ar"),
        ("대통령은 월요일 베를린에서 독일 총리를 만났다.", None, "ko"),
        ("Treffen", "de", "de"),
    ],
)
def test_the_language_is_told(detector: Detector, text: str, declared: str | None, language: str) -> None:
    assert detector.detect(Article(text=text, language=declared)).language == language


def test_what_is_no_supported_language_keeps_its_own(detector: Detector) -> None:
    annotated = detector.detect(Article(text="日本の首相は月曜日に東京でドイツの首相と会談した。", language="ja"))
    assert (annotated.language, annotated.events) == ("ja", ())


def test_a_refused_candidate_says_why(detector: Detector) -> None:
    article = Article(text="Macron traf Scholz nicht, er telefonierte mit Meloni.", language="de", published=DAY)
    explained = detector.explain(article)
    assert all(item.reason for item in explained)
    phoned = Article(text="Macron und Meloni berieten am Telefon.", language="de", published=DAY)
    assert any("no meeting" in item.reason for item in detector.explain(phoned) if item.event is None)


def test_an_event_is_explained_by_its_pattern_and_cues(detector: Detector) -> None:
    article = Article(text="Macron will Scholz in Berlin treffen.", language="de", published=DAY)
    first = detector.explain(article)[0]
    assert first.event is not None
    assert first.pattern.startswith("leader_meeting.de.")
    assert [cue.text for cue in first.cues] == ["will"]
    assert first.status == "planned"


def test_an_unknown_language_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="tlh"):
        Detector(languages=("tlh",))


OWN_TYPE = """
type: summit_boycott
label: Boycott
roles:
  country: {fill: [country], least: 1, links: [subject]}
triggers:
  en:
    boycott: {present: [boycotts, boycott], past: [boycotted]}
examples:
  hit: {en: ["Hungary boycotted the meeting."]}
  miss: {en: ["Shoppers boycotted the store."]}
"""


def test_an_operators_own_type_is_found_without_code(tmp_path: Path) -> None:
    (tmp_path / "event_types").mkdir()
    (tmp_path / "event_types" / "summit_boycott.yaml").write_text(OWN_TYPE, encoding="utf-8")
    detector = Detector(languages=("en",), definitions=tmp_path)
    events = detector.detect(Article(text="Hungary boycotted the meeting.", language="en", published=DAY)).events
    assert [(event.type, event.roles["country"][0].country) for event in events] == [("summit_boycott", "HU")]
    assert not detector.detect(Article(text="Shoppers boycotted the store.", language="en")).events


def test_mistakes_in_own_types_are_told_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "event_types").mkdir()
    for name in ("one", "two"):
        broken = OWN_TYPE.replace("subject", "topic").replace("past:", "yesterday:")
        (tmp_path / "event_types" / f"{name}.yaml").write_text(broken, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        Detector(languages=("en",), definitions=tmp_path)
    assert len(caught.value.problems) == 4
    assert {problem.line for problem in caught.value.problems} == {5, 8}
