"""Every process and the broker are killed under load; no alert is lost, none comes twice, none that should not be."""

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.faults.newsroom import Newsroom
from tests.faults.sink import SECRET, Sink
from tests.faults.system import System, running, until

ARTICLES = 1000
PER_SECOND = 25
UNREADABLE_EVERY = 50
BACK_WITHIN = 30.0

RULES = """
[[rule]]
name = "Leaders meet"
query = 'event:leader_meeting country:KP'
severity = "high"
notify = ["sink"]

[[channel]]
name = "sink"
type = "webhook"
url = "{url}"
secret = "{secret}"
"""

MENDED = (
    '{"id": "mended-1", "title": "Kim Jong-un trifft Putin in Wladiwostok", "url": "http://news.example/mended-1", '
    '"published": "2023-09-12T08:00:00Z", "language": "de", "source": {"feed": "test"}}'
)


@pytest.mark.kafka
@pytest.mark.timeout(420)
async def test_nothing_is_lost_or_repeated_when_processes_and_broker_are_killed(tmp_path: Path) -> None:
    randomness = random.Random(20230905)
    newsroom, sink, system = Newsroom(), Sink(), System(tmp_path / "system")
    await newsroom.start()
    await sink.start()
    system.configure(newsroom.urls(), RULES.format(url=sink.url, secret=SECRET))
    await system.start()
    try:
        await until(lambda: newsroom.requests > 0, 90, "the first fetch")
        load = asyncio.create_task(_load(newsroom, system, randomness))
        back = await _hurt(system, randomness)
        unreadable = await load
        await _check(newsroom, sink, system, unreadable)
        assert max(back.values()) <= BACK_WITHIN, back
    finally:
        pids = [pid for name in ("ingest", "detect", "match", "deliver", "web") for pid in system.pids(name)]
        pids.append(system.broker_pid())
        status = await system.stop()
        await sink.stop()
        await newsroom.stop()
    assert status == 0
    assert [pid for pid in pids if running(pid)] == []


async def _load(newsroom: Newsroom, system: System, randomness: random.Random) -> int:
    """Publish all articles at a steady rate and put an unreadable record on the topic now and then; how many of these."""
    unreadable = 0
    for number in range(ARTICLES):
        newsroom.publish(number, randomness)
        if number % UNREADABLE_EVERY == UNREADABLE_EVERY - 1:
            await _poison(system, b'{"id": "broken-%d", "title": ' % number)
            unreadable += 1
        await asyncio.sleep(1 / PER_SECOND)
    return unreadable


async def _poison(system: System, value: bytes) -> None:
    """Put an unreadable record on `articles`, whatever state the broker is in; one whose answer was lost may lie there twice."""
    for _ in range(60):
        try:
            await _put(system, value)
        except (OSError, KafkaError):
            await asyncio.sleep(1)
        else:
            return
    raise AssertionError("the broker did not come back")


async def _put(system: System, value: bytes) -> None:
    address = (system.folder / "data" / "kafka" / "address").read_text().strip()
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", request_timeout_ms=5000)
    try:
        await producer.start()
        await producer.send_and_wait("articles", value)
    finally:
        await producer.stop()


async def _hurt(system: System, randomness: random.Random) -> dict[str, float]:
    """Kill each process twice, the broker once, and stop and start everything once; seconds until each was back."""
    plan = ["ingest", "detect", "match", "deliver"] * 2 + ["broker"]
    randomness.shuffle(plan)
    back: dict[str, float] = {}
    for step, name in enumerate(plan):
        await asyncio.sleep(randomness.uniform(1.0, 3.0))
        if name == "broker":
            os.kill(system.broker_pid(), signal.SIGKILL)
            back["broker"] = await until(lambda: _broker_ready(system), 60, "the broker is back")
        else:
            gone = await system.kill(name)
            back[f"{name} {step}"] = await until(
                lambda name=name, gone=gone: any(pid != gone for pid in system.pids(name)),  # type: ignore[misc]
                60,
                f"{name} is back",
            )
        if step == len(plan) // 2:
            assert await system.stop() == 0
            await system.start()
    return back


async def _broker_ready(system: System) -> bool:
    status, _ = await system.command("topics", "lag", "--json")
    return status == 0


async def _check(newsroom: Newsroom, sink: Sink, system: System, unreadable: int) -> None:
    await until(lambda: len(newsroom.served) == ARTICLES, 60, "every article was served")
    expected = {f"http://news.example/{item.guid}" for item in newsroom.all_items() if item.alerts}
    try:
        await until(lambda: expected <= set(sink.articles().values()), 120, "every expected webhook came")
    except AssertionError as error:
        missing = sorted(expected - set(sink.articles().values()))
        raise AssertionError(f"{error}: {len(missing)} of {len(expected)} missing, such as {missing[:5]}") from None
    letters = await system.json("dead-letters", "list")
    assert len({letter["value"] for letter in letters}) == unreadable
    assert len({letter["source"] for letter in letters}) == len(letters), "two dead letters for one record"
    assert all(letter["source"].startswith("articles:") and letter["error"] for letter in letters)
    await _replay_one_mended(system, sink, letters)
    await until(lambda: _drained(system), 60, "every group has read everything")
    articles = Counter(sink.articles().values())
    assert set(articles) == expected | {"http://news.example/mended-1"}
    assert [url for url, ids in articles.items() if ids > 1] == [], "two webhook-ids for one article"
    assert sink.faults == []
    assert (await system.json("status"))["alerts"]["today"] == len(expected) + 1


async def _replay_one_mended(system: System, sink: Sink, letters: list[dict[str, Any]]) -> None:
    mended = system.folder / "mended.json"
    mended.write_text(MENDED)
    status, out = await system.command("dead-letters", "replay", letters[0]["id"], "--value", str(mended))
    assert status == 0, out
    await until(lambda: "http://news.example/mended-1" in sink.articles().values(), 30, "the mended record alerted")
    assert len(await system.json("dead-letters", "list")) == len(letters) - 1


async def _drained(system: System) -> bool:
    topics = (await system.json("status"))["topics"]
    return all(topic["lag"] == 0 for topic in topics.values())
