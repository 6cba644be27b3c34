"""The parser process: deadlines, limits, and that the next feed does not notice."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from ingest.parser_process import Job, Parser, ParserDiedError

GOOD = b"<rss version='2.0'><channel><title>T</title><item><title>A</title></item></channel></rss>"
ATTRIBUTES = (
    b"<rss version='2.0'><channel><item " + b" ".join(b"a%d='1'" % n for n in range(60_000)) + b"/></channel></rss>"
)
LAUGHS = b"<!DOCTYPE r [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12)
)


def _job(body: bytes) -> Job:
    return Job(body, "s", "https://a.example/", "", datetime.now(UTC), 10_000_000)


@pytest.fixture
async def parser():
    parser = Parser(seconds=2, memory_mb=400)
    yield parser
    await parser.aclose()


async def test_a_feed_that_takes_too_long_is_given_up(parser: Parser) -> None:
    await parser.parse(_job(GOOD))
    started = time.monotonic()
    with pytest.raises(ParserDiedError, match="longer than 2 s"):
        await parser.parse(_job(ATTRIBUTES))
    assert time.monotonic() - started < 30
    assert (await parser.parse(_job(GOOD))).title == "T"


async def test_memory_is_limited() -> None:
    parser = Parser(seconds=20, memory_mb=250)
    body = b"<rss><channel><title>" + b"x" * 80_000_000
    try:
        result = await parser.parse(_job(body))
        assert "too large" in (result.error or "")
    except ParserDiedError:
        pass
    assert (await parser.parse(_job(GOOD))).entries == 1
    await parser.aclose()


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS + b"]><rss version='2.0'><channel><title>&m;</title></channel></rss>",
        b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel><title>T&x;</title></channel></rss>",
        b"<!DOCTYPE r SYSTEM 'http://127.0.0.1:9/x.dtd'><rss version='2.0'><channel><title>T</title></channel></rss>",
        b"<rss version='2.0'><channel><title>T\x00\x01</title></channel></rss>",
        b"<rss version='2.0'><channel><item><description>"
        + b"&lt;div&gt;" * 100_000
        + b"</description></item></channel></rss>",
        b"<rss version='2.0'><channel><title>&#xFFFFFFFF;&#0;&#xyz;T</title></channel></rss>",
    ],
)
async def test_bombs_and_tricks_do_not_kill_it(parser: Parser, body: bytes) -> None:
    result = await parser.parse(_job(body))
    assert "root:" not in repr(result)
    assert result.format == "rss20"


async def test_a_killed_worker_is_replaced(parser: Parser) -> None:
    await parser.parse(_job(GOOD))
    parser._idle[0]._process.kill()
    with pytest.raises(ParserDiedError):
        await parser.parse(_job(GOOD))
    assert (await parser.parse(_job(GOOD))).title == "T"


async def test_a_slow_feed_does_not_hold_up_another_worker() -> None:
    parser = Parser(seconds=60, memory_mb=400, workers=2)
    await asyncio.gather(*(parser.parse(_job(GOOD)) for _ in range(2)))
    slow = asyncio.create_task(parser.parse(_job(ATTRIBUTES)))
    await asyncio.sleep(0.1)
    for _ in range(20):
        await parser.parse(_job(GOOD))
    assert not slow.done()
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    await parser.aclose()
