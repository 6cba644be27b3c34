"""From the outbox to Kafka: nothing is lost while the broker is away, and what is repeated keeps its id."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError

from deploy.settings import Settings as AllSettings
from ingest.feeds import Feed
from ingest.publish import KafkaSink, Publisher
from ingest.store import Outgoing, Store, migrate
from streams import broker
from streams.messages import Article, FeedStatus, decode
from streams.settings import Settings
from streams.topics import ARTICLES, FEED_STATUS
from tests.fakes import until

NOW = datetime(2023, 9, 5, 12, tzinfo=UTC)
URL = "https://a.example/feed"


class FakeSink:
    """Takes messages as Kafka does, or fails the first `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[Outgoing] = []
        self.closed = False

    async def send(self, messages: Sequence[Outgoing]) -> None:
        if self.failures:
            self.failures -= 1
            raise KafkaConnectionError("nobody there")
        self.taken.extend(messages)

    async def aclose(self) -> None:
        self.closed = True


async def _filled(settings: Settings, articles: int = 3) -> Store:
    await asyncio.to_thread(migrate, settings)
    store = Store.connect(settings)
    await store.add([Feed(URL)], NOW)
    (feed,) = await store.lease_due(NOW, 1, timedelta(minutes=1))
    found = [Article(id=f"ar_{n}", title=f"Title {n}", published=NOW, fetched=NOW) for n in range(articles)]
    await store.record(replace(feed, state="well", checked=NOW, next=NOW), found, NOW)
    return store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    filled = await _filled(Settings(data_dir=tmp_path))
    yield filled
    await filled.aclose()


async def test_the_outbox_is_drained_in_order(store: Store) -> None:
    sink = FakeSink()
    assert await Publisher(store, sink).drain() == 4
    assert [m.key for m in sink.taken] == ["ar_2", "ar_1", "ar_0", URL]
    assert await store.outbox(10) == []


async def test_what_was_not_acknowledged_stays_and_is_sent_again_as_it_was(store: Store) -> None:
    """Killed between sending and forgetting: the same ids go out once more, and only these."""

    class Killed(FakeSink):
        async def send(self, messages: Sequence[Outgoing]) -> None:
            await super().send(messages)
            raise KeyboardInterrupt

    killed = Killed()
    with pytest.raises(KeyboardInterrupt):
        await Publisher(store, killed).drain()
    second = FakeSink()
    await Publisher(store, second).drain()
    assert second.taken == killed.taken
    assert await Publisher(store, FakeSink()).drain() == 0


async def test_a_broker_that_is_away_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.publish.FIRST_PAUSE", 0.05)
    sink = FakeSink(failures=3)
    publisher = Publisher(store, sink)
    assert publisher.check() is not None
    stopping = asyncio.Event()
    running = asyncio.create_task(publisher.run(stopping))
    await until(lambda: "nobody there" in (publisher.check() or ""))
    await until(lambda: publisher.check() is None)
    stopping.set()
    await running
    assert len(sink.taken) == 4
    assert sink.closed


async def test_news_goes_out_at_once_and_what_came_last_before_the_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.publish.LOOK_SECONDS", 60.0)  # it is woken, it does not look by chance
    sink = FakeSink()
    publisher = Publisher(store, sink)
    stopping = asyncio.Event()
    running = asyncio.create_task(publisher.run(stopping))
    await until(lambda: len(sink.taken) == 4)
    for number in (10, 11):
        (feed,) = await store.lease_due(NOW, 1, timedelta(minutes=1))
        await store.record(replace(feed, next=NOW), [Article(id=f"ar_{number}", title="x")], NOW)
        publisher.wake()
        if number == 10:
            await until(lambda: "ar_10" in [m.key for m in sink.taken])
    stopping.set()
    await running
    assert "ar_11" in [m.key for m in sink.taken]


@pytest.mark.kafka
async def test_articles_and_statuses_on_a_real_kafka(kafka_settings: AllSettings) -> None:
    store = await _filled(kafka_settings, articles=700)
    publisher = Publisher(store, KafkaSink(kafka_settings))
    stopping = asyncio.Event()
    running = asyncio.create_task(publisher.run(stopping))
    await until(lambda: _empty(store), 20)
    stopping.set()
    await running
    assert publisher.check() is None
    articles = await _read(kafka_settings, broker.topic_name(kafka_settings, ARTICLES), 700)
    assert {key for key, _ in articles} == {f"ar_{n}".encode() for n in range(700)}
    assert all(decode(value, Article).id.encode() == key for key, value in articles)
    ((key, value),) = await _read(kafka_settings, broker.topic_name(kafka_settings, FEED_STATUS), 1)
    assert (key, decode(value, FeedStatus).state) == (URL.encode(), "well")
    await store.aclose()


async def _empty(store: Store) -> bool:
    return await store.outbox(1) == []


async def _read(settings: AllSettings, topic: str, number: int) -> list[tuple[bytes, bytes]]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker.bootstrap(settings), auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    found: list[tuple[bytes, bytes]] = []
    try:
        async with asyncio.timeout(20):
            while len(found) < number:
                record = await consumer.getone()
                found.append((record.key, record.value))
    finally:
        await consumer.stop()
    return found


@pytest.mark.kafka
async def test_a_kafka_that_comes_back_takes_what_waited(kafka_settings: AllSettings) -> None:
    """Nobody listens at first; then the address leads to a broker."""
    away = kafka_settings.model_copy(
        update={"kafka": kafka_settings.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})}
    )
    store = await _filled(kafka_settings)
    sink = KafkaSink(away)
    publisher = Publisher(store, sink)
    with pytest.raises(KafkaConnectionError):
        await publisher.drain()
    assert len(await store.outbox(10)) == 4
    sink._settings = kafka_settings
    assert await publisher.drain() == 4
    await sink.aclose()
    await store.aclose()
