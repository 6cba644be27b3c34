"""Messages → topics: drains the store's outbox to Kafka and drops what was acknowledged.

A broker that is away is waited for, for ever, while fetching goes on; readiness says so.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ingest.store import Outgoing, Store
from streams import broker, metrics
from streams.errors import UsageError
from streams.messages import Article, decode
from streams.settings import Settings
from streams.topics import ARTICLES, FEED_STATUS, TOPICS

BATCH = 500
LOOK_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0
REQUEST_MS = 15_000
LAST_SECONDS = 2.0
START_SECONDS = 30.0

log = structlog.get_logger()


class Sink(Protocol):
    """Where messages go. `send` returns when all of them are acknowledged, else raises KafkaError."""

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Send, in order per key."""

    async def aclose(self) -> None:
        """Close the connection."""


class KafkaSink:
    """An idempotent producer that waits for all replicas; made anew after an error, since some errors are final."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._reached = False

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Send and wait for every acknowledgement."""
        names = {topic.name: broker.topic_name(self._settings, topic) for topic in TOPICS}
        try:
            producer = await self._started()
            sent = [await producer.send(names[m.topic], m.value, key=m.key.encode()) for m in messages]
            await asyncio.gather(*sent)
        except (KafkaError, OSError):
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Give the producer up; what it had not sent is still in the outbox."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 2)

    async def _started(self) -> AIOKafkaProducer:
        if not self._reached:
            # Kafka may be starting beside this process: that is waited for in silence, once
            with contextlib.suppress(UsageError):
                await broker.wait_ready(self._settings, START_SECONDS, (ARTICLES, FEED_STATUS))
            self._reached = True
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=broker.bootstrap(self._settings),
                client_id="tocsin-ingest",
                enable_idempotence=True,
                acks="all",
                compression_type="zstd",
                linger_ms=5,
                request_timeout_ms=REQUEST_MS,
            )
            self._producer = producer  # given up by `aclose` also when it cannot start
            await producer.start()
        return self._producer


class Publisher:
    """Sends what the outbox holds, oldest first."""

    def __init__(self, store: Store, sink: Sink) -> None:
        self._store = store
        self._sink = sink
        self._wake = asyncio.Event()
        self._unready: str | None = "has not yet reached Kafka"

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._wake.set()

    def check(self) -> str | None:
        """Readiness: None while Kafka takes what it is given."""
        return self._unready

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until `stopping`, which is set when nothing more comes in; what is left then is sent by the next."""
        pause = FIRST_PAUSE
        try:
            while not stopping.is_set():
                self._wake.clear()
                try:
                    sent = await self.drain()
                except (KafkaError, OSError) as error:
                    self._unready = f"Kafka does not take articles ({type(error).__name__}: {error}); they are kept"
                    log.warning("publishing.failed", reason=self._unready, again_in=pause)
                    await _first(pause, stopping)
                    pause = min(pause * 2, LONGEST_PAUSE)
                    continue
                self._unready, pause = None, FIRST_PAUSE
                if not sent and not stopping.is_set():
                    await _first(LOOK_SECONDS, stopping, self._wake)
            if self._unready is None:
                with contextlib.suppress(KafkaError, OSError, TimeoutError):
                    await asyncio.wait_for(self.drain(), LAST_SECONDS)
        finally:
            await self._sink.aclose()

    async def drain(self) -> int:
        """Send the oldest messages and drop them once acknowledged; how many there were."""
        messages = await self._store.outbox(BATCH)
        if messages or self._unready:
            await self._sink.send(messages)
        if messages:
            await self._store.acknowledge(messages)
            self._count(messages)
        return len(messages)

    def _count(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            if message.topic != ARTICLES.name:
                continue
            article = decode(message.value, Article)
            metrics.ARTICLES_PUBLISHED.inc()
            if article.published and article.fetched and article.revision == 1:
                metrics.PUBLISHED_TO_FETCHED.observe((article.fetched - article.published).total_seconds())
            age = (datetime.now(UTC) - article.fetched).total_seconds() if article.fetched else None
            log.info("article.published", article_id=article.id, feed_url=article.source.feed, seconds=age)


async def _first(seconds: float, *events: asyncio.Event) -> None:
    """Wait until one of them is set, or the time is up."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when="FIRST_COMPLETED")
    finally:
        for task in tasks:
            task.cancel()
