"""Articles → annotated articles: wiring only."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from streams import metrics
from streams.app import Output, Record, Worker
from streams.following import Following
from streams.messages import Annotated, Article, encode
from streams.service import Service
from streams.topics import ANNOTATED, ARTICLES, MAX_RECORD_BYTES

GROUP = "tocsin-detect"


def fitted(annotated: Annotated, limit: int = MAX_RECORD_BYTES) -> bytes:
    """The message in at most `limit` bytes if leaving out mentions can do it: first those furthest down."""
    encoded = encode(annotated)
    while len(encoded) > limit and annotated.mentions:
        kept = annotated.mentions[: len(annotated.mentions) // 2]
        annotated = msgspec.structs.replace(annotated, mentions=kept, truncated=True)
        encoded = encode(annotated)
    return encoded


async def detect(service: Service, detector: Following) -> None:
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
        following = asyncio.create_task(detector.keep_fresh(service.stopping))
        try:
            await worker.run()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
