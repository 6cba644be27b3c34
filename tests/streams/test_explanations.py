"""What people and programs read when they ask why something is an event or none."""

import json
from datetime import UTC, datetime

import pytest

from streams.detector import Detector
from streams.explanations import explain, in_words
from streams.messages import Article, Source, encode

DAY = datetime(2023, 9, 5, 12, tzinfo=UTC)
STORY = Article(
    id="a1",
    title="Macron will Scholz in Berlin treffen",
    text="Macron und Meloni berieten am Telefon. Deutschland liefert der Ukraine 20 Panzer.",
    language="de",
    published=DAY,
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=("de", "en"))


def lines(detector: Detector, article: Article) -> str:
    return in_words(explain(detector, article)).decode()


@pytest.mark.parametrize(
    "told",
    [
        "a1 · de · Macron will Scholz in Berlin treffen",
        "event      leader meeting, planned, right with probability 0.",
        "found by   “treffen”: A meets B (pattern leader_meeting.de.meet)",
        "Macron: leader in office",
        "participant: Emmanuel Macron (FR), Olaf Scholz (DE)",
        "status     planned: it is announced or lies ahead ('will')",
        "checked    sport",
        "no event   leader meeting: a call, a letter or a video link is no meeting: 'am telefon'",
        "supplier: Germany (DE) · recipient: Ukraine (UA) · weapon: ",
        "how sure   ",
    ],
)
def test_a_reader_is_told_what_was_found_and_why(detector: Detector, told: str) -> None:
    assert told in lines(detector, STORY)


def test_an_article_that_tells_of_nothing_says_so(detector: Detector) -> None:
    assert "no event: no word for one" in lines(detector, Article(text="Zwei mal drei ist sechs.", language="de"))


def test_nothing_in_a_text_moves_the_cursor(detector: Detector) -> None:
    told = lines(detector, Article(text="Macron trifft \x1b[31mScholz\u202e in Berlin.", language="de", published=DAY))
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_programs_get_the_same_as_one_line(detector: Detector) -> None:
    line = encode(explain(detector, STORY))
    assert b"\n" not in line
    told = json.loads(line)
    first = told["candidates"][0]
    assert (told["id"], told["language"]) == ("a1", "de")
    assert first["event"]["confidence"] == first["confidence"]
    assert first["reasons"][0]["words"]
    assert all(one["event"] is None for one in told["candidates"] if one["reason"].startswith("a call"))


def test_other_messages_stay_json() -> None:
    assert in_words(Source(feed="x")) == encode(Source(feed="x"))


@pytest.mark.parametrize(
    "text",
    [
        "Macron trifft Scholz. Der Sturm der Entrüstung traf den Minister.",
        "Germany sends tanks to Ukraine, and Macron met Sunak in London.",
        "A strong earthquake killed 20 people in Turkey on Monday. A storm of protest hit the minister.",
    ],
)
def test_explaining_finds_the_events_that_detecting_finds(detector: Detector, text: str) -> None:
    article = Article(text=text, published=DAY)
    explained = [item.event for item in detector.explain(article) if item.event is not None]
    assert tuple(explained) == detector.detect(article).events
    assert explained
