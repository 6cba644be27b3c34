"""A guarded Faust worker: raw bytes in, awaited outputs, dead letters with a brake, a watchdog; it loses nothing.

Each setting and each order of steps here stands for a loss or a hang that was met; the comments say which.
"""

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog

from streams import dead_letters, metrics
from streams.broker import bootstrap, group_name, topic_name, wait_ready
from streams.errors import InfrastructureError, PermanentError, TemporaryError
from streams.messages import Message, UnreadableError, decode
from streams.producer import Output, Producer, TooLargeError
from streams.records import Record, as_record
from streams.service import EXIT_FAILED, Service
from streams.settings import Settings
from streams.suspects import Suspects
from streams.topics import Topic
from streams.watchdog import Patience, Sight, Watchdog, look

__all__ = ["Limits", "Output", "Record", "Worker", "make_app"]

M = TypeVar("M", bound=Message)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how long before a worker gives up, in records and seconds.

    `window` is how many records may wait for the broker to take their outputs. `retries` are the pauses before a
    handler is called again after a temporary error. `brake` is how many records in a row may become dead letters,
    `deaths` how often the process may die on a record before that becomes one.
    """

    window: int = 200
    brake: int = 50
    deaths: int = 3
    retries: tuple[float, ...] = (0.2, 0.5, 1, 2, 5, 10, 15)
    longest_pause: float = 20.0
    ready_seconds: float = 30.0
    output_seconds: float = 60.0
    stop_seconds: float = 8.0
    session_seconds: float = 20.0
    patience: Patience = field(default_factory=Patience)
    end: Callable[[int], None] = os._exit


Handler = Callable[[M, Record], Awaitable[Sequence[Output]]]


@dataclass(frozen=True, slots=True)
class Subscription(Generic[M]):
    """What is done with the records of a topic."""

    topic: Topic
    kind: type[M]
    handle: Handler[M]


@dataclass(frozen=True, slots=True)
class Handled:
    """A handled record; its offset is free once `sent` is with the broker."""

    event: Any
    record: Record
    sent: tuple["asyncio.Future[Any]", ...]
    began: float


def make_app(group: str, settings: Settings, limits: Limits) -> Any:
    """A Faust app that cannot lose a record by its settings alone; it must be made inside the running event loop."""
    import faust
    import mode

    session = limits.session_seconds
    folder = _folder(settings, group)
    folder.mkdir(parents=True, exist_ok=True)
    return faust.App(
        group,
        broker=";".join(f"kafka://{server.strip()}" for server in bootstrap(settings).split(",")),
        datadir=str(folder),
        store="memory://",
        processing_guarantee="at_least_once",
        web_enabled=False,  # it would listen on all addresses and serve data
        autodiscover=False,
        # topics are made by our own command
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        # the default restarts an agent after its failing record was acknowledged
        agent_supervisor=mode.CrashingSupervisor,
        # False would commit cancelled work
        stream_wait_empty=True,
        stream_buffer_maxsize=min(512, max(64, limits.window)),
        # at the default of 1000 s a long step, or an idle standby worker, deadlocks for ever
        broker_max_poll_interval=86_400.0,
        broker_max_poll_records=200,
        broker_session_timeout=session,
        broker_heartbeat_interval=session * 3 / 20,
        broker_rebalance_timeout=60.0,
        broker_request_timeout=max(30.0, session + 5),
        broker_commit_interval=1.0,
        broker_commit_every=1000,
        consumer_auto_offset_reset="earliest",
        # a member that joins while the broker comes back may not see the topic's partitions, and the group then has
        # none: it is put right when the metadata are read again, by default only after five minutes
        consumer_metadata_max_age_ms=10_000,
        producer_request_timeout=30.0,
    )


def _folder(settings: Settings, group: str) -> Path:
    return settings.data_dir / "faust" / group


class Worker:
    """Reads topics as a member of a consumer group, and writes what the handlers return.

    A record's offset is committed only once its outputs, or its dead letter, are with the broker. A handler's
    InfrastructureError or TemporaryError is retried a few times, then the process ends and the record comes again;
    every other exception makes a dead letter.
    """

    def __init__(self, service: Service, group: str, limits: Limits | None = None) -> None:
        self._service = service
        self._settings = service.settings
        self._group = group
        self._limits = limits or Limits()
        self._subscriptions: list[Subscription[Any]] = []
        self._producer = Producer(service.settings, self._limits.output_seconds)
        self._suspects = Suspects(_folder(service.settings, group_name(service.settings, group)))
        self._assigned = asyncio.Event()
        self._failed = asyncio.Event()
        self._failure: Exception | None = None
        self._failures_in_a_row = 0
        self._heartbeat = time.monotonic()
        self._sight = Sight()
        self._lagging: set[tuple[str, int]] = set()

    def on(self, topic: Topic, kind: type[M], handle: Handler[M]) -> None:
        """Call `handle` for each record of a topic, one after the other."""
        self._subscriptions.append(Subscription(topic, kind, handle))

    async def started(self) -> None:
        """Wait until the group has given this worker its partitions (perhaps none)."""
        await self._assigned.wait()

    async def run(self) -> None:
        """Work until the service stops. InfrastructureError when it cannot go on: nothing unfinished is committed."""
        topics = [subscription.topic for subscription in self._subscriptions]
        await wait_ready(self._settings, self._limits.ready_seconds, topics)
        await self._producer.start()
        app = self._subscribed_app()
        self._service.add_check("kafka", self._unready)
        watchdog = Watchdog(
            lambda: self._see(app),
            lambda: self._heartbeat,
            self._limits.patience,
            lambda _: self._end(),
            self._show_lag,
        )
        tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._start(app))]
        watchdog.start()
        try:
            await self._until_over(app)
        finally:
            watchdog.stop()
            await self._stop(app, tasks)
        if self._failure is not None:
            raise self._failure

    # ---- one record

    async def _consume(self, subscription: Subscription[Any], stream: Any) -> None:
        """The loop of an agent: handle each record, and let its outputs travel while the next one is handled.

        No exception may leave it: Faust would take the record for done.
        """
        window: asyncio.Queue[Handled] = asyncio.Queue(self._limits.window)
        acknowledging = asyncio.create_task(self._acknowledge(subscription, window))
        try:
            async for event in stream.noack().events():
                await window.put(await self._process(subscription, event))
        except Exception as error:  # noqa: BLE001 -- whatever it is, the process ends and the record stays
            self._fail(error)
            await asyncio.Event().wait()
        finally:
            acknowledging.cancel()

    async def _process(self, subscription: Subscription[Any], event: Any) -> Handled:
        began, record, attempts = time.monotonic(), as_record(event.message), [1]
        sent: list[asyncio.Future[Any]] = []
        deaths = self._suspects.take(record.topic, record.partition, record.offset)
        try:
            if deaths >= self._limits.deaths:
                raise PermanentError(f"the process died with this record in hand ({deaths} times)")
            for output in await self._handle(subscription, record, attempts):
                sent.append(await self._producer.send(output))  # noqa: PERF401 -- what was sent counts if a later one fails
        except InfrastructureError:
            raise
        except Exception as error:  # noqa: BLE001 -- a handler's fault is its record's: dead letter, count, go on
            await self._bury(subscription, record, error, attempts[0])
        else:
            self._failures_in_a_row = 0
        finally:
            self._suspects.release(record.topic, record.partition)
        return Handled(event, record, tuple(sent), began)

    async def _handle(self, subscription: Subscription[Any], record: Record, attempts: list[int]) -> Sequence[Output]:
        if record.value is None:
            raise UnreadableError("the record has no value")
        message = decode(record.value, subscription.kind)
        while True:
            try:
                return await subscription.handle(message, record)
            except (InfrastructureError, TemporaryError) as error:
                log.warning("record.delayed", record=record.place, attempt=attempts[0], reason=str(error))
                if attempts[0] > len(self._limits.retries) or await self._stops_within(self._pause(error, attempts[0])):
                    raise InfrastructureError(f"{record.place}, attempt {attempts[0]}: {error}") from error
                attempts[0] += 1

    def _pause(self, error: Exception, attempt: int) -> float:
        asked = error.after if isinstance(error, TemporaryError) else None
        pause = max(self._limits.retries[attempt - 1], (asked or timedelta()).total_seconds())
        return min(pause, self._limits.longest_pause)

    async def _stops_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._service.stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _acknowledge(self, subscription: Subscription[Any], window: "asyncio.Queue[Handled]") -> None:
        """Free offsets strictly in the order of arrival: Faust commits past a gap of one."""
        name = subscription.topic.name
        try:
            while True:
                handled = await window.get()
                try:
                    await self._producer.delivered(handled.sent)
                except TooLargeError as error:
                    await self._bury(subscription, handled.record, error, 1)
                handled.event.ack()
                metrics.RECORDS.labels(name).inc()
                metrics.RECORD_SECONDS.labels(name).observe(time.monotonic() - handled.began)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the process ends and the record stays
            self._fail(error)

    async def _bury(self, subscription: Subscription[Any], record: Record, error: Exception, attempts: int) -> None:
        """Write the dead letter and wait for the broker's answer; too many in a row stop the process."""
        reason = str(error) if isinstance(error, UnreadableError) else f"{type(error).__name__}: {error}"
        log.error("record.buried", record=record.place, reason=reason, attempts=attempts)
        place = f"{subscription.topic.name}:{record.partition}:{record.offset}"
        headers = dead_letters.headers(reason, place, attempts, record.headers)
        await self._producer.bury(record.key, record.value, headers)
        metrics.DEAD_LETTERS.labels(subscription.topic.name).inc()
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= self._limits.brake:
            raise InfrastructureError(
                f"{self._failures_in_a_row} records in a row could not be processed, the last one for: {reason}. "
                "That looks like a fault of the program rather than of the records, so it stops; "
                "see `tocsin dead-letters list`, and replay them once it is mended"
            )

    # ---- the process

    def _subscribed_app(self) -> Any:
        app = make_app(group_name(self._settings, self._group), self._settings, self._limits)
        for subscription in self._subscriptions:
            topic = app.topic(
                topic_name(self._settings, subscription.topic),
                # raw bytes: a codec of Faust's that fails acknowledges and drops the record
                key_type=bytes,
                value_type=bytes,
                key_serializer="raw",
                value_serializer="raw",
            )
            app.agent(topic, name=subscription.topic.name, concurrency=1)(self._agent(subscription))
        app.on_partitions_assigned.connect(self._on_assigned, weak=False)
        return app

    def _agent(self, subscription: Subscription[Any]) -> Callable[[Any], Awaitable[None]]:
        async def agent(stream: Any) -> None:
            await self._consume(subscription, stream)

        return agent

    async def _on_assigned(self, _app: Any, assigned: Any, **_: Any) -> None:
        log.info("worker.assigned", group=self._group, partitions=len(assigned))
        self._assigned.set()

    async def _start(self, app: Any) -> None:
        try:
            await app.start()
        except Exception as error:  # noqa: BLE001 -- a start that fails ends the process, with its reason
            self._fail(error)

    async def _until_over(self, app: Any) -> None:
        """Until the service stops, a record fails beyond its retries, or Faust crashes (which raises nothing here)."""
        waits = [asyncio.create_task(event.wait()) for event in (self._service.stopping, self._failed)]
        try:
            while not any(wait.done() for wait in waits):
                await asyncio.wait(waits, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
                if app.should_stop:
                    self._fail(InfrastructureError(f"Faust stopped: {app.crash_reason!r}"))
        finally:
            for wait in waits:
                wait.cancel()

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            known = isinstance(error, InfrastructureError)
            self._failure = error if known else InfrastructureError(f"the worker failed: {error!r}")
            log.error("worker.failed", group=self._group, reason=str(self._failure), exc_info=None if known else error)
        self._failed.set()

    async def _stop(self, app: Any, tasks: "Sequence[asyncio.Task[None]]") -> None:
        """Stop in order within the limit; Faust's own stop can wait for ever, and swallows cancellation."""
        deadline = threading.Timer(self._limits.stop_seconds, self._end)
        deadline.daemon = True
        deadline.start()
        if self._failure is not None:
            # what failed stays unacknowledged, so waiting for it would not end
            app.conf.stream_wait_empty = False
        stopping = asyncio.create_task(app.stop())
        await asyncio.wait({stopping}, timeout=max(0.0, self._limits.stop_seconds - 2))
        await self._producer.stop()
        self._suspects.close()
        for task in tasks:
            task.cancel()
        if stopping.done():
            deadline.cancel()
            if error := stopping.exception():
                log.warning("worker.stopped_badly", group=self._group, reason=repr(error), exc_info=error)

    async def _beat(self) -> None:
        while True:
            self._heartbeat = time.monotonic()
            await asyncio.sleep(0.5)

    def _see(self, app: Any) -> Sight:
        self._sight = look(app)
        return self._sight

    def _end(self) -> None:
        log.error("worker.ended", group=self._group, status=EXIT_FAILED)
        self._limits.end(EXIT_FAILED)

    def _unready(self) -> str | None:
        if not self._assigned.is_set():
            return "the consumer group has not assigned partitions yet"
        return None if self._sight.coordinator_known else "the broker cannot be reached"

    def _show_lag(self, lags: Mapping[tuple[str, int], int]) -> None:
        prefix, group = self._settings.kafka.topic_prefix, self._group
        for topic, partition in self._lagging - set(lags):
            metrics.CONSUMER_LAG.remove(topic.removeprefix(prefix), str(partition), group)
        for (topic, partition), lag in lags.items():
            metrics.CONSUMER_LAG.labels(topic.removeprefix(prefix), str(partition), group).set(lag)
        self._lagging = set(lags)
