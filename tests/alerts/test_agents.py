"""The two workers of alerts: every article that meets a rule gives one alert and one delivery, whatever comes twice."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from alerts import agents
from alerts.catalog import Catalog
from alerts.delivery import DeliveryLoop
from alerts.query import Vocabulary
from alerts.rules import Rule
from alerts.settings import Rules, Settings
from alerts.store import Store, migrate
from streams import broker
from streams.errors import InfrastructureError, UsageError
from streams.messages import FeedStatus, Message, encode
from streams.service import Service
from streams.settings import OutboundSettings
from streams.topics import ALERTS, ANNOTATED, FEED_STATUS, Topic
from tests.factories import an_alert, an_annotated
from tests.fakes import Site, answer, serve_site

NOW = datetime(2023, 9, 5, 10, 0, tzinfo=UTC)
RULES = """
[[channel]]
name = "desk"
type = "webhook"
url = "{url}"

[[channel]]
name = "readers"
type = "email"
to = ["a@example.org", "b@example.org"]

[[rule]]
name = "Kim"
query = "Kim"
notify = ["desk"]
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    settings = Settings(data_dir=tmp_path / "data")
    await asyncio.to_thread(migrate, settings)
    opened = Store.connect(settings)
    yield opened
    await opened.aclose()


async def a_catalog(store: Store, tmp_path: Path, url: str = "https://example.org/hook") -> Catalog:
    file = tmp_path / "rules.toml"
    await asyncio.to_thread(file.write_text, RULES.format(url=url))
    catalog = Catalog((file,), store, Vocabulary())
    await catalog.start()
    return catalog


async def test_an_alert_keeps_what_it_first_said_and_whom_it_first_told(store: Store, tmp_path: Path) -> None:
    catalog = await a_catalog(store, tmp_path)
    first = msgspec.structs.replace(an_alert(), rule=msgspec.structs.replace(an_alert().rule, id=Rule("Kim", "").id))
    assert await agents.keep(store, catalog, first) == first
    again = msgspec.structs.replace(first, article=msgspec.structs.replace(first.article, title="Edited"))
    assert await agents.keep(store, catalog, again) == first
    assert await store.notify_of(first.id) == ("desk",)


async def test_an_alert_of_a_rule_that_is_gone_is_kept_and_told_nobody(store: Store, tmp_path: Path) -> None:
    catalog = await a_catalog(store, tmp_path)
    alert = an_alert()
    assert await agents.keep(store, catalog, alert) == alert
    assert await store.notify_of(alert.id) == ()


async def test_strays_are_queued_once_they_are_old_enough(store: Store, tmp_path: Path) -> None:
    catalog = await a_catalog(store, tmp_path)
    old, fresh = an_alert(id="al_old"), an_alert(id="al_fresh")
    now = datetime.now(UTC)
    await store.put_alert(old, ("readers", "desk"), now - timedelta(minutes=5))
    await store.put_alert(fresh, ("desk",), now)
    loop = DeliveryLoop(store, catalog, {}, Settings())
    stopping = asyncio.Event()
    sweeping = asyncio.create_task(agents.sweep(stopping, store, catalog, loop))
    await until(lambda: deliveries(store, 3))
    stopping.set()
    await asyncio.wait_for(sweeping, 30)
    record = await store.alert_record("al_old")
    assert record is not None
    assert [delivery.channel for delivery in record.deliveries] == [
        "desk",
        "readers <a@example.org>",
        "readers <b@example.org>",
    ]
    assert await store.strays(now + timedelta(minutes=1), 10) == [("al_fresh", ("desk",))]


async def deliveries(store: Store, number: int) -> bool:
    return sum((await store.counts()).values()) == number


async def test_an_alert_that_tells_nobody_is_no_stray_for_ever(store: Store) -> None:
    await store.put_alert(an_alert(), (), NOW)
    assert await store.strays(NOW + timedelta(minutes=5), 10) == [("al_1", ())]
    await store.enqueue("al_1", (), NOW)
    assert await store.strays(NOW + timedelta(minutes=5), 10) == []


