"""A record as it was read from a topic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read. `timestamp` is when it was written."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    timestamp: datetime

    @property
    def place(self) -> str:
        """Where it lies: topic:partition:offset."""
        return f"{self.topic}:{self.partition}:{self.offset}"


def as_record(message: Any) -> Record:
    """A record from a message of Faust's."""
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.key,
        message.value,
        {name: value or b"" for name, value in message.headers or ()},
        _moment(message.timestamp),
    )


def _moment(seconds: float | None) -> datetime:
    """A record's time; a foreign producer may have written nonsense, and then it is the epoch."""
    try:
        return datetime.fromtimestamp(seconds or 0, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
