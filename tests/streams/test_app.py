"""The guarded worker on a real Kafka: nothing is lost, what fails is a dead letter, and what cannot go on ends."""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from streams import broker, dead_letters
from streams.app import Limits, Output, Record, Worker
from streams.errors import InfrastructureError, PermanentError, TemporaryError
from streams.messages import Article, encode
from streams.service import Service
from streams.settings import Settings
from streams.topics import ANNOTATED, ARTICLES, FEED_STATUS
from streams.watchdog import Patience, look
from tests.on_kafka import all_there, article, lag, lag_is, letters_reach, reached, read, until, write

pytestmark = pytest.mark.kafka

QUICK = Limits(retries=(0.05, 0.05), session_seconds=3.0)

Handle = Callable[[Article, Record], Awaitable[Sequence[Output]]]


async def echo(article: Article, _record: Record) -> Sequence[Output]:
    return [Output(ANNOTATED, article.id.encode(), encode(article))]


@contextlib.asynccontextmanager
async def working(settings: Settings, handle: Handle, limits: Limits = QUICK) -> AsyncIterator[Worker]:
    service = Service("test", settings)
    worker = Worker(service, "test", limits)
    worker.on(ARTICLES, Article, handle)
    running = asyncio.create_task(worker.run())
    started = asyncio.create_task(worker.started())
    await asyncio.wait({running, started}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield worker
    finally:
        service.stopping.set()
        await running


async def test_what_cannot_be_read_becomes_a_dead_letter_and_the_rest_goes_through(kafka_settings: Settings):
    bad = {10: b"\xff\xfe", 20: b'{"title": ', 30: b'["title"]', 40: b'{"title": 7}', 50: None}
    await write(kafka_settings, [bad.get(n, article(n)) for n in range(60)])
    seen: list[Record] = []

    async def handle(message: Article, record: Record) -> Sequence[Output]:
        seen.append(record)
        return await echo(message, record)

    async with working(kafka_settings, handle):
        await until(lambda: reached(kafka_settings, 55))

    assert sorted(await read(kafka_settings)) == sorted(f"a{n}" for n in range(60) if n not in bad)
    assert await lag(kafka_settings) == 0, "what was read is committed when it stops"
    letters = await dead_letters.read(kafka_settings)
    assert {(one.letter.key, one.letter.value) for one in letters} == {(f"k{n}".encode(), bad[n]) for n in bad}
    assert all(one.letter.source_topic == "articles" and one.letter.attempts == 1 for one in letters)
    assert {one.letter.value: one.letter.error for one in letters}[None] == "the record has no value"
    assert all(one.letter.error for one in letters)
    assert all(one.headers == {"origin": b"test"} for one in letters)
    places = {one.source for one in letters}
    assert len(places) == 5
    assert not places & {record.place.removeprefix(kafka_settings.kafka.topic_prefix) for record in seen}
    assert abs(seen[0].timestamp - datetime.now(UTC)) < timedelta(minutes=5)
    assert seen[0].headers == {"origin": b"test"}
    for partition in range(8):
        offsets = [record.offset for record in seen if record.partition == partition]
        assert offsets == sorted(offsets), "records of a partition are handled in order"


async def test_an_error_of_a_handler_is_a_dead_letter_with_its_name(kafka_settings: Settings):
    await write(kafka_settings, [article(1, "permanent"), article(2, "bug"), article(3)])

    async def handle(message: Article, record: Record) -> Sequence[Output]:
        if message.title == "permanent":
            raise PermanentError("this will never work")
        if message.title == "bug":
            raise KeyError("x")
        return await echo(message, record)

    async with working(kafka_settings, handle):
        await until(lambda: reached(kafka_settings, 1))
        await until(lambda: letters_reach(kafka_settings, 2))
    errors = {one.letter.error for one in await dead_letters.read(kafka_settings)}
    assert errors == {"PermanentError: this will never work", "KeyError: 'x'"}


async def test_a_temporary_error_is_tried_again(kafka_settings: Settings):
    await write(kafka_settings, [article(1)])
    calls = []

    async def handle(message: Article, record: Record) -> Sequence[Output]:
        calls.append(time.monotonic())
        if len(calls) < 3:
            raise TemporaryError("busy", after=timedelta(seconds=0.3))
        return await echo(message, record)

    async with working(kafka_settings, handle):
        await until(lambda: reached(kafka_settings, 1))
    assert len(calls) == 3
    assert calls[1] - calls[0] >= 0.3, "it waits at least as long as it was told"
    assert await dead_letters.read(kafka_settings) == []


async def test_a_database_that_is_away_ends_the_worker_and_the_record_comes_again(kafka_settings: Settings):
    await write(kafka_settings, [article(n) for n in range(20)])
    handled = []

    async def broken(message: Article, record: Record) -> Sequence[Output]:
        if message.id == "a7":
            raise InfrastructureError("the database does not answer")
        handled.append(message.id)
        return await echo(message, record)

    with pytest.raises(InfrastructureError, match="attempt 3: the database does not answer"):
        async with working(kafka_settings, broken) as worker:
            await asyncio.wait_for(worker._failed.wait(), 60)
    assert (await lag(kafka_settings) or 0) >= 1
    assert await dead_letters.read(kafka_settings) == []

    async with working(kafka_settings, echo):
        await until(lambda: all_there(kafka_settings, 20))
    repeats = Counter(await read(kafka_settings))
    assert repeats["a7"] == 1, "it was never done before"
    assert sum(repeats.values()) <= 20 + len(handled)


async def test_the_brake_stops_what_would_drain_the_topic_into_dead_letters(kafka_settings: Settings):
    await write(kafka_settings, [b"junk"] * 30)
    limits = replace(QUICK, brake=10)
    with pytest.raises(InfrastructureError, match="10 records in a row could not be processed"):
        async with working(kafka_settings, echo, limits) as worker:
            await asyncio.wait_for(worker._failed.wait(), 60)
    assert len(await dead_letters.read(kafka_settings)) == 10


async def test_a_good_record_in_between_releases_the_brake(kafka_settings: Settings):
    name = broker.topic_name(kafka_settings, ARTICLES)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap(kafka_settings)) as producer:
        for n in range(24):
            await producer.send_and_wait(name, article(n) if n % 4 == 3 else b"junk", partition=0)
    async with working(kafka_settings, echo, replace(QUICK, brake=4)) as worker:
        await until(lambda: worker._failed.is_set() or lag_is(kafka_settings, 0))
        assert not worker._failed.is_set()
    assert len(await dead_letters.read(kafka_settings)) == 18
    assert sorted(await read(kafka_settings)) == sorted(f"a{n}" for n in range(3, 24, 4))


