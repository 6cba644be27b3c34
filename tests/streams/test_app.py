"""The guarded worker on a real Kafka: nothing is lost, what fails is a dead letter, and what cannot go on ends."""

import asyncio
import contextlib
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from deploy.kafka import LocalKafka
from streams import broker, dead_letters
from streams.app import Limits, Output, Record, Worker
from streams.errors import InfrastructureError, PermanentError, TemporaryError
from streams.messages import Article, encode
from streams.service import Service
from streams.settings import Settings
from streams.topics import ANNOTATED, ARTICLES, FEED_STATUS, Topic
from streams.watchdog import Patience, look

pytestmark = pytest.mark.kafka

QUICK = Limits(retries=(0.05, 0.05), session_seconds=3.0)

Handle = Callable[[Article, Record], Awaitable[Sequence[Output]]]


async def echo(article: Article, _record: Record) -> Sequence[Output]:
    return [Output(ANNOTATED, article.id.encode(), encode(article))]


def article(number: int, title: str = "") -> bytes:
    return encode(Article(id=f"a{number}", title=title or f"Article {number}"))


async def write(settings: Settings, values: Iterable[bytes | None], topic: Topic = ARTICLES) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap(settings), acks="all") as producer:
        name = broker.topic_name(settings, topic)
        await asyncio.gather(
            *[
                await producer.send(name, value, key=f"k{n}".encode(), headers=[("origin", b"test")])
                for n, value in enumerate(values)
            ]
        )


async def read(settings: Settings, topic: Topic = ANNOTATED) -> list[str]:
    """The ids of all articles on a topic."""
    name = broker.topic_name(settings, topic)
    found = []
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap(settings)) as consumer:
        partitions = [TopicPartition(name, p) for p in range(topic.partitions)]
        end = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(tp) < end[tp] for tp in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [json.loads(record.value)["id"] for record in records]
    return found


async def lag(settings: Settings, group: str = "test") -> int | None:
    states = {state.topic: state for state in await broker.measure(settings)}
    return states["articles"].groups.get(group)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def working(settings: Settings, handle: Handle, limits: Limits = QUICK) -> AsyncIterator[Worker]:
    service = Service("test", settings)
    worker = Worker(service, "test", limits)
    worker.on(ARTICLES, Article, handle)
    running = asyncio.create_task(worker.run())
    started = asyncio.create_task(worker.started())
    await asyncio.wait({running, started}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
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


async def reached(settings: Settings, count: int) -> bool:
    return len(await read(settings)) >= count


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


async def letters_reach(settings: Settings, count: int) -> bool:
    return len(await dead_letters.read(settings)) >= count


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
            await asyncio.wait_for(worker._failed.wait(), 20)
    assert (await lag(kafka_settings) or 0) >= 1
    assert await dead_letters.read(kafka_settings) == []

    async with working(kafka_settings, echo):
        await until(lambda: all_there(kafka_settings, 20))
    repeats = Counter(await read(kafka_settings))
    assert repeats["a7"] == 1, "it was never done before"
    assert sum(repeats.values()) <= 20 + len(handled)


async def all_there(settings: Settings, count: int) -> bool:
    return set(await read(settings)) >= {f"a{n}" for n in range(count)}


async def test_the_brake_stops_what_would_drain_the_topic_into_dead_letters(kafka_settings: Settings):
    await write(kafka_settings, [b"junk"] * 30)
    limits = replace(QUICK, brake=10)
    with pytest.raises(InfrastructureError, match="10 records in a row could not be processed"):
        async with working(kafka_settings, echo, limits) as worker:
            await asyncio.wait_for(worker._failed.wait(), 20)
    assert len(await dead_letters.read(kafka_settings)) == 10


async def test_a_good_record_in_between_releases_the_brake(kafka_settings: Settings):
    name = broker.topic_name(kafka_settings, ARTICLES)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap(kafka_settings)) as producer:
        for n in range(24):
            await producer.send_and_wait(name, article(n) if n % 4 == 3 else b"junk", partition=0)
    async with working(kafka_settings, echo, replace(QUICK, brake=4)):
        await until(lambda: letters_reach(kafka_settings, 18))
        await until(lambda: reached(kafka_settings, 6))


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
                await until(lambda worker=worker: done_or_failed(kafka_settings, worker), 20)
        if await lag(kafka_settings) == 0:
            break
    assert await lag(kafka_settings) == 0
    assert set(await read(kafka_settings, small)) == {f"a{n}" for n in range(10)} - {"a4"}
    assert [json.loads(one.letter.value or b"")["id"] for one in await dead_letters.read(kafka_settings)] == ["a4"]


