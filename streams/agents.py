"""Articles → annotated articles: wiring only."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import msgspec

from streams import metrics
from streams.app import Output, Record, Worker
from streams.messages import Annotated, Article, encode
from streams.service import Service
from streams.topics import ANNOTATED, ARTICLES, MAX_RECORD_BYTES

GROUP = "tocsin-detect"


class Detects(Protocol):
    """What the worker needs of a Detector."""

    def detect(self, article: Article) -> Annotated:
        """The article with its names and events."""
        ...


def fitted(annotated: Annotated, limit: int = MAX_RECORD_BYTES) -> bytes:
    """The message in at most `limit` bytes if leaving out mentions can do it: first those furthest down."""
    encoded = encode(annotated)
    while len(encoded) > limit and annotated.mentions:
        kept = annotated.mentions[: len(annotated.mentions) // 2]
        annotated = msgspec.structs.replace(annotated, mentions=kept, truncated=True)
        encoded = encode(annotated)
    return encoded


async def detect(service: Service, detector: Detects) -> None:
    """Run the worker that finds the events in articles, until the service stops."""
    worker = Worker(service, GROUP)
    # one thread: the event loop stays free for heartbeats and commits while a long text is read
    with ThreadPoolExecutor(1, thread_name_prefix="detector") as thread:

        async def handle(article: Article, _record: Record) -> Sequence[Output]:
            began = time.perf_counter()
            annotated = await asyncio.get_running_loop().run_in_executor(thread, detector.detect, article)
            metrics.DETECT_SECONDS.observe(time.perf_counter() - began)
            for event in annotated.events:
                metrics.EVENTS.labels(event.type, event.status).inc()
            return [Output(ANNOTATED, annotated.id.encode(), fitted(annotated))]

        worker.on(ARTICLES, Article, handle)
        await worker.run()
