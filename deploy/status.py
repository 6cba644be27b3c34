"""How everything is, in one look, also when parts of it are down."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import alerts.store
import ingest.store
from deploy import health
from deploy.settings import Settings
from streams import broker
from streams.errors import TocsinError

KAFKA_SECONDS = 3.0

T = TypeVar("T")

LATENCIES = {
    "published_to_fetched": ("ingest", "tocsin_published_to_fetched_seconds"),
    "fetched_to_alert": ("match", "tocsin_fetched_to_alert_seconds"),
    "alert_to_first_attempt": ("deliver", "tocsin_alert_to_first_attempt_seconds"),
}


@dataclass(frozen=True, slots=True)
class KafkaStatus:
    """Whether the broker answers, and in words why it does not."""

    servers: str | None
    reachable: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Feeds:
    """Feeds subscribed to; None where the store cannot be asked."""

    total: int | None = None
    failing: int | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """Records on a topic, and how many of them its slowest reader has yet to read."""

    messages: int
    lag: int
    groups: Mapping[str, int]
    oldest_unread: str | None


@dataclass(frozen=True, slots=True)
class Alerts:
    """Alerts stored since midnight UTC; None where the store cannot be asked."""

    today: int | None = None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Deliveries that wait and that failed for good; None where the store cannot be asked."""

    pending: int | None = None
    failed: int | None = None


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Seconds; None before the first measurement since the process started."""

    p50: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What `tocsin status --json` prints. `problems` are sentences about what could not be asked."""

    processes: Mapping[str, str]
    kafka: KafkaStatus
    feeds: Feeds = Feeds()
    topics: Mapping[str, Topic] = field(default_factory=dict)
    alerts: Alerts = Alerts()
    deliveries: Deliveries = Deliveries()
    latency: Mapping[str, Percentiles] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether Kafka answers and every process of this machine is ready."""
        return self.kafka.reachable and all(state == "running" for state in self.processes.values())


def read(settings: Settings, now: datetime | None = None) -> Status:
    """Ask everything, each part on its own: what is down is said, and does not hide the rest."""
    running = health.find_running(settings)
    processes = {name: _state(settings, [one for one in running if one.name == name]) for name in health.PROCESSES}
    latency = {
        key: _percentiles(settings, [one for one in running if one.name == name], metric)
        for key, (name, metric) in LATENCIES.items()
    }
    return asyncio.run(_Look(settings, now or datetime.now(UTC)).take(processes, latency))


def _state(settings: Settings, found: list[health.Running]) -> str:
    """`running` when all processes of a kind are ready, else in words what is wrong with the first that is not."""
    for process in found:
        answer = health.readiness(settings, process)
        if not answer.ready:
            return f"not ready: {answer.reason}"
    return "running" if found else "not running"


def _percentiles(settings: Settings, found: list[health.Running], metric: str) -> Percentiles:
    buckets: dict[float, float] = {}
    for process in found:
        for bound, count in health.read_buckets(health.metrics_of(settings, process), metric).items():
            buckets[bound] = buckets.get(bound, 0.0) + count
    p50, p99 = (health.quantile(buckets, share) for share in (0.5, 0.99))
    return Percentiles(None if p50 is None else round(p50, 3), None if p99 is None else round(p99, 3))


class _Look:
    """One look at the stores and the broker."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self._settings = settings
        self._now = now
        self._problems: list[str] = []

    async def take(self, processes: Mapping[str, str], latency: Mapping[str, Percentiles]) -> Status:
        kafka = await self._kafka()
        return Status(
            processes=processes,
            kafka=kafka,
            feeds=await self._of_store("ingest", self._feeds, Feeds(0, 0), Feeds()),
            topics=await self._try(self._topics, {}) if kafka.reachable else {},
            alerts=await self._of_store("alerts", self._alerts, Alerts(0), Alerts()),
            deliveries=await self._of_store("alerts", self._deliveries, Deliveries(0, 0), Deliveries()),
            latency=latency,
            problems=tuple(dict.fromkeys(self._problems)),
        )

    async def _try(self, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        try:
            return await ask()
        except TocsinError as error:
            self._problems.append(str(error))
            return otherwise

    async def _of_store(self, store: str, ask: Callable[[], Awaitable[T]], empty: T, otherwise: T) -> T:
        """What a store holds: `empty` while there is none, `otherwise` when it cannot be asked."""
        file = self._settings.data_dir / f"{store}.sqlite"
        if not self._settings.database.url.get_secret_value() and not file.exists():
            return empty
        return await self._try(ask, otherwise)

    async def _kafka(self) -> KafkaStatus:
        try:
            servers = broker.bootstrap(self._settings)
        except TocsinError as error:
            return KafkaStatus(None, False, str(error))
        reason = await broker.answers(servers, within=KAFKA_SECONDS)
        return KafkaStatus(servers, reason is None, reason)

    async def _topics(self) -> dict[str, Topic]:
        return {
            state.topic: Topic(
                state.messages,
                max(state.groups.values(), default=0),
                dict(state.groups),
                state.oldest_unread.isoformat() if state.oldest_unread else None,
            )
            for state in await broker.measure(self._settings)
        }

    async def _feeds(self) -> Feeds:
        store = ingest.store.Store.connect(self._settings)
        try:
            counts = await store.counts()
        finally:
            await store.aclose()
        return Feeds(sum(counts.values()), counts.get("failing", 0))

    async def _alerts(self) -> Alerts:
        midnight = self._now.replace(hour=0, minute=0, second=0, microsecond=0)
        store = alerts.store.Store.connect(self._settings)
        try:
            return Alerts(await store.alerts_since(midnight))
        finally:
            await store.aclose()

    async def _deliveries(self) -> Deliveries:
        store = alerts.store.Store.connect(self._settings)
        try:
            counts = await store.counts()
        finally:
            await store.aclose()
        return Deliveries(counts.get("waiting", 0), counts.get("failed", 0))


def render(status: Status) -> str:
    """The same for a person, as lines of plain text."""
    lines = ["processes"]
    lines += [f"  {name:<9}{state}" for name, state in status.processes.items()]
    kafka = f"answers at {status.kafka.servers}" if status.kafka.reachable else status.kafka.reason or "does not answer"
    lines += [f"kafka      {kafka}"]
    lines += [f"feeds      {_number(status.feeds.total)}, {_number(status.feeds.failing)} failing"]
    lines += [f"alerts     {_number(status.alerts.today)} today (UTC)"]
    deliveries = status.deliveries
    lines += [f"deliveries {_number(deliveries.pending)} waiting, {_number(deliveries.failed)} failed"]
    if status.topics:
        lines += ["topics          messages       lag"]
        lines += [f"  {name:<14}{topic.messages:>8,}  {topic.lag:>8,}" for name, topic in status.topics.items()]
    lines += ["latency              p50       p99"]
    for name, seconds in status.latency.items():
        label = name.replace("_", " ")
        lines += [f"  {label:<23}{_seconds(seconds.p50):>9} {_seconds(seconds.p99):>9}"]
    return "\n".join([*lines, *(f"problem    {problem}" for problem in status.problems)])


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3f} s"
