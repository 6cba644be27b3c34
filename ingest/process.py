"""`tocsin serve ingest`: the crawler and the publisher of one process, from start to stop."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ingest import opml, store
from ingest.crawler import Crawler
from ingest.parser_process import Parser
from ingest.publish import KafkaSink, Publisher
from ingest.settings import Settings
from ingest.store import Store
from streams import broker, service
from streams.errors import UsageError
from streams.outbound import Outbound

PARSERS = 2
"""So that a feed which uses up its deadline does not hold up the others."""

LAST_SECONDS = 3.0

log = structlog.get_logger()


def run(settings: Settings, port: int) -> int:
    """Run until told to stop; the exit status."""
    store.migrate(settings)

    async def main(process: service.Service) -> None:
        await crawl(process, settings)

    return service.run("ingest", settings, main, port=port)


async def crawl(process: service.Service, settings: Settings) -> None:
    """Fetch and publish until `process.stopping`; nothing that was fetched is lost, whatever ends it."""
    broker.bootstrap(settings)  # says at once when nobody said where Kafka is
    feeds = Store.connect(settings)
    outbound = Outbound(
        settings.outbound.allow,
        user_agent=settings.ingest.user_agent,
        max_connections=settings.ingest.concurrency,
    )
    parser = Parser(
        seconds=settings.ingest.parse_timeout.total_seconds(),
        memory_mb=settings.ingest.parse_memory_mb,
        workers=PARSERS,
    )
    publisher = Publisher(feeds, KafkaSink(settings))
    process.add_check("kafka", publisher.check)
    try:
        await subscribe(feeds, settings.ingest.feeds)
        crawler = Crawler(feeds, outbound, parser, settings.ingest, news=publisher.wake)
        await _together(crawler, publisher, process.stopping)
    finally:
        await parser.aclose()
        await outbound.aclose()
        await feeds.aclose()


async def _together(crawler: Crawler, publisher: Publisher, stopping: asyncio.Event) -> None:
    """Crawl until `stopping`, then let the publisher send what came last. When the publisher fails, all ends."""
    done = asyncio.Event()
    publishing = asyncio.create_task(publisher.run(done))
    publishing.add_done_callback(lambda _task: stopping.set())
    try:
        await crawler.run(stopping)
    finally:
        done.set()
        await asyncio.wait({publishing}, timeout=LAST_SECONDS)
        if not publishing.done():
            publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
    if not publishing.cancelled():
        publishing.result()


async def subscribe(feeds: Store, files: tuple[Path, ...]) -> None:
    """Add the feeds of the files that the settings name; they are added, never removed. Wrong lines are told."""
    for file in files:
        try:
            listed = read_list(file)
        except UsageError as error:
            raise UsageError(f"ingest.feeds: {error}") from error
        for line in listed:
            if line.problem:
                log.warning("feed.ignored", file=str(file), line=line.line, reason=line.problem)
        new = await feeds.add([line.feed for line in listed if line.feed], datetime.now(UTC))
        log.info("feeds.read", file=str(file), feeds=len(listed), new=len(new))


def read_list(file: Path) -> list[opml.Listed]:
    """A feed list from a file. Raises UsageError when it cannot be read."""
    try:
        return opml.read(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror})") from error
    except opml.OpmlError as error:
        raise UsageError(f"{file} {error}") from error