async def done_or_failed(settings: Settings, worker: Worker) -> bool:
    return worker._failed.is_set() or await lag(settings) == 0


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
    await until(lambda: asyncio.sleep(0, len(seen) == 2))
    await until(lambda: asyncio.sleep(0, service.unready() == {}))
    service.stopping.set()
    await running
    assert sorted(seen) == ["articles", "feed-status"]


async def test_the_private_attributes_that_the_watchdog_reads_are_there(kafka_settings: Settings):
    await write(kafka_settings, [article(n) for n in range(40)])
    async with working(kafka_settings, echo) as worker:
        await until(lambda: reached(kafka_settings, 40))
        await until(lambda: asyncio.sleep(0, worker._sight.consuming))
        await asyncio.sleep(2.5)
        sight = worker._sight
    assert (sight.crashed, sight.parked_error, sight.coordinating, sight.coordinator_known) == (None, None, True, True)
    assert len(sight.partitions) == 8
    assert sum(progress.end or 0 for progress in sight.partitions.values()) == 40
    assert all(p.committed == p.position == p.end for p in sight.partitions.values() if p.end)
    assert sight.unacknowledged == 0


async def test_a_blocked_event_loop_is_ended_by_the_watchdog(kafka_settings: Settings):
    await write(kafka_settings, [article(1)])
    ended: list[int] = []

    async def block(message: Article, record: Record) -> Sequence[Output]:
        time.sleep(4)  # noqa: ASYNC251 -- the fault
        return []

    async with working(kafka_settings, block, replace(QUICK, patience=Patience(heartbeat=1.5), end=ended.append)):
        await until(lambda: asyncio.sleep(0, bool(ended)))
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
        await asyncio.wait_for(taken.wait(), 20)
    await until(lambda: asyncio.sleep(0, ended == [70]), 5)
    assert await lag(kafka_settings) in (None, 1), "what was not finished is not committed"


async def test_look_reads_an_app_that_has_not_started(kafka_settings: Settings):
    from streams.app import make_app

    app = make_app("group", kafka_settings, QUICK)
    assert look(app).consuming is False


# ---- processes of their own, which are killed

PROCESS = """
import asyncio, os, sys
from pathlib import Path
from streams.app import Limits, Output, Worker
from streams.errors import InfrastructureError
from streams.messages import Article, encode
from streams.service import run
from streams.settings import Settings
from streams.topics import ANNOTATED, ARTICLES

settings = Settings.model_validate_json(sys.argv[1])

async def handle(article, record):
    await asyncio.sleep(0.002)
    if article.title == "away" and not (settings.data_dir / "back").exists():
        raise InfrastructureError("the database does not answer")
    if article.title == "deadly":
        os.kill(os.getpid(), 9)
    return [Output(ANNOTATED, article.id.encode(), encode(article))]

async def main(service):
    worker = Worker(service, "test", Limits(session_seconds=3.0, ready_seconds=20, retries=(0.1, 0.1), deaths=int(sys.argv[2])))
    worker.on(ARTICLES, Article, handle)
    await worker.run()

raise SystemExit(run("test", settings, main))
"""


@dataclass
class Workers:
    """Worker processes that are started again whenever they end, as a supervisor does."""

    settings: Settings
    count: int = 1
    deaths: int = 3
    statuses: list[int] = field(default_factory=list)
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def keep(self) -> None:
        for process in [p for p in self.processes if p.poll() is not None]:
            self.statuses.append(process.returncode)
            self.processes.remove(process)
        while len(self.processes) < self.count:
            self.processes.append(self.start())

    def start(self) -> "subprocess.Popen[bytes]":
        shared = Settings.model_validate({name: getattr(self.settings, name) for name in Settings.model_fields})
        command = [sys.executable, "-c", PROCESS, shared.model_dump_json(), str(self.deaths)]
        return subprocess.Popen(command, stderr=(self.settings.data_dir / "workers.log").open("ab"))

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait(10)


@pytest.fixture
def workers(kafka_settings: Settings) -> Iterator[Workers]:
    kafka_settings.data_dir.mkdir(parents=True, exist_ok=True)
    workers = Workers(kafka_settings)
    yield workers
    workers.end()


