"""Annotated articles → alerts, feed status → store, alerts → outbox: wiring only."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from alerts import rules
from alerts.catalog import Catalog
from alerts.channels import open_channels
from alerts.delivery import DeliveryLoop, addresses
from alerts.query import Vocabulary
from alerts.settings import Settings
from alerts.store import Store
from streams import metrics
from streams.app import Output, Record, Worker
from streams.errors import InfrastructureError
from streams.messages import Alert, Annotated, FeedStatus, encode
from streams.service import Service
from streams.topics import ALERTS, ANNOTATED, FEED_STATUS

MATCH_GROUP = "tocsin-match"
DELIVER_GROUP = "tocsin-deliver"
SWEEP_EVERY = 15.0
STRAY_AFTER = timedelta(seconds=60)
"""An alert that was stored so long ago and has not come by its topic is taken from the store."""

log = structlog.get_logger()


async def match(service: Service, settings: Settings, vocabulary: Vocabulary) -> None:
    """Run the worker that finds the rules which articles meet, until the service stops."""
    async with _opened(settings, vocabulary) as (store, catalog):
        await _match(service, store, catalog)


async def deliver(service: Service, settings: Settings, vocabulary: Vocabulary) -> None:
    """Run the worker that writes a delivery for each channel of an alert, and the loop that makes them."""
    async with _opened(settings, vocabulary) as (store, catalog):
        await _deliver(service, store, catalog, DeliveryLoop(store, catalog, open_channels(settings), settings))


@contextlib.asynccontextmanager
async def _opened(settings: Settings, vocabulary: Vocabulary) -> AsyncIterator[tuple[Store, Catalog]]:
    store = Store.connect(settings)
    try:
        catalog = Catalog(settings.rules.files, store, vocabulary, settings.detect.definitions)
        await catalog.start()
        yield store, catalog
    finally:
        await store.aclose()


async def _match(service: Service, store: Store, catalog: Catalog) -> None:
    worker = Worker(service, MATCH_GROUP)

    async def handle(annotated: Annotated, _record: Record) -> Sequence[Output]:
        began = time.perf_counter()
        found = rules.match(annotated, catalog.rules, datetime.now(UTC))
        metrics.MATCH_SECONDS.observe(time.perf_counter() - began)
        kept = [await keep(store, catalog, alert) for alert in found]
        return [Output(ALERTS, alert.id.encode(), encode(alert)) for alert in kept]

    async def handle_status(status: FeedStatus, _record: Record) -> Sequence[Output]:
        await store.put_feed_status(status)
        return ()

    worker.on(ANNOTATED, Annotated, handle)
    worker.on(FEED_STATUS, FeedStatus, handle_status)
    await _together(service, worker.run(), catalog.keep_fresh(service.stopping))


async def keep(store: Store, catalog: Catalog, alert: Alert) -> Alert:
    """Store an alert under its id; of one that was stored before, what was stored: its content never changes."""
    rule = catalog.rule(alert.rule.id)
    notify = rule.notify if rule is not None else ()
    if not await store.put_alert(alert, notify, datetime.now(UTC)):
        return await store.alert(alert.id) or alert
    metrics.ALERTS.labels(alert.rule.severity).inc()
    if alert.latency.fetched_to_alert is not None:
        metrics.FETCHED_TO_ALERT.observe(alert.latency.fetched_to_alert)
    log.info("alert.stored", alert_id=alert.id, rule=alert.rule.name, article_id=alert.article.id)
    return alert


async def _deliver(service: Service, store: Store, catalog: Catalog, loop: DeliveryLoop) -> None:
    worker = Worker(service, DELIVER_GROUP)

    async def handle(alert: Alert, _record: Record) -> Sequence[Output]:
        notify = await store.notify_of(alert.id)
        if notify is None:
            await keep(store, catalog, alert)
            notify = await store.notify_of(alert.id) or ()
        if await store.enqueue(alert.id, addresses(notify, catalog), datetime.now(UTC)):
            loop.wake()
        return ()

    worker.on(ALERTS, Alert, handle)
    service.add_check("outbox", loop.trouble)
    await _together(
        service,
        worker.run(),
        loop.run(service.stopping),
        catalog.keep_fresh(service.stopping),
        sweep(service.stopping, store, catalog, loop),
    )


async def sweep(stopping: asyncio.Event, store: Store, catalog: Catalog, loop: DeliveryLoop) -> None:
    """Write the deliveries of stored alerts that never came by the topic: the process died between the two."""
    while not stopping.is_set():
        with contextlib.suppress(InfrastructureError):  # the loop says that the database is away
            now = datetime.now(UTC)
            for alert_id, notify in await store.strays(now - STRAY_AFTER, 100):
                await store.enqueue(alert_id, addresses(notify, catalog), now)
                loop.wake()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), SWEEP_EVERY)


async def _together(service: Service, *works: Coroutine[None, None, None]) -> None:
    """Run all until the service stops; when one fails, all end and its error is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        service.stopping.set()
        await asyncio.wait(tasks)
