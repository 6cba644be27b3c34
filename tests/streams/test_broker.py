"""Topics on a real broker: made once, measured right; and in words what is not reachable."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams import broker
from streams.errors import UsageError
from streams.settings import Kafka, Settings
from streams.topics import ARTICLES, DEAD_LETTERS, FEED_STATUS, TOPICS


def by_name(states: list[broker.TopicState]) -> dict[str, broker.TopicState]:
    return {state.topic: state for state in states}


@pytest.mark.kafka
async def test_topics_are_created_as_declared_and_only_once(kafka_settings: Settings):
    assert await broker.create_topics(kafka_settings) == []
    states = await broker.measure(kafka_settings)
    assert [(s.topic, s.partitions, s.messages, dict(s.groups), s.oldest_unread) for s in states] == [
        (topic.name, topic.partitions, 0, {}, None) for topic in TOPICS
    ]
    name = broker.topic_name(kafka_settings, DEAD_LETTERS)
    async with broker.administrating(kafka_settings) as admin:
        answer = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    config = {entry[0]: entry[1] for entry in answer[0].resources[0][4]}
    assert config["retention.ms"] == str(30 * 24 * 3600 * 1000)
    assert config["max.message.bytes"] == str(2 * 1024 * 1024)
    assert config["min.insync.replicas"] == "1"


@pytest.mark.kafka
async def test_measure_counts_records_lag_and_the_age_of_the_oldest_unread(kafka_settings: Settings):
    servers, name = broker.bootstrap(kafka_settings), broker.topic_name(kafka_settings, ARTICLES)
    oldest = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        for hours in range(4):
            moment = int((oldest + timedelta(hours=hours)).timestamp() * 1000)
            await producer.send_and_wait(name, b"{}", partition=hours % 2, timestamp_ms=moment)
    group = broker.group_name(kafka_settings, "reader")
    async with AIOKafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign([TopicPartition(name, 0)])
        await consumer.commit({TopicPartition(name, 0): 1})

    state = by_name(await broker.measure(kafka_settings))
    assert state["articles"].messages == 4
    assert state["articles"].groups == {"reader": 3}, "one of four is read; partition 1 was never committed"
    assert state["articles"].oldest_unread == oldest + timedelta(hours=1)
    assert state["annotated"].groups == {}
    assert state[FEED_STATUS.name].oldest_unread is None


async def test_a_broker_that_is_not_there_is_one_sentence():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(kafka=Kafka(bootstrap_servers=f"127.0.0.1:{port}"))
    with pytest.raises(UsageError, match=rf"kafka\.bootstrap_servers: Kafka cannot be reached \(127\.0\.0\.1:{port}: "):
        await broker.wait_ready(settings, 0.3)


async def test_something_else_on_the_port_is_not_a_broker():
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await broker.answers(f"127.0.0.1:{port}", within=0.5) is not None


def test_where_there_is_no_kafka_it_says_how_to_get_one(tmp_path: Path):
    with pytest.raises(UsageError, match=r"kafka\.bootstrap_servers: is empty.*tocsin kafka start"):
        broker.bootstrap(Settings(data_dir=tmp_path))


def test_the_local_kafkas_address_is_taken_unless_servers_are_named(tmp_path: Path):
    broker.address_file(tmp_path).parent.mkdir()
    broker.address_file(tmp_path).write_text("127.0.0.1:20001\n")
    assert broker.bootstrap(Settings(data_dir=tmp_path)) == "127.0.0.1:20001"
    named = Settings(data_dir=tmp_path, kafka=Kafka(bootstrap_servers="kafka-1:9092,kafka-2:9092"))
    assert broker.bootstrap(named) == "kafka-1:9092,kafka-2:9092"


async def test_servers_that_are_no_address_are_named():
    settings = Settings(kafka=Kafka(bootstrap_servers="localhost"))
    with pytest.raises(UsageError, match=r"'localhost' is not host:port"):
        await broker.wait_ready(settings, 0.1)
