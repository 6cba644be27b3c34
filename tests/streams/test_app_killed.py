"""Guarded workers in processes of their own, and a broker, that are killed: nothing is lost, and work goes on."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

from deploy.kafka import LocalKafka
from streams import broker, dead_letters
from streams.settings import Settings
from streams.topics import ARTICLES
from tests.on_kafka import all_there, article, lag_is, letters_reach, reached, read, until, write

pytestmark = pytest.mark.kafka

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
        await until(lambda at_least=at_least: reached(kafka_settings, at_least))
        workers.processes[0].kill()
        workers.processes[0].wait(10)
        workers.keep()
    await load
    good = {f"a{n}" for n in range(900) if n % 50}
    await until(lambda: includes(kafka_settings, good))
    await until(lambda: lag_is(kafka_settings, 0))
    workers.processes[0].terminate()
    assert workers.processes[0].wait(30) == 0
    found = Counter(await read(kafka_settings))
    assert set(found) == good
    assert sum(found.values()) - len(found) <= 3 * 400, "repeats are at most what was in hand at each kill"
    letters = {one.source for one in await dead_letters.read(kafka_settings)}
    assert len(letters) == 18

    workers.keep()
    await until(lambda: members(kafka_settings, (8,)))
    await asyncio.sleep(1)
    assert Counter(await read(kafka_settings)) == found, "after an ordinary stop nothing is repeated"


async def test_a_process_whose_database_is_away_ends_with_70_and_goes_on_when_it_is_back(
    kafka_settings: Settings, workers: Workers
):
    await write(kafka_settings, [article(n, "away" if n == 3 else "") for n in range(20)])
    workers.keep()
    assert await asyncio.to_thread(workers.processes[0].wait, 60) == 70
    assert "a3" not in await read(kafka_settings)
    (kafka_settings.data_dir / "back").touch()
    workers.keep()
    await until(lambda: all_there(kafka_settings, 20))
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


async def test_two_workers_share_the_partitions_and_one_goes_on_alone(kafka_settings: Settings, workers: Workers):
    workers.count = 2
    workers.keep()
    await until(lambda: members(kafka_settings, (4, 4)))
    await write(kafka_settings, [article(n) for n in range(300)])
    await until(lambda: reached(kafka_settings, 60))
    workers.processes[0].kill()
    workers.processes[0].wait(10)
    await until(lambda: all_there(kafka_settings, 300))
    await until(lambda: members(kafka_settings, (8,)))
    assert set(await read(kafka_settings)) == {f"a{n}" for n in range(300)}
    assert await dead_letters.read(kafka_settings) == []
    assert workers.processes[1].poll() is None, "the one that is left was not started anew"


async def members(settings: Settings, shares: tuple[int, ...]) -> bool:
    """Whether the group's members have so many partitions each."""
    assignment = Schema(("version", Int16), ("topics", Array(("topic", String("utf-8")), ("partitions", Array(Int32)))))
    group = broker.group_name(settings, "test")
    async with broker.administrating(settings) as admin:
        described = (await admin.describe_consumer_groups([group]))[0].groups[0]
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
        await until(lambda: reached(settings, 50))
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
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
