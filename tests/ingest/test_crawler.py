"""The crawl loop with a real store and real servers: one bad feed changes nothing for the others, and nothing is lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from ingest import fetch
from ingest.crawler import Crawler
from ingest.feeds import Feed
from ingest.parser_process import Parser
from ingest.settings import Ingest
from ingest.store import Store, migrate
from streams.messages import Article, FeedStatus, decode
from streams.outbound import Outbound
from streams.settings import Settings
from streams.topics import ARTICLES, FEED_STATUS
from tests.fakes import answer, serve_site, until

START = datetime(2023, 9, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _rss(*numbers: int, title: str = "Paper") -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>g{n}</guid><title>Title {n}</title><description>Text {n}</description></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>{title}</title><language>en</language>{items}</channel></rss>".encode()


@dataclass
class Newsroom:
    """A crawler over a real store, with a clock that a test turns."""

    store: Store
    crawler: Crawler
    now: datetime = START
    slept: list[float] = field(default_factory=list)

    async def round(self) -> int:
        """Visit all that is due now; how many feeds were visited."""
        visited = await self.crawler.start_due()
        while self.crawler._visits:
            await asyncio.wait(self.crawler._visits)
            for visit in list(self.crawler._visits):
                self.crawler._visits.discard(visit)
                visit.result()
        return visited

    async def articles(self) -> list[Article]:
        return [decode(m.value, Article) for m in await self.store.outbox(10_000) if m.topic == ARTICLES.name]

    async def has_articles(self) -> bool:
        return bool(await self.articles())

    async def status(self, url: str) -> FeedStatus:
        told = [m for m in await self.store.outbox(10_000) if m.topic == FEED_STATUS.name and m.key == url]
        return decode(told[-1].value, FeedStatus)


@pytest.fixture
async def newsroom(tmp_path: Path) -> AsyncIterator[Newsroom]:
    settings = Settings(data_dir=tmp_path)
    await asyncio.to_thread(migrate, settings)
    store = Store.connect(settings)
    limits = Ingest(timeout=timedelta(seconds=1), max_body_bytes=1_000_000, parse_timeout=timedelta(seconds=3))
    outbound = Outbound((ip_network("127.0.0.0/8"),), user_agent="test/1", max_connections=16)
    parser = Parser(seconds=3, memory_mb=400)
    crawler = Crawler(store, outbound, parser, limits, chance=lambda: 0.5)
    room = Newsroom(store, crawler)
    crawler.clock = lambda: room.now
    yield room
    await parser.aclose()
    await outbound.aclose()
    await store.aclose()


async def test_a_new_feed_brings_all_its_entries_and_then_only_news(newsroom: Newsroom) -> None:
    async with serve_site(feed=_rss(2, 1)) as site:
        url = site.url("/feed")
        await newsroom.store.add([Feed(url)], newsroom.now)
        assert await newsroom.round() == 1
        assert [a.title for a in await newsroom.articles()] == ["Title 1", "Title 2"]
        assert await newsroom.round() == 0
        site.pages["/feed"] = _rss(3, 2, 1)
        newsroom.now += 15 * MINUTE
        assert await newsroom.round() == 1
        assert [a.title for a in await newsroom.articles()] == ["Title 1", "Title 2", "Title 3"]
        first = (await newsroom.articles())[0]
        assert (first.source.feed, first.source.title, first.fetched, first.language) == (url, "Paper", START, "en")


async def test_the_status_tells_what_a_fetch_came_to(newsroom: Newsroom) -> None:
    async with serve_site(feed=_rss(1)) as site:
        url = site.url("/feed")
        await newsroom.store.add([Feed(url)], newsroom.now)
        await newsroom.round()
        status = await newsroom.status(url)
        assert status == FeedStatus(
            feed=url,
            state="well",
            checked=START,
            title="Paper",
            language="en",
            http_status=200,
            entries=1,
            new=1,
            last_success=START,
            last_article=START,
            next=START + 15 * MINUTE,
        )


async def test_an_unchanged_feed_is_not_parsed_again(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_site(validated=answer(_rss(1), ETag='"1"'), bare=_rss(1)) as site:
        await newsroom.store.add([Feed(site.url("/validated")), Feed(site.url("/bare"))], newsroom.now)
        await newsroom.round()
        site.pages["/validated"] = answer(b"", status="304 Not Modified")
        monkeypatch.setattr(newsroom.crawler.parser, "parse", None)
        newsroom.now += 15 * MINUTE
        assert await newsroom.round() == 2
        assert site.requests[-1].get("if-none-match", site.requests[-2].get("if-none-match")) == '"1"'
        for path in site.pages:
            assert (await newsroom.status(site.url(path))).state == "well"
        assert len(await newsroom.articles()) == 2


async def test_bad_feeds_fail_in_one_sentence_and_change_nothing_for_the_others(newsroom: Newsroom) -> None:
    async def drip(writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    attributes = b" ".join(b"a%d='1'" % n for n in range(60_000))
    bad = {
        "html": (b"<html><link rel=alternate type=application/rss+xml href=/feed></html>", "is a web page, not a feed"),
        "empty": (b"", "is empty"),
        "path": (b"/etc/passwd", "neither XML nor JSON"),
        "xml": (b"<note/>", "its root is <note>"),
        "big": (bytes(2_000_000), "larger than"),
        "slow": (drip, "did not finish"),
        "missing": (answer(b"", status="404 Not Found"), "not there"),
        "killer": (b"<rss version='2.0'><channel><item " + attributes + b"/></channel></rss>", "longer than 3 s"),
        "loop": (answer(b"", status="302 Found", Location="/loop"), "redirects more than"),
        "private": (answer(b"", status="302 Found", Location="http://10.0.0.1/"), "outbound.allow"),
    }
    async with serve_site(good=_rss(1), **{name: page for name, (page, _reason) in bad.items()}) as site:
        await newsroom.store.add([Feed(site.url(path)) for path in site.pages], newsroom.now)
        assert await newsroom.round() == 11
        assert [a.title for a in await newsroom.articles()] == ["Title 1"]
        for name, (_page, reason) in bad.items():
            status = await newsroom.status(site.url(f"/{name}"))
            assert (status.state, status.failures, status.next) == ("failing", 1, START + 15 * MINUTE)
            assert reason in (status.reason or "")
            assert "\n" not in (status.reason or "")
        assert (await newsroom.status(site.url("/good"))).state == "well"


async def test_a_fault_of_ours_is_a_failure_of_that_feed(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_site(feed=_rss(1), other=_rss(2)) as site:
        await newsroom.store.add([Feed(site.url("/feed")), Feed(site.url("/other"))], newsroom.now)
        real = fetch.fetch

        async def broken(feed: Feed, *rest: object) -> object:
            if feed.url.endswith("/feed"):
                raise ZeroDivisionError("ours")
            return await real(feed, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(fetch, "fetch", broken)
        assert await newsroom.round() == 2
        assert "please report" in ((await newsroom.status(site.url("/feed"))).reason or "")
        assert [a.title for a in await newsroom.articles()] == ["Title 2"]


async def test_a_failing_feed_recovers(newsroom: Newsroom) -> None:
    async with serve_site(feed=answer(b"", status="503 Busy", Retry_After="3600")) as site:
        url = site.url("/feed")
        await newsroom.store.add([Feed(url)], newsroom.now)
        await newsroom.round()
        assert (await newsroom.status(url)).next == START + 60 * MINUTE
        site.pages["/feed"] = _rss(1)
        newsroom.now += 60 * MINUTE
        await newsroom.round()
        status = await newsroom.status(url)
        assert (status.state, status.failures, status.reason) == ("well", 0, None)


async def test_a_feed_that_is_gone_rests(newsroom: Newsroom) -> None:
    async with serve_site(feed=answer(b"", status="410 Gone")) as site:
        await newsroom.store.add([Feed(site.url("/feed"))], newsroom.now)
        await newsroom.round()
        assert (await newsroom.status(site.url("/feed"))).state == "gone"
        newsroom.now += timedelta(days=400)
        assert await newsroom.round() == 0


async def test_a_moved_feed_keeps_the_ids_of_its_articles(newsroom: Newsroom) -> None:
    async with serve_site(feed=_rss(1)) as site:
        await newsroom.store.add([Feed(site.url("/feed"))], newsroom.now)
        await newsroom.round()
        site.pages["/new"] = _rss(2, 1)
        site.pages["/feed"] = answer(b"", status="301 Moved", Location="/new")
        newsroom.now += 15 * MINUTE
        await newsroom.round()
        assert [a.title for a in await newsroom.articles()] == ["Title 1", "Title 2"]


async def test_two_crawlers_fetch_each_feed_once(newsroom: Newsroom) -> None:
    async with serve_site(feed=_rss(1)) as site:
        await newsroom.store.add([Feed(site.url(f"/feed?{n}")) for n in range(10)], newsroom.now)
        first = newsroom.crawler
        second = Crawler(newsroom.store, first.outbound, first.parser, first.settings, clock=lambda: newsroom.now)
        await asyncio.gather(first.start_due(), second.start_due())
        await asyncio.gather(*first._visits, *second._visits)
        assert sorted(site.asked) == sorted(f"/feed?{n}" for n in range(10))


async def test_no_more_visits_at_once_than_allowed(newsroom: Newsroom) -> None:
    under_way, most = 0, 0

    async def counted(writer: asyncio.StreamWriter, headers: Mapping[str, str]) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        await answer(_rss(1))(writer, headers)

    async with serve_site(feed=counted) as site:
        newsroom.crawler.settings = newsroom.crawler.settings.model_copy(update={"concurrency": 3})
        await newsroom.store.add([Feed(site.url(f"/feed?{n}")) for n in range(12)], newsroom.now)
        stopping = asyncio.Event()
        running = asyncio.create_task(newsroom.crawler.run(stopping))
        await until(lambda: len(site.asked) == 12 and not newsroom.crawler._visits, 20)
        stopping.set()
        await running
        assert most == 3
        assert len(await newsroom.articles()) == 12


async def test_an_added_feed_is_noticed_while_it_runs(newsroom: Newsroom) -> None:
    async with serve_site(feed=_rss(1)) as site:
        stopping = asyncio.Event()
        running = asyncio.create_task(newsroom.crawler.run(stopping))
        await asyncio.sleep(0.2)
        await newsroom.store.add([Feed(site.url("/feed"))], newsroom.now)
        await until(newsroom.has_articles, 20)
        stopping.set()
        await running
        assert [a.title for a in await newsroom.articles()] == ["Title 1"]
        assert (await newsroom.status(site.url("/feed"))).state == "well"


async def test_stopping_gives_unfinished_feeds_back(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        await asyncio.sleep(20)

    monkeypatch.setattr("ingest.crawler.STOP_SECONDS", 0.2)
    newsroom.crawler.settings = newsroom.crawler.settings.model_copy(update={"timeout": timedelta(seconds=20)})
    async with serve_site(feed=silent) as site:
        await newsroom.store.add([Feed(site.url("/feed"))], newsroom.now)
        stopping = asyncio.Event()
        running = asyncio.create_task(newsroom.crawler.run(stopping))
        await until(lambda: bool(site.asked))
        started = time.monotonic()
        stopping.set()
        await running
        assert time.monotonic() - started < 10
        assert [f.url for f in await newsroom.store.lease_due(newsroom.now, 10, MINUTE)] == [site.url("/feed")]