async def test_an_output_that_is_too_large_is_a_dead_letter(kafka_settings: Settings):
    await write(kafka_settings, [article(1), article(2)])

    async def handle(message: Article, record: Record) -> Sequence[Output]:
        size = 1_000_001 if message.id == "a1" else 10
        return [Output(ANNOTATED, b"k", json.dumps({"id": message.id, "x": "y" * size}).encode())]

    async with working(kafka_settings, handle):
        await until(lambda: reached(kafka_settings, 1))
        await until(lambda: letters_reach(kafka_settings, 1))
    assert await read(kafka_settings) == ["a2"]
    assert "a record may have 1000000" in (await dead_letters.read(kafka_settings))[0].letter.error


async def test_a_broker_that_takes_less_than_we_send_makes_dead_letters_not_a_loop(kafka_settings: Settings):
    small = replace(FEED_STATUS, name="small")
    name = broker.topic_name(kafka_settings, small)
    async with broker.administrating(kafka_settings) as admin:
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"max.message.bytes": "2000"})])
    await write(kafka_settings, [article(n) for n in range(10)])
    noise = random.Random(3).randbytes(10_000).hex()

    async def handle(message: Article, record: Record) -> Sequence[Output]:
        return [Output(small, b"k", json.dumps({"id": message.id, "x": noise if message.id == "a4" else ""}).encode())]

    for _ in range(3):
        with contextlib.suppress(InfrastructureError):
            async with working(kafka_settings, handle) as worker:
                await until(lambda worker=worker: worker._failed.is_set() or lag_is(kafka_settings, 0))
        if await lag(kafka_settings) == 0:
            break
    assert await lag(kafka_settings) == 0
    assert set(await read(kafka_settings, small)) == {f"a{n}" for n in range(10)} - {"a4"}
    assert [json.loads(one.letter.value or b"")["id"] for one in await dead_letters.read(kafka_settings)] == ["a4"]


