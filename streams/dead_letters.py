"""Dead letters: records that could not be processed, kept with their origin until somebody replays or drops them.

A dead letter is the original key and value with headers that say what failed. What was decided about it is a marker
record in the same topic, so that the topic alone tells which ones are open.
"""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from aiokafka import TopicPartition

from streams.broker import partitions_of, reading, topic_name
from streams.errors import PermanentError, UsageError
from streams.messages import DeadLetter
from streams.producer import NO_VALUE, TOO_LARGE, Output, Producer
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, TOPICS

ERROR, SOURCE, ATTEMPTS = "x-error", "x-src", "x-attempts"
RESOLVES, RESOLUTION, REPLAYED = "x-resolves", "x-resolution", "x-replayed"
OURS = {ERROR, SOURCE, ATTEMPTS, TOO_LARGE, NO_VALUE, RESOLVES, RESOLUTION}
MAX_ERROR_LENGTH = 2_000
WRITE_SECONDS = 30.0

State = Literal["open", "replayed", "dropped"]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, what became of it, and the headers that its record had in the source topic."""

    letter: DeadLetter
    state: State = "open"
    headers: Mapping[str, bytes] = field(default_factory=dict)
    too_large: bool = False

    @property
    def source(self) -> str:
        """Where the record lies, or lay: topic:partition:offset."""
        return f"{self.letter.source_topic}:{self.letter.source_partition}:{self.letter.source_offset}"


def headers(
    error: str, source: str, attempts: int, original: Mapping[str, bytes] | None = None
) -> list[tuple[str, bytes]]:
    """The headers of a dead letter; the record's own come first, so that a replay can pass them on.

    `source` is topic:partition:offset, the topic without prefix.
    """
    kept = [(name, value) for name, value in (original or {}).items() if name not in OURS]
    ours = ((ERROR, error[:MAX_ERROR_LENGTH]), (SOURCE, source), (ATTEMPTS, str(attempts)))
    return [*kept, *((name, text.encode("utf-8", "replace")) for name, text in ours)]


def described(one: Letter) -> dict[str, object]:
    """A dead letter for a person or a program: bytes as text where they are UTF-8, else base64 as `…_base64`."""
    letter = one.letter
    return {
        "id": letter.id,
        "state": one.state,
        "source": one.source,
        "time": letter.time.isoformat() if letter.time else None,
        "attempts": letter.attempts,
        "error": letter.error,
        "headers": {name: _text(value) for name, value in one.headers.items()},
        **_bytes("key", letter.key),
        **_bytes("value", letter.value),
    }


def _bytes(name: str, value: bytes | None) -> dict[str, str | None]:
    try:
        return {name: None if value is None else value.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value or b"").decode("ascii")}


async def read(settings: Settings) -> list[Letter]:
    """All dead letters that the topic still holds, oldest first, with what became of them: one for each source record.

    A process that is killed before its offset is committed reads a record again and buries it again; the copies are
    one letter, the oldest, and what was decided about any of them holds for it.
    """
    letters: list[Letter] = []
    resolutions: dict[str, State] = {}
    for record in sorted(await _records(settings), key=lambda record: (record.timestamp, record.partition)):
        marks = dict(record.headers)
        if RESOLVES in marks:
            resolutions[_text(marks[RESOLVES])] = "dropped" if marks.get(RESOLUTION) == b"dropped" else "replayed"
        else:
            kept = {name: value for name, value in marks.items() if name not in OURS}
            letters.append(Letter(_letter(record, marks), "open", kept, TOO_LARGE in marks))
    return _one_for_each_source([replace(one, state=resolutions.get(one.letter.id, "open")) for one in letters])


def _one_for_each_source(letters: list[Letter]) -> list[Letter]:
    """The first of the letters of each source record, resolved where any of them is; of an unknown source, each."""
    first: dict[str, Letter] = {}
    for one in letters:
        key = one.source if one.letter.source_partition >= 0 else one.letter.id
        known = first.setdefault(key, one)
        if known.state == "open" and one.state != "open":
            first[key] = replace(known, state=one.state)
    return list(first.values())


async def find(settings: Settings, ids: Iterable[str]) -> list[Letter]:
    """The dead letters with these ids, in this order; UsageError names one that is not there."""
    by_id = {letter.letter.id: letter for letter in await read(settings)}
    wanted = list(ids)
    if missing := [one for one in wanted if one not in by_id]:
        raise UsageError(f"no dead letter {missing[0]}; `tocsin dead-letters list --all-states` shows those there are")
    return [by_id[one] for one in wanted]


async def replay(settings: Settings, letters: Iterable[Letter], value: bytes | None = None) -> list[str]:
    """Put records back on their source topic, with `value` instead of their own if given; the ids that went.

    The marker is written after the broker has the record, so a kill in between replays twice and never not at all.
    """
    chosen = list(letters)
    sources = {topic.name: topic for topic in TOPICS}
    for one in chosen:
        _must_be_open(one)
        if one.letter.source_topic not in sources:
            raise PermanentError(f"dead letter {one.letter.id} came from {one.letter.source_topic!r}, no topic of ours")
    bodies = [value if value is not None else await _body(settings, one) for one in chosen]
    async with _writing(settings) as producer:
        for one, body in zip(chosen, bodies, strict=True):
            marked = {**one.headers, REPLAYED: one.letter.id.encode()}
            output = Output(sources[one.letter.source_topic], one.letter.key, body, marked)
            await producer.delivered([await producer.send(output)])
            await _resolve(producer, one.letter.id, "replayed")
    return [one.letter.id for one in chosen]


async def drop(settings: Settings, letters: Iterable[Letter]) -> list[str]:
    """Mark dead letters as not worth a replay; the ids. The records stay until the topic's retention ends."""
    chosen = list(letters)
    for one in chosen:
        _must_be_open(one)
    async with _writing(settings) as producer:
        for one in chosen:
            await _resolve(producer, one.letter.id, "dropped")
    return [one.letter.id for one in chosen]


