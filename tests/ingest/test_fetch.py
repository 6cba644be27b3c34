"""One polite fetch from real servers on loopback: every case that a newsroom meets comes to one clear sentence."""

import asyncio
import gzip
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from ingest import fetch
from ingest.feeds import Failed, Feed, Fetched, NotModified
from ingest.settings import Ingest
from streams.outbound import Outbound
from tests.fakes import answer, serve_site

NOW = datetime(2023, 9, 5, 10, 12, tzinfo=UTC)
LIMITS = Ingest(timeout=timedelta(seconds=1), max_body_bytes=100_000)
RSS = b"<rss version='2.0'><channel><title>T</title></channel></rss>"


@pytest.fixture
async def out():
    client = Outbound((ip_network("127.0.0.0/8"),), user_agent="test/1")
    yield client
    await client.aclose()


async def _failed(out: Outbound, url: str) -> Failed:
    outcome = await fetch.fetch(Feed(url), out, LIMITS, NOW)
    assert isinstance(outcome, Failed)
    assert outcome.reason
    assert "\n" not in outcome.reason
    return outcome


async def test_a_feed_with_its_validators(out: Outbound) -> None:
    page = answer(RSS, Content_Type="text/xml", ETag='W/"1"', Last_Modified="Tue, 05 Sep 2023 10:00:00 GMT")
    async with serve_site(feed=page) as site:
        outcome = await fetch.fetch(Feed(site.url("/feed")), out, LIMITS, NOW)
        assert outcome == Fetched(
            RSS, "text/xml", site.url("/feed"), 200, 'W/"1"', "Tue, 05 Sep 2023 10:00:00 GMT", None, None
        )
        assert site.requests[0]["user-agent"] == "test/1"
        assert "application/rss+xml" in site.requests[0]["accept"]
        assert "if-none-match" not in site.requests[0]


async def test_validators_are_sent_back_and_304_is_heard(out: Outbound) -> None:
    async with serve_site(feed=answer(b"", status="304 Not Modified")) as site:
        feed = Feed(site.url("/feed"), etag='W/"1"', modified="Tue, 05 Sep 2023 10:00:00 GMT")
        assert await fetch.fetch(feed, out, LIMITS, NOW) == NotModified()
        assert site.requests[0]["if-none-match"] == 'W/"1"'
        assert site.requests[0]["if-modified-since"] == "Tue, 05 Sep 2023 10:00:00 GMT"


async def test_permanent_moves_are_told_and_temporary_ones_are_not(out: Outbound) -> None:
    async with serve_site(new=RSS) as site:
        site.pages["/old"] = answer(b"", status="301 Moved", Location="/new")
        site.pages["/now"] = answer(b"", status="302 Found", Location="/new")
        moved = await fetch.fetch(Feed(site.url("/old")), out, LIMITS, NOW)
        found = await fetch.fetch(Feed(site.url("/now")), out, LIMITS, NOW)
        assert isinstance(moved, Fetched)
        assert isinstance(found, Fetched)
        assert (moved.body, moved.moved, found.moved) == (RSS, site.url("/new"), None)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("401 Unauthorized", "password"),
        ("403 Forbidden", "forbids"),
        ("404 Not Found", "not there"),
        ("418 Teapot", "HTTP 418"),
        ("500 Oops", "internal error"),
        ("204 No Content", "HTTP 204"),
    ],
)
async def test_answers_that_are_no_feed(out: Outbound, status: str, reason: str) -> None:
    async with serve_site(feed=answer(b"", status=status)) as site:
        failed = await _failed(out, site.url("/feed"))
        assert reason in failed.reason
        assert (failed.status, failed.gone) == (int(status[:3]), False)


async def test_410_is_for_good(out: Outbound) -> None:
    async with serve_site(feed=answer(b"", status="410 Gone")) as site:
        assert (await _failed(out, site.url("/feed"))).gone


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("120", timedelta(minutes=2)),
        ("Tue, 05 Sep 2023 10:42:00 GMT", timedelta(minutes=30)),
        ("Tue, 05 Sep 2023 09:00:00 GMT", timedelta()),
        ("99999999999999999999", timedelta(seconds=10**8)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
async def test_retry_after(out: Outbound, value: str, after: timedelta | None) -> None:
    async with serve_site(feed=answer(b"", status="429 Too Many", Retry_After=value)) as site:
        failed = await _failed(out, site.url("/feed"))
        assert "too often" in failed.reason
        assert failed.after == after


async def test_hostile_servers_cost_no_more_than_their_limit(out: Outbound) -> None:
    async def drip(writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    bomb = answer(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip")
    async with serve_site(slow=drip, bomb=bomb, big=bytes(200_000)) as site:
        site.pages["/loop"] = answer(b"", status="302 Found", Location="/loop")
        site.pages["/private"] = answer(b"", status="302 Found", Location="http://169.254.169.254/")
        expected = {
            "/slow": "did not finish",
            "/bomb": "larger than",
            "/big": "larger than",
            "/loop": "redirects more than",
            "/private": "outbound.allow",
        }
        for path, words in expected.items():
            assert words in (await _failed(out, site.url(path))).reason
    assert "refused" in (await _failed(out, site.url("/closed"))).reason


async def test_absurd_validators_are_not_kept(out: Outbound) -> None:
    async with serve_site(feed=answer(RSS, ETag='"' + "x" * 5_000 + '"')) as site:
        outcome = await fetch.fetch(Feed(site.url("/feed")), out, LIMITS, NOW)
        assert isinstance(outcome, Fetched)
        assert outcome.etag is None
