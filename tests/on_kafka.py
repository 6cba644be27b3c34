"""Articles on a real Kafka: written, read back and counted, for the tests of the workers."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams import broker, dead_letters
from streams.messages import Article, encode
from streams.settings import Settings
from streams.topics import ANNOTATED, ARTICLES, Topic
from tests import fakes


async def until(holds: Callable[[], bool | Awaitable[bool]], seconds: float = 60) -> None:
    """Wait until a condition of the broker holds; the bound is for a machine that does much else, not what it takes."""
    await fakes.until(holds, seconds, every=0.1)


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


async def lag_is(settings: Settings, count: int) -> bool:
    return await lag(settings) == count


async def reached(settings: Settings, count: int) -> bool:
    return len(await read(settings)) >= count


async def letters_reach(settings: Settings, count: int) -> bool:
    return len(await dead_letters.read(settings)) >= count


async def all_there(settings: Settings, count: int) -> bool:
    return set(await read(settings)) >= {f"a{n}" for n in range(count)}
