"""What is known of the topics: measured at most every few seconds, and never at the cost of the page."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from alerts.quotes import plain
from streams.broker import TopicState
from streams.errors import TocsinError

FRESH_SECONDS = 3.0
PATIENCE_SECONDS = 1.5
"""How long a page waits for a measurement; a later one finds it done."""

LIMIT_SECONDS = 15.0

Measure = Callable[[], Awaitable[Sequence[TopicState]]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Measured:
    """The last states that could be measured, and when; `trouble` says why there are no newer ones."""

    topics: Sequence[TopicState]
    at: datetime | None
    trouble: str | None


class Lag:
    """Keeps the last measurement. One at a time is under way, however many pages ask."""

    def __init__(
        self,
        measure: Measure,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._measure = measure
        self._clock = clock
        self._patience = patience
        self._last = Measured((), None, None)
        self._tried: datetime | None = None
        self._running: asyncio.Task[None] | None = None

    async def read(self) -> Measured:
        """The newest states there are after a short wait."""
        now = self._clock()
        fresh = self._tried is not None and (now - self._tried).total_seconds() < FRESH_SECONDS
        if self._running is None and not fresh:
            self._tried = now
            self._running = asyncio.create_task(self._take())
        if self._running is not None:
            await asyncio.wait((self._running,), timeout=self._patience)
        if self._running is not None and self._last.trouble is None:
            return Measured(self._last.topics, self._last.at, "The broker has not answered yet.")
        return self._last

    async def _take(self) -> None:
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                self._last = Measured(await self._measure(), self._clock(), None)
        except (TocsinError, TimeoutError, OSError) as error:
            reason = plain(str(error) or "no answer")
            log.warning("topics.unmeasured", reason=reason)
            self._last = Measured(self._last.topics, self._last.at, f"The broker cannot be reached: {reason}")
        finally:
            self._running = None
