"""Entries to articles: identity for ever, fall-backs, and limits."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ingest import articles
from ingest.feeds import Entry, ParsedFeed, Text
from streams.messages import Article

FEED = "https://paper.example/feed.xml"
NOW = datetime(2023, 9, 5, 12, tzinfo=UTC)


def _made(*entries: Entry, feed: str = FEED, fetched: datetime = NOW, **about: object) -> list[Article]:
    parsed = ParsedFeed("rss20", "utf-8", entries=entries, **about)  # type: ignore[arg-type]
    return articles.articles(parsed, feed, fetched)


def _id(feed: str = FEED, **entry: object) -> str:
    entry = {"title": Text("A title"), **entry}
    return _made(Entry(**entry), feed=feed)[0].id  # type: ignore[arg-type]


def test_an_id_depends_on_the_entrys_identity_alone() -> None:
    one = _id(id="g1", link="https://paper.example/1")
    assert one == _id(id="g1", link="https://paper.example/moved", title=Text("Edited"), content=Text("more"))
    assert one != _id(id="g2", link="https://paper.example/1")
    assert one != _id(id="g1", feed="https://other.example/feed.xml")


def test_without_a_guid_the_canonical_link_identifies() -> None:
    one = _id(link="https://paper.example/1?utm_source=rss&id=5#top")
    assert one == _id(link="https://paper.example/1?id=5&utm_medium=feed", title=Text("Edited"))
    assert one != _id(link="https://paper.example/1?id=6")


def test_without_both_title_and_date_identify() -> None:
    one = _id(published=NOW)
    assert one == _id(published=NOW, content=Text("x"))
    assert one != _id(published=NOW + timedelta(hours=-1))
    assert one != _id(published=NOW, title=Text("Another"))


def test_a_guid_that_all_entries_share_identifies_none() -> None:
    entries = [Entry(id="0", link=f"https://paper.example/{n}", title=Text(str(n))) for n in range(3)]
    made = _made(*entries)
    assert len({article.id for article in made}) == 3
    assert [a.id for a in made] == [a.id for a in _made(*reversed(entries))][::-1]


def test_the_same_entry_twice_is_one_article() -> None:
    entry = Entry(id="1", link="https://paper.example/1", title=Text("One"))
    assert len(_made(entry, entry)) == 1


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        (Entry(title=Text("<b>Bold</b> &amp; more", "html")), "Bold & more"),
        (Entry(title=Text("two\n lines")), "two lines"),
        (Entry(content=Text("First sentence. Second one.")), "First sentence."),
        (Entry(content=Text("„Wir gehen!“ Das sagte er.")), "„Wir gehen!“"),
        (Entry(content=Text("会谈将于下周举行。日期未定。")), "会谈将于下周举行。"),
        (Entry(summary=Text("A line\nand another")), "A line"),
        (Entry(content=Text("word " * 50)), "word " * 22 + "word…"),
        (Entry(link="https://paper.example/1"), "https://paper.example/1"),
    ],
)
def test_titles_and_what_stands_in_for_them(entry: Entry, title: str) -> None:
    assert _made(entry)[0].title == title
    assert len(_made(entry)[0].title) <= 120


def test_an_entry_that_says_nothing_makes_no_article() -> None:
    assert _made(Entry(), Entry(id="1"), Entry(title=Text(" ")), Entry(content=Text("<br>", "html"))) == []


def test_text_is_the_content_else_the_summary() -> None:
    both = _made(Entry(title=Text("t"), content=Text("<p>Full.</p>", "html"), summary=Text("Short.")))[0]
    assert (both.text, both.summary) == ("Full.", "Short.")
    one = _made(Entry(title=Text("t"), content=Text("<img src=x>", "html"), summary=Text("Short.")))[0]
    assert one.text == "Short."


def test_dates() -> None:
    hour = timedelta(hours=1)
    future = _made(Entry(title=Text("t"), published=NOW + 100 * hour))[0]
    updated = _made(Entry(title=Text("t"), updated=NOW - hour))[0]
    neither = _made(Entry(title=Text("t")))[0]
    assert (future.published, updated.published, neither.published) == (NOW, NOW - hour, None)


def test_authors_language_and_source_fall_back_to_the_feed() -> None:
    about = {"authors": ("The Desk",), "language": "de-AT", "title": Text("Paper")}
    made = _made(Entry(title=Text("a")), Entry(title=Text("b"), authors=("Ann",), language="fr"), **about)
    assert [a.authors for a in made] == [("The Desk",), ("Ann",)]
    assert [a.language for a in made] == ["de", "fr"]
    assert made[0].source.title == "Paper"


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        *[("de-DE", "de"), ("EN_us", "en"), ("ger", "de"), ("ukr", "uk"), ("cn", "zh"), ("zh-Hant-TW", "zh")],
        *[(None, None), ("x", None), ("nds", None), ("english", None), ("", None)],
    ],
)
def test_language_codes(tag: str | None, code: str | None) -> None:
    assert articles.language_code(tag) == code


def test_a_revision_is_told_by_what_readers_see() -> None:
    article = _made(Entry(title=Text("t"), content=Text("x")))[0]
    later = msgspec.structs.replace(article, fetched=NOW + timedelta(days=1), tags=("new",))
    assert articles.digest(later) == articles.digest(article)
    assert articles.digest(msgspec.structs.replace(article, text="y")) != articles.digest(article)


def test_lists_are_bounded() -> None:
    article = _made(Entry(title=Text("t" * 5_000), authors=("a" * 900,) * 3, tags=tuple(map(str, range(500)))))[0]
    assert len(article.title) == articles.MAX_TITLE
    assert len(article.authors) == 1
    assert len(article.authors[0]) == articles.MAX_NAME
    assert len(article.tags) == articles.MAX_TAGS
