"""The broker's side of the topics: where it is, whether it answers, what the topics are and how far readers are."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from streams.errors import InfrastructureError, UsageError
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, TOPICS, Topic

REQUEST_SECONDS = 15.0
MAX_MESSAGE_BYTES = 1_048_588
"""Kafka's own default, said in so many words so that a cluster's other default does not change what fits."""

MAX_DEAD_LETTER_BYTES = 2 * 1024 * 1024
"""A dead letter is the original with headers, so it may be larger than what its source topic takes."""

OLDEST_READ_SECONDS = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic on the broker. `groups` says how many records each group is behind; `topic` is without the prefix.

    `oldest_unread` is when the oldest record was written that some group has yet to read. `partitions` is 0 while the
    topic does not exist.
    """

    topic: str
    partitions: int
    messages: int
    groups: Mapping[str, int]
    oldest_unread: datetime | None


def address_file(data_dir: Path) -> Path:
    """Where the local Kafka leaves its address."""
    return data_dir / "kafka" / "address"


def bootstrap(settings: Settings) -> str:
    """The servers in force: the configured ones, else the local Kafka's; UsageError when there are neither."""
    if settings.kafka.bootstrap_servers:
        return settings.kafka.bootstrap_servers
    file = address_file(settings.data_dir)
    with contextlib.suppress(OSError):
        if address := file.read_text(encoding="utf-8").strip():
            return address
    raise UsageError(
        f"kafka.bootstrap_servers: is empty and no Kafka was started under {settings.data_dir}; "
        "start one with `tocsin kafka start` or `tocsin up`, or name the servers"
    )


def topic_name(settings: Settings, topic: Topic) -> str:
    """The topic's name on the broker, with kafka.topic_prefix."""
    return settings.kafka.topic_prefix + topic.name


def group_name(settings: Settings, group: str) -> str:
    """A consumer group's name on the broker: prefixed as the topics are, so that two installations do not share it."""
    return settings.kafka.topic_prefix + group


async def answers(servers: str, *, within: float = REQUEST_SECONDS) -> str | None:
    """None when a broker answers ApiVersions and Metadata and has a controller, else why it is not ready yet."""
    try:
        async with asyncio.timeout(within):
            refused = await _connectable(servers)
            return refused or await _controller(servers, within)
    except TimeoutError:
        return f"{servers} did not answer within {within:.0f} s"
    except (KafkaError, OSError) as error:
        return f"{servers}: {error or type(error).__name__}"


async def _connectable(servers: str) -> str | None:
    """A plain connection first: aiokafka logs each refusal as an error, a start would be full of them."""
    reasons = []
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            _, writer = await asyncio.open_connection(host.strip("[]") or "localhost", int(port))
        except ValueError:
            raise UsageError(f"kafka.bootstrap_servers: {server!r} is not host:port") from None
        except OSError as error:
            reasons.append(f"{server}: {error.strerror or error}")
        else:
            writer.close()
            return None
    return "; ".join(reasons)


async def _controller(servers: str, within: float) -> str | None:
    client = AIOKafkaClient(bootstrap_servers=servers, request_timeout_ms=int(within * 1000))
    try:
        await client.bootstrap()
        cluster = await client.fetch_all_metadata()
        return None if cluster.controller is not None else f"{servers} has no controller yet"
    finally:
        await client.close()


async def wait_ready(
    settings: Settings,
    timeout: float,  # noqa: ASYNC109 -- it bounds a poll, not one await
    topics: Sequence[Topic] = (),
) -> None:
    """Wait until the broker answers, has a controller, and has these topics; or UsageError in words after `timeout`.

    With topics, also until it serves consumer groups: a reader that is faster would log that as errors.
    """
    deadline = time.monotonic() + timeout
    servers = bootstrap(settings)
    reason = await _poll(servers, timeout)
    if reason is None:
        if topics:
            await _wait_for_topics(settings, topics, deadline)
        return
    if settings.kafka.bootstrap_servers:
        raise UsageError(
            f"kafka.bootstrap_servers: Kafka cannot be reached ({reason}); check the address and the broker"
        )
    raise UsageError(
        f"the local Kafka of {settings.data_dir} cannot be reached ({reason}); start it with `tocsin kafka start`"
    )