async def test_kills_lose_nothing(kafka_settings: Settings, workers: Workers):
    """Three times -9 while 900 records come, 18 of them unreadable; then SIGTERM, which repeats nothing."""
    load = asyncio.create_task(steady(kafka_settings, 900, unreadable=50))
    workers.keep()
    for at_least in (150, 400, 650):
        await until(lambda at_least=at_least: reached(kafka_settings, at_least), 40)
        workers.processes[0].kill()
        workers.processes[0].wait(10)
        workers.keep()
    await load
    good = {f"a{n}" for n in range(900) if n % 50}
    await until(lambda: includes(kafka_settings, good), 40)
    await until(lambda: committed(kafka_settings), 10)
    workers.processes[0].terminate()
    assert workers.processes[0].wait(12) == 0
    found = Counter(await read(kafka_settings))
    assert set(found) == good
    assert sum(found.values()) - len(found) <= 3 * 400, "repeats are at most what was in hand at each kill"
    letters = {one.source for one in await dead_letters.read(kafka_settings)}
    assert len(letters) == 18

    workers.keep()
    await asyncio.sleep(3)
    assert Counter(await read(kafka_settings)) == found, "after an ordinary stop nothing is repeated"


async def test_a_process_whose_database_is_away_ends_with_70_and_goes_on_when_it_is_back(
    kafka_settings: Settings, workers: Workers
):
    await write(kafka_settings, [article(n, "away" if n == 3 else "") for n in range(20)])
    workers.keep()
    assert await asyncio.to_thread(workers.processes[0].wait, 40) == 70
    assert "a3" not in await read(kafka_settings)
    (kafka_settings.data_dir / "back").touch()
    workers.keep()
    await until(lambda: all_there(kafka_settings, 20), 40)
    assert await dead_letters.read(kafka_settings) == []


async def test_a_record_that_kills_the_process_too_often_becomes_a_dead_letter(
    kafka_settings: Settings, workers: Workers
):
    workers.deaths = 1
    await write(kafka_settings, [article(n, "deadly" if n == 7 else "") for n in range(30)])

    async def all_but_one() -> bool:
        workers.keep()
        return len(set(await read(kafka_settings))) == 29 and await letters_reach(kafka_settings, 1)

    await until(all_but_one, 60)
    (letter,) = await dead_letters.read(kafka_settings)
    assert letter.letter.key == b"k7"
    assert letter.letter.error == "PermanentError: the process died with this record in hand (1 times)"
    assert workers.statuses == [-9]


async def steady(settings: Settings, count: int, unreadable: int) -> None:
    name = broker.topic_name(settings, ARTICLES)
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap(settings), acks="all", enable_idempotence=True
    ) as producer:
        for n in range(count):
            await producer.send(name, article(n) if n % unreadable else b"junk", key=f"k{n}".encode())
            await asyncio.sleep(0.012)


async def includes(settings: Settings, wanted: set[str]) -> bool:
    return set(await read(settings)) >= wanted


async def committed(settings: Settings) -> bool:
    return await lag(settings) == 0


async def test_two_workers_share_the_partitions_and_one_goes_on_alone(kafka_settings: Settings, workers: Workers):
    workers.count = 2
    workers.keep()
    await until(lambda: members(kafka_settings, (4, 4)), 30)
    await write(kafka_settings, [article(n) for n in range(300)])
    await until(lambda: reached(kafka_settings, 60), 20)
    workers.processes[0].kill()
    workers.processes[0].wait(10)
    await until(lambda: all_there(kafka_settings, 300), 30)
    await until(lambda: members(kafka_settings, (8,)), 30)


async def members(settings: Settings, shares: tuple[int, ...]) -> bool:
    """Whether the group's members have so many partitions each."""
    from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

    assignment = Schema(("version", Int16), ("topics", Array(("topic", String("utf-8")), ("partitions", Array(Int32)))))
    group = broker.group_name(settings, "test")
    async with broker.administrating(settings) as admin:
        described = (await admin.describe_consumer_groups([group]))[0].groups[0]
    import io

    shared = [assignment.decode(io.BytesIO(member[-1])) for member in described[5] if member[-1]]
    return tuple(sorted(sum(len(parts) for _, parts in topics) for _, topics in shared)) == shares


async def test_a_broker_that_is_killed_and_comes_back_loses_nothing(tmp_path: Path):
    local = LocalKafka(tmp_path)
    await asyncio.to_thread(local.start)
    settings = Settings(data_dir=tmp_path)
    workers = Workers(settings)
    try:
        await broker.create_topics(settings)
        workers.keep()
        await write(settings, [article(n) for n in range(200)])
        await until(lambda: reached(settings, 50), 30)
        pid = local.status().pid
        assert pid is not None
        await asyncio.to_thread(kill_and_wait, pid)
        await asyncio.to_thread(local.start)
        await write(settings, [article(n) for n in range(200, 400)])

        async def all_done() -> bool:
            workers.keep()
            return await all_there(settings, 400)

        await until(all_done, 60)
        assert set(workers.statuses) <= {70}, "a worker that gave up ended with 70"
        assert await dead_letters.read(settings) == []
    finally:
        workers.end()
        await asyncio.to_thread(local.stop)


def kill_and_wait(pid: int) -> None:
    import os
    import signal

    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