async def test_wrong_rules_end_the_process_before_it_reads_anything(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    await asyncio.to_thread(file.write_text, "[[rule]]\nname = 'A'\nquery = '('\n")
    settings = Settings(data_dir=tmp_path / "data", rules=Rules(files=(file,)))
    await asyncio.to_thread(migrate, settings)
    for work in (agents.match, agents.deliver):
        with pytest.raises(UsageError, match=r"rules\.toml:3:11: query: after \( something is missing"):
            await work(Service("test", settings), settings, Vocabulary())


async def test_a_part_that_fails_ends_all() -> None:
    service = Service("test", Settings())

    async def breaks() -> None:
        raise InfrastructureError("broken")

    async def waits() -> None:
        await service.stopping.wait()

    with pytest.raises(InfrastructureError, match="broken"):
        await asyncio.wait_for(agents._together(service, waits(), breaks()), 30)
    assert service.stopping.is_set()


# On a real Kafka


async def put(settings: Settings, topic: Topic, messages: list[tuple[str, Message | bytes]]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap(settings), acks="all") as producer:
        for key, message in messages:
            value = message if isinstance(message, bytes) else encode(message)
            await producer.send_and_wait(broker.topic_name(settings, topic), value, key=key.encode())


async def ids_on(settings: Settings, topic: Topic) -> list[str]:
    name = broker.topic_name(settings, topic)
    found: list[str] = []
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap(settings)) as consumer:
        partitions = [TopicPartition(name, number) for number in range(topic.partitions)]
        ends = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(record.key.decode() for record in records)
    return found


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        await asyncio.sleep(0.1)


@pytest.mark.kafka
async def test_articles_become_alerts_and_webhooks_once(kafka_settings: Settings, tmp_path: Path) -> None:
    async with serve_site(hook=answer(b"", status="204 No Content")) as site:
        file = tmp_path / "rules.toml"
        await asyncio.to_thread(file.write_text, RULES.format(url=site.url("/hook")))
        settings = kafka_settings.model_copy(
            update={
                "rules": Rules(files=(file,)),
                "outbound": OutboundSettings(allow=(ip_network("127.0.0.0/8"),)),
            }
        )
        await asyncio.to_thread(migrate, settings)
        services = [Service("match", settings), Service("deliver", settings)]
        works = (agents.match, agents.deliver)
        running = [
            asyncio.create_task(work(service, settings, Vocabulary()))
            for work, service in zip(works, services, strict=True)
        ]
        store = Store.connect(settings)
        try:
            await check_articles(settings, store, site)
        finally:
            for service in services:
                service.stopping.set()
            await asyncio.wait_for(asyncio.gather(*running), 60)
            await store.aclose()
        sent = [request["webhook-id"] for request in site.requests]
        assert len(set(sent)) == len(sent) == 10, "stopping sends nothing twice"


async def check_articles(settings: Settings, store: Store, site: Site) -> None:
    articles: list[tuple[str, Message | bytes]] = [
        (f"ar_{number}", an_annotated("Kim" if number % 2 else "Xi", id=f"ar_{number}")) for number in range(20)
    ]
    status = FeedStatus(feed="https://a.example/rss", state="well", checked=NOW)
    await put(settings, FEED_STATUS, [("https://a.example/rss", status)])
    await put(settings, ANNOTATED, [*articles, ("bad", b"{"), *articles[:8]])
    await until(lambda: delivered(store, 10))
    assert await store.feed_statuses() == [status]
    records = await store.recent_alerts(100)
    assert sorted(record.alert.article.id for record in records) == sorted(f"ar_{n}" for n in range(1, 20, 2))
    await until(lambda: repeated(settings))
    ids = [request["webhook-id"] for request in site.requests]
    assert Counter(Counter(ids).values()) == {1: 10}
    states = {state.topic: state for state in await broker.measure(settings)}
    assert states["dead-letters"].messages == 1


async def delivered(store: Store, number: int) -> bool:
    return (await store.counts()).get("delivered", 0) == number


async def repeated(settings: Settings) -> bool:
    """All alerts are on the topic, those of articles that came twice too: that is how a lost one would be made good."""
    return len(await ids_on(settings, ALERTS)) == 14