async def test_one_worker_reads_several_topics(kafka_settings: Settings):
    await write(kafka_settings, [article(1)])
    await write(kafka_settings, [b'{"feed": "f", "state": "well", "checked": "2026-01-01T00:00:00Z"}'], FEED_STATUS)
    service = Service("test", kafka_settings)
    worker = Worker(service, "test", QUICK)
    seen: list[str] = []

    async def note(_message: object, record: Record) -> Sequence[Output]:
        seen.append(record.topic.removeprefix(kafka_settings.kafka.topic_prefix))
        return []

    worker.on(ARTICLES, ARTICLES.message, note)  # type: ignore[type-var]
    worker.on(FEED_STATUS, FEED_STATUS.message, note)  # type: ignore[type-var]
    running = asyncio.create_task(worker.run())
    assert "assigned partitions" in (service.unready().get("kafka") or "assigned partitions")
    await worker.started()
    await until(lambda: len(seen) == 2)
    await until(lambda: service.unready() == {})
    service.stopping.set()
    await running
    assert sorted(seen) == ["articles", "feed-status"]


async def test_the_private_attributes_that_the_watchdog_reads_are_there(kafka_settings: Settings):
    await write(kafka_settings, [article(n) for n in range(40)])
    async with working(kafka_settings, echo) as worker:
        await until(lambda: reached(kafka_settings, 40))
        await until(lambda: worker._sight.consuming and settled(worker))
        sight = worker._sight
    assert (sight.crashed, sight.parked_error, sight.coordinating, sight.coordinator_known) == (None, None, True, True)
    assert len(sight.partitions) == 8
    assert sum(progress.end or 0 for progress in sight.partitions.values()) == 40
    assert sight.unacknowledged == 0


def settled(worker: Worker) -> bool:
    partitions = worker._sight.partitions.values()
    return bool(partitions) and all(p.committed == p.position == p.end for p in partitions if p.end)


async def test_a_blocked_event_loop_is_ended_by_the_watchdog(kafka_settings: Settings):
    await write(kafka_settings, [article(1)])
    ended: list[int] = []

    async def block(message: Article, record: Record) -> Sequence[Output]:
        time.sleep(4)  # noqa: ASYNC251 -- the fault
        return []

    async with working(kafka_settings, block, replace(QUICK, patience=Patience(heartbeat=1.5), end=ended.append)):
        await until(lambda: bool(ended))
    assert ended == [70]


async def test_a_worker_that_cannot_stop_is_ended(kafka_settings: Settings):
    await write(kafka_settings, [article(1)])
    ended: list[int] = []
    taken = asyncio.Event()

    async def hang(_message: Article, _record: Record) -> Sequence[Output]:
        taken.set()
        await asyncio.sleep(6)
        return []

    async with working(kafka_settings, hang, replace(QUICK, stop_seconds=2.5, end=ended.append)):
        await asyncio.wait_for(taken.wait(), 60)
    await until(lambda: ended == [70])
    assert await lag(kafka_settings) in (None, 1), "what was not finished is not committed"


async def test_look_reads_an_app_that_has_not_started(kafka_settings: Settings):
    from streams.app import make_app

    app = make_app("group", kafka_settings, QUICK)
    assert look(app).consuming is False
