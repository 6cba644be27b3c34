"""Dead letters on a real Kafka: listed with what failed, replayed to where they came from, or dropped."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams import broker, dead_letters
from streams.errors import PermanentError, UsageError
from streams.producer import Producer, TooLargeError
from streams.settings import Settings
from streams.topics import ARTICLES

pytestmark = pytest.mark.kafka


async def bury(settings: Settings, *letters: tuple[str, bytes | None], key: bytes | None = b"k") -> None:
    """Put dead letters as the worker does: source and value of each."""
    producer = Producer(settings, 20)
    await producer.start()
    for source, value in letters:
        await producer.bury(key, value, dead_letters.headers("bad", source, 2, {"trace": b"t"}))
    await producer.stop()


async def records(settings: Settings) -> list[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
    """Key, value and headers of all that is on the articles topic."""
    name = broker.topic_name(settings, ARTICLES)
    partitions = [TopicPartition(name, p) for p in range(8)]
    found = []
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap(settings)) as consumer:
        end = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(tp) < end[tp] for tp in partitions]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += [(record.key, record.value, dict(record.headers)) for record in batch]
    return found


async def states(settings: Settings) -> dict[str, str]:
    return {one.letter.id: one.state for one in await dead_letters.read(settings)}


async def test_an_empty_topic_has_none(kafka_settings: Settings):
    assert await dead_letters.read(kafka_settings) == []
    assert await dead_letters.replay(kafka_settings, []) == []


async def test_a_mended_record_goes_back_to_its_topic_and_is_closed(kafka_settings: Settings):
    await bury(kafka_settings, ("articles:3:17", b"junk"), ("articles:1:2", b"good now"))
    first, second = await dead_letters.read(kafka_settings)
    assert (first.letter.id, first.source, first.letter.error, first.letter.attempts) == (
        "0:0",
        "articles:3:17",
        "bad",
        2,
    )

    assert await dead_letters.replay(kafka_settings, [first], b'{"id": "mended"}') == ["0:0"]
    assert await dead_letters.replay(kafka_settings, [second]) == ["0:1"]

    assert await states(kafka_settings) == {"0:0": "replayed", "0:1": "replayed"}
    assert sorted(await records(kafka_settings)) == [
        (b"k", b"good now", {"trace": b"t", "x-replayed": b"0:1"}),
        (b"k", b'{"id": "mended"}', {"trace": b"t", "x-replayed": b"0:0"}),
    ]
    with pytest.raises(UsageError, match="0:0 was already replayed"):
        await dead_letters.replay(kafka_settings, await dead_letters.find(kafka_settings, ["0:0"]))


async def test_a_dropped_one_is_closed_and_goes_nowhere(kafka_settings: Settings):
    await bury(kafka_settings, ("articles:0:1", b"a"), ("articles:0:2", b"b"))
    letters = await dead_letters.find(kafka_settings, ["0:1"])
    assert await dead_letters.drop(kafka_settings, letters) == ["0:1"]
    assert await states(kafka_settings) == {"0:0": "open", "0:1": "dropped"}
    assert await records(kafka_settings) == []
    with pytest.raises(UsageError, match="0:1 was already dropped"):
        await dead_letters.drop(kafka_settings, await dead_letters.find(kafka_settings, ["0:1"]))


async def test_an_id_that_is_not_there_is_named(kafka_settings: Settings):
    with pytest.raises(UsageError, match="no dead letter 0:99"):
        await dead_letters.find(kafka_settings, ["0:99"])


@pytest.mark.parametrize(
    ("source", "value", "reason"),
    [
        pytest.param("articles:0:1", None, "has no value to replay; give one with --value", id="no value"),
        pytest.param("elsewhere:0:1", b"x", "came from 'elsewhere', no topic of ours", id="foreign topic"),
        pytest.param("", b"x", "came from '', no topic of ours", id="no source"),
    ],
)
async def test_what_cannot_be_replayed_says_why_and_stays_open(
    kafka_settings: Settings, source: str, value: bytes | None, reason: str
):
    await bury(kafka_settings, (source, value), ("articles:0:5", b"fine"))
    with pytest.raises(PermanentError, match=reason):
        await dead_letters.replay(kafka_settings, await dead_letters.read(kafka_settings))
    assert await states(kafka_settings) == {"0:0": "open", "0:1": "open"}, "all or none: nothing went before the check"
    assert await records(kafka_settings) == []


async def test_a_record_too_large_for_a_dead_letter_is_fetched_from_its_source(kafka_settings: Settings):
    """Its topic may take more than ours: the letter then says where the record lies."""
    name = broker.topic_name(kafka_settings, ARTICLES)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap(kafka_settings)) as producer:
        at = await producer.send_and_wait(name, b"original", key=b"k", partition=2)
    await bury(kafka_settings, (f"articles:2:{at.offset}", b"x" * 3_000_000))
    (letter,) = await dead_letters.read(kafka_settings)
    assert (letter.too_large, letter.letter.key, letter.letter.value, letter.letter.error) == (True, b"k", None, "bad")
    assert await dead_letters.replay(kafka_settings, [letter]) == ["0:0"]
    assert [value for _, value, _ in await records(kafka_settings)] == [b"original", b"original"]


async def test_a_mended_value_that_is_too_large_is_refused(kafka_settings: Settings):
    await bury(kafka_settings, ("articles:0:1", b"x"))
    with pytest.raises(TooLargeError, match="a record may have 1000000"):
        await dead_letters.replay(kafka_settings, await dead_letters.read(kafka_settings), b"y" * 1_000_001)
    assert await states(kafka_settings) == {"0:0": "open"}


async def test_a_record_with_neither_key_nor_value_is_kept_as_such(kafka_settings: Settings):
    """Other producers can write one; aiokafka's refuses to."""
    await bury(kafka_settings, ("articles:0:1", None), key=None)
    (letter,) = await dead_letters.read(kafka_settings)
    assert (letter.letter.key, letter.letter.value, letter.headers) == (None, None, {"trace": b"t"})


async def test_a_record_that_was_buried_twice_is_one_dead_letter(kafka_settings: Settings):
    """A process killed before its commit reads and buries again; what is decided about one copy holds for the record."""
    await bury(kafka_settings, ("articles:0:1", b"x"), ("articles:0:2", b"y"), ("articles:0:1", b"x"))
    assert await states(kafka_settings) == {"0:0": "open", "0:1": "open"}
    (letter,) = await dead_letters.find(kafka_settings, ["0:0"])
    await dead_letters.drop(kafka_settings, [letter])
    assert await states(kafka_settings) == {"0:0": "dropped", "0:1": "open"}


def test_headers_keep_the_records_own_and_cut_long_errors():
    made = dict(
        dead_letters.headers("é" * 5_000, "articles:1:2", 3, {"trace": b"t", "x-error": b"old", "x-replayed": b"0:1"})
    )
    assert made["trace"] == b"t"
    assert made["x-replayed"] == b"0:1"
    assert made["x-error"] == ("é" * 2_000).encode()
    assert (made["x-src"], made["x-attempts"]) == (b"articles:1:2", b"3")


async def test_bytes_that_are_no_text_are_shown_as_base64(kafka_settings: Settings):
    await bury(kafka_settings, ("articles:0:1", b"\xff\x00"), key="schlüssel".encode())
    shown = dead_letters.described((await dead_letters.read(kafka_settings))[0])
    assert shown["key"] == "schlüssel"
    assert shown["value_base64"] == "/wA="
    assert "value" not in shown
    assert shown["headers"] == {"trace": "t"}
