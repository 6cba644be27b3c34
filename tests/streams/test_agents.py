"""The detect worker: articles in, annotated articles out under the article's id; wiring only."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams import agents, broker, metrics
from streams.following import Following
from streams.messages import Annotated, Article, Event, Mention, Span, decode, encode
from streams.service import Service
from streams.settings import Settings
from streams.topics import ANNOTATED, ARTICLES

SPAN = Span(field="title", start=0, end=4, text="Test")
MENTION = Mention(field="title", start=0, end=4, text="Test", kind="keyword")


class Finder:
    """Finds one event in each article."""

    def detect(self, article: Article) -> Annotated:
        event = Event(type="protest", status="occurred", roles={}, trigger=SPAN, evidence=SPAN, confidence=0.5)
        return Annotated(id=article.id, title=article.title, text=article.text, events=(event,))


def events_counted() -> float:
    return metrics.REGISTRY.get_sample_value("tocsin_events_total", {"type": "protest", "status": "occurred"}) or 0.0


@pytest.mark.kafka
async def test_articles_become_annotated_articles_keyed_by_their_id(kafka_settings: Settings):
    servers = broker.bootstrap(kafka_settings)
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        for number in range(5):
            article = encode(Article(id=f"a{number}", title="Test"))
            await producer.send_and_wait(broker.topic_name(kafka_settings, ARTICLES), article, key=b"feed")
    before = events_counted()
    service = Service("detect", kafka_settings)
    running = asyncio.create_task(agents.detect(service, Following(Finder, None)))
    name = broker.topic_name(kafka_settings, ANNOTATED)
    async with AIOKafkaConsumer(name, bootstrap_servers=servers, auto_offset_reset="earliest") as consumer:
        found = [await asyncio.wait_for(consumer.getone(), 30) for _ in range(5)]
    service.stopping.set()
    await running
    assert sorted(record.key for record in found) == [b"a0", b"a1", b"a2", b"a3", b"a4"]
    assert all(decode(record.value, Annotated).id.encode() == record.key for record in found)
    assert events_counted() == before + 5
    states = {state.topic: state for state in await broker.measure(kafka_settings)}
    assert states["articles"].groups == {agents.GROUP: 0}


def test_a_message_that_fits_is_left_as_it_is():
    annotated = Annotated(id="a", title="Test", mentions=(MENTION,) * 10)
    assert agents.fitted(annotated) == encode(annotated)


def test_mentions_furthest_down_are_left_out_of_a_message_that_would_be_too_large():
    mentions = tuple(Mention(field="text", start=n, end=n + 1, text="x", kind="keyword") for n in range(1_000))
    encoded = agents.fitted(Annotated(id="a", text="x" * 1_001, mentions=mentions), limit=20_000)
    kept = decode(encoded, Annotated)
    assert len(encoded) <= 20_000
    assert kept.truncated
    assert 100 < len(kept.mentions) < 1_000
    assert kept.mentions == mentions[: len(kept.mentions)]
    assert len(kept.text) == 1_001


def test_a_text_that_is_too_large_by_itself_is_left_to_the_worker():
    encoded = agents.fitted(Annotated(id="a", text="x" * 5_000, mentions=(MENTION,)), limit=1_000)
    assert decode(encoded, Annotated).mentions == ()