def _must_be_open(one: Letter) -> None:
    if one.state != "open":
        raise UsageError(f"dead letter {one.letter.id} was already {one.state}")


@contextlib.asynccontextmanager
async def _writing(settings: Settings) -> AsyncIterator[Producer]:
    producer = Producer(settings, WRITE_SECONDS)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def _resolve(producer: Producer, letter_id: str, state: State) -> None:
    await producer.bury(letter_id.encode(), None, [(RESOLVES, letter_id.encode()), (RESOLUTION, state.encode())])


async def _records(settings: Settings) -> list[Any]:
    """Every record of the topic up to its present end, in order."""
    name = topic_name(settings, DEAD_LETTERS)
    partitions = [TopicPartition(name, p) for p in (await partitions_of(settings)).get(DEAD_LETTERS, [])]
    if not partitions:
        return []
    async with reading(settings) as consumer:
        begin, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        filled = [tp for tp in partitions if begin[tp] < end[tp]]
        consumer.assign(filled)
        records: list[Any] = []
        while filled and any([await consumer.position(tp) < end[tp] for tp in filled]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records.extend(batch)
    return records


async def _body(settings: Settings, one: Letter) -> bytes:
    """A record's value; that of one too large for a dead letter is fetched from where it came from."""
    value = one.letter.value
    if one.too_large:
        name = settings.kafka.topic_prefix + one.letter.source_topic
        value = await _value_at(settings, TopicPartition(name, one.letter.source_partition), one.letter.source_offset)
    if value is None:
        raise PermanentError(f"dead letter {one.letter.id} has no value to replay; give one with --value FILE")
    return value


async def _value_at(settings: Settings, place: Any, offset: int) -> bytes | None:
    async with reading(settings) as consumer:
        end = await consumer.end_offsets([place])
        if offset >= end[place]:
            return None
        consumer.assign([place])
        consumer.seek(place, offset)
        record = await asyncio.wait_for(consumer.getone(), WRITE_SECONDS)
        value: bytes | None = record.value
        return value if record.offset == offset else None


def _letter(record: Any, marks: Mapping[str, bytes]) -> DeadLetter:
    topic, partition, offset = _place(_text(marks.get(SOURCE, b"")))
    attempts = _text(marks.get(ATTEMPTS, b""))
    return DeadLetter(
        id=f"{record.partition}:{record.offset}",
        source_topic=topic,
        source_partition=partition,
        source_offset=offset,
        error=_text(marks.get(ERROR, b"")),
        attempts=int(attempts) if attempts.isdecimal() else 1,
        time=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        key=record.key,
        value=None if NO_VALUE in marks else record.value,
    )


def _place(text: str) -> tuple[str, int, int]:
    """The parts of topic:partition:offset; -1 where a foreign hand wrote something else."""
    topic, _, numbers = text.partition(":")
    partition, _, offset = numbers.partition(":")
    return topic, int(partition) if partition.isdecimal() else -1, int(offset) if offset.isdecimal() else -1


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
