"""Keeps a detector up to date with an operator's definitions: a change is in force without a restart."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from streams import metrics
from streams.definitions import stamp
from streams.errors import DefinitionError, UsageError
from streams.messages import Annotated, Article

LOOK_EVERY = 5.0
"""Seconds between looks at the folder; building a detector takes some seconds more."""

SHOWN_PROBLEMS = 5

log = structlog.get_logger()


class Detects(Protocol):
    """What the worker needs of a Detector."""

    def detect(self, article: Article) -> Annotated:
        """The article with its names and events."""
        ...


class Following:
    """A detector that is built anew when its folder changes. Mistakes take no effect: the last good one stays.

    The first one is built by the constructor, which lets its errors out: no process starts on wrong definitions.
    """

    def __init__(self, build: Callable[[], Detects], folder: Path | None) -> None:
        self._build = build
        self._folder = folder
        self._seen = stamp(folder) if folder else ()
        self._detector = build()

    def detect(self, article: Article) -> Annotated:
        """What the detector in force finds in an article."""
        return self._detector.detect(article)

    async def refresh(self) -> bool:
        """Build anew if the folder changed; True when a new detector is in force."""
        seen = await asyncio.to_thread(stamp, self._folder) if self._folder else ()
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            self._detector = await asyncio.to_thread(self._build)
        except (DefinitionError, UsageError) as error:
            problems = str(error).splitlines()
            metrics.DEFINITIONS_REJECTED.set(1)
            log.error("definitions.rejected", problems=len(problems), reason="; ".join(problems[:SHOWN_PROBLEMS]))
            return False
        metrics.DEFINITIONS_REJECTED.set(0)
        log.info("definitions.changed", files=len(seen))
        return True

    async def keep_fresh(self, stopping: asyncio.Event) -> None:
        """Look at the folder every few seconds until `stopping` is set; without a folder there is nothing to do."""
        while self._folder is not None and not stopping.is_set():
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_EVERY)
            except TimeoutError:
                await self.refresh()
