"""What every feed format must pass: its golden pairs, stable ids, and no failure but a refusal on damaged input."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import formats
from ingest.formats.document import NotAFeedError
from ingest.parser_process import Job, Parsed, run
from streams.messages import Article, decode, encode
from streams.topics import MAX_RECORD_BYTES

FOLDER = Path(__file__).parent.parent / "golden" / "feeds"
FEEDS = sorted(path for path in FOLDER.iterdir() if path.suffix != ".json")
FETCHED = datetime(2023, 10, 1, tzinfo=UTC)
NOT_TOLD = ("source", "fetched", "revision")
"""Fields of an article that the golden files leave out: they are the same for all."""


def _parse(name: str, body: bytes, fetched: datetime = FETCHED) -> Parsed:
    url = f"https://golden.example/{name}"
    return run(Job(body, url, url, "", fetched, 10_000_000))


def _told(parsed: Parsed) -> dict[str, object]:
    values = json.loads(msgspec.json.encode(parsed))
    values["articles"] = [
        {key: value for key, value in article.items() if key not in NOT_TOLD and value not in (None, [], False)}
        for article in values["articles"]
    ]
    return values


def test_there_are_enough_golden_feeds() -> None:
    assert len(FEEDS) >= 30


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_golden_feeds(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert _told(_parse(path.name, path.read_bytes())) == expected


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_articles_keep_their_ids_and_travel(path: Path) -> None:
    first = _parse(path.name, path.read_bytes()).articles
    later = _parse(path.name, path.read_bytes(), FETCHED + timedelta(days=400)).articles
    assert [article.id for article in first] == [article.id for article in later]
    assert len({article.id for article in first}) == len(first)
    for article in first:
        assert decode(encode(article), Article) == article
        assert article.title
        assert article.source.feed == f"https://golden.example/{path.name}"


def test_every_format_has_a_golden_feed() -> None:
    readable = [json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["format"] for path in FEEDS]
    wanted = {"rss091", "rss092", "rss10", "rss20", "atom03", "atom10", "json10", "json11", "cdf", "sitemap"}
    assert wanted <= set(readable)
    languages = {
        article.get("language")
        for path in FEEDS
        for article in json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["articles"]
    }
    assert {"de", "en", "fr", "es", "ru", "uk", "zh", "ar", "ko"} <= languages


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_damage_is_refused_or_read_but_breaks_nothing(path: Path) -> None:
    body = path.read_bytes()
    chance = random.Random(path.name)
    for _ in range(12):
        damaged = bytearray(body[: chance.randint(0, len(body))])
        for _ in range(chance.randint(0, 8)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        parsed = _parse(path.name, bytes(damaged))
        assert [decode(encode(article), Article) for article in parsed.articles] == list(parsed.articles)
        assert parsed.error is None or (parsed.error.strip() and not parsed.articles)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"<rss><channel>", b"{", b"<feed>", b"<urlset>", b"<html>"]))
def test_any_bytes_are_a_feed_or_refused(body: bytes, beginning: bytes) -> None:
    refused = run(Job(beginning + body, "s", "", "", FETCHED, 1_000_000)).error
    assert refused is None or (refused.strip() and "\n" not in refused)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/xml; charset=koi8-r", "Путин"),
        ('application/rss+xml; charset="KOI8-R"', "Путин"),
        ("text/xml; charset=no-such-thing", "Путин"),
    ],
)
def test_the_charset_of_http_is_heard(content_type: str, expected: str) -> None:
    text = "<rss version='2.0'><channel><title>Путин приехал на переговоры во вторник</title></channel></rss>"
    feed = formats.parse(text.encode("koi8-r"), content_type=content_type)
    assert feed.title is not None
    assert feed.title.value.startswith(expected)


def test_a_huge_article_is_cut_to_what_a_record_may_hold() -> None:
    for filler in ('"' * 5_000_000, "\\" * 5_000_000, "Щ" * 3_000_000, "a b " * 1_000_000):
        text = f"<rss version='2.0'><channel><item><title>Huge</title><description><![CDATA[{filler}]]></description></item></channel></rss>"
        (article,) = run(Job(text.encode(), "s", "", "", FETCHED, 50_000_000)).articles
        assert article.truncated
        assert len(encode(article)) < MAX_RECORD_BYTES


def test_a_packed_bomb_is_not_unpacked() -> None:
    import gzip

    with pytest.raises(NotAFeedError, match="larger than"):
        formats.parse(gzip.compress(bytes(30_000_000)), max_bytes=1_000_000)


def test_a_body_that_is_a_path_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    opened: list[object] = []
    monkeypatch.setattr(builtins, "open", lambda name, *_a, **_k: opened.append(name))
    for body in (b"/etc/passwd", b"file:///etc/passwd", b"http://127.0.0.1:9/", b"/dev/zero"):
        with pytest.raises(NotAFeedError):
            formats.parse(body)
    assert opened == []