async def _wait_for_topics(settings: Settings, topics: Sequence[Topic], deadline: float) -> None:
    wanted = {topic_name(settings, topic) for topic in topics}
    async with administrating(settings) as admin:
        while missing := wanted - set(await admin.list_topics()):
            if time.monotonic() > deadline:
                names = ", ".join(sorted(missing))
                raise UsageError(f"Kafka has no topics {names}; create them with `tocsin topics create`")
            await asyncio.sleep(0.2)
        await _wait_for(admin, wanted)
        await _wait_for_groups(admin)


async def _poll(servers: str, within: float) -> str | None:
    deadline = time.monotonic() + within
    while True:
        reason = await answers(servers, within=max(1.0, min(5.0, deadline - time.monotonic())))
        if reason is None or time.monotonic() >= deadline:
            return reason
        await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def administrating(settings: Settings) -> AsyncIterator[Any]:
    """An admin client for a few requests; a broker that fails in between is an InfrastructureError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap(settings), request_timeout_ms=int(REQUEST_SECONDS * 1000))
    with translated("asking the broker"):
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()


@contextlib.contextmanager
def translated(doing: str) -> Iterator[None]:
    """Kafka's errors as an InfrastructureError that says what was being done."""
    try:
        yield
    except (KafkaError, TimeoutError, OSError) as error:
        raise InfrastructureError(f"Kafka failed while {doing}: {error or type(error).__name__}") from error


async def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing and return their names; existing ones stay as they are."""
    async with administrating(settings) as admin:
        existing = set(await admin.list_topics())
        wanted = [_new_topic(settings, topic) for topic in TOPICS if topic_name(settings, topic) not in existing]
        if not wanted:
            return []
        answer = await admin.create_topics(wanted)
        created = []
        for name, code, *rest in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise UsageError(f"topic {name} cannot be created: {(rest and rest[0]) or error.description}")
            if not code:
                created.append(str(name))
        await _wait_for(admin, {topic.name for topic in wanted})
        await _wait_for_groups(admin)
    log.info("topics.created", topics=created)
    return created


def _new_topic(settings: Settings, topic: Topic) -> Any:
    copies = settings.kafka.replication_factor
    largest = MAX_DEAD_LETTER_BYTES if topic is DEAD_LETTERS else MAX_MESSAGE_BYTES
    return NewTopic(
        topic_name(settings, topic),
        topic.partitions,
        copies,
        topic_configs={
            "retention.ms": str(int(topic.retention.total_seconds() * 1000)),
            "max.message.bytes": str(largest),
            "min.insync.replicas": str(max(1, copies - 1)),
            "unclean.leader.election.enable": "false",
        },
    )


async def _wait_for(admin: Any, names: set[str]) -> None:
    """Until each new topic has leaders: a producer that is faster would fail."""
    for _ in range(100):
        described = await admin.describe_topics(sorted(names))
        if all(t["error_code"] == 0 and all(p["error_code"] == 0 for p in t["partitions"]) for t in described):
            return
        await asyncio.sleep(0.1)
    raise InfrastructureError(f"the new topics {', '.join(sorted(names))} have no leader yet; try again")


async def _wait_for_groups(admin: Any) -> None:
    """Until a new broker has made the topic of its groups, for a few seconds; our question makes it begin.

    Without this the first readers would log its absence as errors.
    """
    for _ in range(50):
        with contextlib.suppress(KafkaError):
            await admin.find_coordinator("tocsin")
            return
        await asyncio.sleep(0.1)


async def partitions_of(settings: Settings) -> dict[Topic, list[int]]:
    """The partitions that each of our topics has on the broker; without those that do not exist."""
    async with administrating(settings) as admin:
        described = {t["topic"]: t for t in await admin.describe_topics()}
    return {
        topic: sorted(p["partition"] for p in described[name]["partitions"])
        for topic in TOPICS
        if (name := topic_name(settings, topic)) in described
    }


async def measure(settings: Settings) -> list[TopicState]:
    """Each topic with its records and how far its groups are behind."""
    partitions = await partitions_of(settings)
    ours = [TopicPartition(topic_name(settings, topic), p) for topic, ps in partitions.items() for p in ps]
    async with reading(settings) as consumer:
        begin: Mapping[Any, int] = await consumer.beginning_offsets(ours) if ours else {}
        end: Mapping[Any, int] = await consumer.end_offsets(ours) if ours else {}
        behind = await _positions(settings, begin)
        oldest = await _oldest(consumer, _first_unread(behind, end))
    return [
        TopicState(
            topic.name,
            len(partitions.get(topic, [])),
            sum(end[tp] - begin[tp] for tp in ours if tp.topic == name),
            {group: _lag(positions, end, name) for group, positions in behind.items() if _reads(positions, name)},
            min((moment for tp, moment in oldest.items() if tp.topic == name), default=None),
        )
        for topic in TOPICS
        for name in [topic_name(settings, topic)]
    ]


@contextlib.asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Any]:
    """A consumer without a group, for a look at the topics."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=int(REQUEST_SECONDS * 1000),
        max_partition_fetch_bytes=MAX_DEAD_LETTER_BYTES,
    )
    with translated("reading topics"):
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()


