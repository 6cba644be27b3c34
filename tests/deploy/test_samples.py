"""The sample newsroom: its articles, its feeds, and that a later start goes on where the last one ended."""

import http.client
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from defusedxml.ElementTree import fromstring

from deploy.newsroom import Newsroom, Variations, read_samples, render_feed, serving
from streams.detector import Detector
from streams.errors import UsageError
from streams.messages import Article
from streams.settings import Detect

NOW = datetime(2026, 5, 4, 10, 0, 0, 500_000, tzinfo=UTC)
SAMPLES = read_samples()
VARIATIONS = Variations.read()
EVENT = re.compile(r"(leader_meeting|arms_transfer)/(occurred|planned|possible|denied|background)")


def newsroom(folder: Path) -> Newsroom:
    return Newsroom(SAMPLES, VARIATIONS, folder / "newsroom.json")


def get(base: str, path: str, tag: str = "") -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
    connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
    response = connection.getresponse()
    answer = response.status, response.read(), response.headers["ETag"]
    connection.close()
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_there_are_forty_articles_and_five_in_each_language() -> None:
    by_language = {code: [s for s in SAMPLES if s.language == code] for code in Detect().languages}
    assert len(SAMPLES) >= 40
    assert {code: len(samples) >= 5 for code, samples in by_language.items()} == dict.fromkeys(by_language, True)
    assert sum(map(len, by_language.values())) == len(SAMPLES)


def test_ids_are_unique_and_can_stand_in_an_address() -> None:
    assert len({sample.id for sample in SAMPLES}) == len(SAMPLES)
    assert all(re.fullmatch(r"[a-z0-9-]+", sample.id) for sample in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_an_article_says_what_it_holds_in_known_words(sample) -> None:
    assert sample.title
    assert len(sample.text) > 30
    assert all(EVENT.fullmatch(event) for event in sample.events)


def test_every_language_has_news_with_and_without_events() -> None:
    for code in Detect().languages:
        found = {bool(sample.events) for sample in SAMPLES if sample.language == code}
        assert found == {True, False}, code


def test_the_first_articles_hold_something_to_alert_about() -> None:
    assert any(sample.events for sample in SAMPLES[:3])


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    detector = Detector(languages=Detect().languages, definitions=None)
    articles = [
        Article(id=sample.id, title=sample.title, text=sample.text, language=sample.language, published=NOW)
        for sample in SAMPLES
    ]
    return {a.id: {f"{event.type}/{event.status}" for event in detector.detect(a).events} for a in articles}


def test_tocsin_finds_what_a_careful_reader_finds_in_most_of_them(found: dict[str, set[str]]) -> None:
    wrong = {sample.id: found[sample.id] for sample in SAMPLES if found[sample.id] != set(sample.events)}
    assert len(wrong) <= len(SAMPLES) // 8, wrong


def test_ordinary_news_and_phone_calls_raise_nothing(found: dict[str, set[str]]) -> None:
    assert {sample.id: found[sample.id] for sample in SAMPLES if not sample.events and found[sample.id]} == {}


def test_variations_are_the_same_every_time_and_leave_no_gap_open() -> None:
    made = [VARIATIONS.make(number) for number in range(200)]
    assert made == [VARIATIONS.make(number) for number in range(200)]
    assert {sample.language for sample in made} == set(Detect().languages)
    assert all(sample.text and not set("{}|") & set(sample.title + sample.text) for sample in made)


def test_articles_appear_one_after_the_other_then_variations(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    assert room.untouched
    published = [room.publish(NOW + timedelta(seconds=n)) for n in range(len(SAMPLES) + 2)]
    assert published[: len(SAMPLES)] == list(SAMPLES)
    assert [sample.id for sample in published[len(SAMPLES) :]] == ["variation-0", "variation-1"]
    assert room.written_left == 0


def test_a_later_start_goes_on_with_the_same_articles_at_the_same_times(tmp_path: Path) -> None:
    first = newsroom(tmp_path)
    for number in range(12):
        first.publish(NOW + timedelta(seconds=number))
    second = newsroom(tmp_path)
    assert not second.untouched
    assert second.feed("en") == first.feed("en")
    assert render_feed("en", second.feed("en"), "http://x") == render_feed("en", first.feed("en"), "http://x")
    assert second.publish(NOW + timedelta(days=1)) == SAMPLES[12]


def test_what_is_remembered_stays_small_and_the_feeds_full(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    for number in range(700):
        room.publish(NOW + timedelta(seconds=number))
    assert (tmp_path / "newsroom.json").stat().st_size < 40_000
    assert [len(room.feed(code)) for code in room.languages] == [30] * 9


def test_a_damaged_memory_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "newsroom.json").write_text('{"next": 3')
    assert newsroom(tmp_path).untouched


def test_a_feed_is_rss_marked_as_sample_with_stable_ids_and_dates(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    for number in range(9):
        room.publish(NOW + timedelta(seconds=number))
    channel = fromstring(render_feed("de", room.feed("de"), "http://127.0.0.1:1")).find("channel")
    item = channel.find("item")
    assert channel.findtext("title") == "Sample newsroom (de)"
    assert channel.findtext("language") == "de"
    assert item.findtext("guid") == "de-kim-putin-2023"
    assert item.findtext("category") == "sample"
    assert item.findtext("pubDate") == "Mon, 04 May 2026 10:00:01 +0000"
    assert item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded").count("<p>") == 6


def test_the_newsroom_answers_on_loopback_with_conditional_requests(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    with serving(room, free_port()) as base:
        status, empty, tag = get(base, "/feeds/en.xml")
        assert (status, empty.count(b"<item>")) == (200, 0)
        assert get(base, "/feeds/en.xml", tag)[0] == 304
        room.publish(NOW)
        status, body, _ = get(base, "/feeds/en.xml", tag)
        assert (status, body.count(b"<item>")) == (200, 1)
        assert get(base, "/feeds/xx.xml")[0] == 404
        assert get(base, "/articles/de-wetter")[0] == 404
        status, page, _ = get(base, "/articles/en-arrivals")
        assert status == 200
        assert b"made up" in page
        assert b"Macron" in page


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is in use"), serving(newsroom(tmp_path), port):
            pass
