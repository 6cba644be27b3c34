"""Runs the examples of an event type: each is a test of the words and frames that the file defines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.event_types.definition import EventType, Example
from streams.messages import Annotated, Article, Status

DAY = datetime(2023, 9, 5, 12, tzinfo=UTC)
"""The day on which examples are read: who was in office then counts as a leader."""

RAISED: frozenset[Status] = frozenset({"occurred", "planned"})
"""The statuses that an analyst is told of unless a rule asks for more; a `miss` must have none of them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one example: the statuses of the events of its type that were found in it."""

    event_type: str
    example: Example
    found: tuple[Status, ...]

    @property
    def right(self) -> bool:
        """Whether a hit was found, with its status where it names one, and a miss was not raised."""
        if not self.example.hit:
            return not RAISED & set(self.found)
        return bool(self.found) and self.example.status in (None, self.found[0])


def judge(detect: Callable[[Article], Annotated], event_type: EventType) -> list[Verdict]:
    """Every example of a type in order, read by a detector that knows the type."""
    return [judged(detect, event_type.name, example) for example in event_type.examples]


def judged(detect: Callable[[Article], Annotated], name: str, example: Example) -> Verdict:
    """One example of the type `name`."""
    annotated = detect(Article(text=example.text, language=example.language, published=DAY))
    return Verdict(name, example, tuple(event.status for event in annotated.events if event.type == name))