async def _positions(settings: Settings, begin: Mapping[Any, int]) -> dict[str, dict[Any, int]]:
    """Where each group is in the partitions that it reads: never before the first record that still exists."""
    prefix = settings.kafka.topic_prefix
    positions: dict[str, dict[Any, int]] = {}
    async with administrating(settings) as admin:
        for name, *_ in await admin.list_consumer_groups():
            if not name.startswith(prefix):
                continue
            committed = await admin.list_consumer_group_offsets(name)
            ours = {tp: max(begin[tp], at.offset) for tp, at in committed.items() if tp in begin and at.offset >= 0}
            for topic in {tp.topic for tp in ours}:
                ours.update({tp: begin[tp] for tp in begin if tp.topic == topic and tp not in ours})
            if ours:
                positions[name.removeprefix(prefix)] = ours
    return positions


def _reads(positions: Mapping[Any, int], topic: str) -> bool:
    return any(tp.topic == topic for tp in positions)


def _lag(positions: Mapping[Any, int], end: Mapping[Any, int], topic: str) -> int:
    return sum(max(0, end[tp] - at) for tp, at in positions.items() if tp.topic == topic)


def _first_unread(behind: Mapping[str, Mapping[Any, int]], end: Mapping[Any, int]) -> dict[Any, int]:
    first: dict[Any, int] = {}
    for positions in behind.values():
        for tp, at in positions.items():
            if at < end[tp]:
                first[tp] = min(at, first.get(tp, at))
    return first


async def _oldest(consumer: Any, first: Mapping[Any, int]) -> dict[Any, datetime]:
    """The time of the record at each of the given offsets; those that cannot be had soon are left out."""
    found: dict[Any, datetime] = {}
    if not first:
        return found
    consumer.assign(list(first))
    for tp, offset in first.items():
        consumer.seek(tp, offset)
    deadline = time.monotonic() + OLDEST_READ_SECONDS
    while len(found) < len(first) and time.monotonic() < deadline:
        for tp, records in (await consumer.getmany(timeout_ms=200, max_records=len(first))).items():
            found.setdefault(tp, datetime.fromtimestamp(records[0].timestamp / 1000, UTC))
            consumer.pause(tp)
    return found
