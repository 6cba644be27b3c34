"""The delivery loop: due message → channel → delivered, later or never."""

import asyncio
import contextlib
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from alerts.channels import Attempt, Channel, NotNowError, NotReadyError, Receipt, Target
from alerts.outbox import AlertRecord, Delivery, DeliveryRecord, Ledger, Outbox, Outcome, State
from alerts.quotes import plain
from alerts.render import Message
from alerts.retries import decide
from alerts.settings import Settings
from streams import metrics
from streams.errors import InfrastructureError, TocsinError

__all__ = [
    "AlertRecord",
    "Definition",
    "Delivery",
    "DeliveryLoop",
    "DeliveryRecord",
    "Directory",
    "Ledger",
    "Outbox",
    "Outcome",
    "State",
    "addresses",
    "resolve",
]

CROWDED_AGAIN = timedelta(seconds=10)
LEASE_MARGIN = timedelta(seconds=10)
"""A lease lasts as long as an attempt may, and this: for starting it and for recording what it came to."""

WIND_UP_SECONDS = 5.0
LONGEST_PAUSE = 5.0
KIND_SHARE = 0.75
"""Of all attempts under way, those of one kind of channel: a mail server that hangs leaves room for webhooks."""

log = structlog.get_logger()


class Definition(Protocol):
    """A channel as somebody defined it."""

    @property
    def kind(self) -> str:
        """`webhook`, `email`, …"""

    @property
    def target(self) -> Target:
        """Where its messages go."""


class Directory(Protocol):
    """The channels in force."""

    def channel(self, name: str) -> Definition | None:
        """The channel of a name; None when nobody defines it (any more)."""


def addresses(names: Iterable[str], directory: Directory) -> tuple[str, ...]:
    """What a rule's `notify` comes to: one name for each delivery, so a mail channel of three readers gives three.

    These are the names that deliveries are stored under: `desk-webhook`, `trade <a@example.org>`.
    """
    found: dict[str, None] = {}
    for name in names:
        definition = directory.channel(name)
        recipients = definition.target.recipients() if definition is not None else ()
        found.update(dict.fromkeys((name,) if len(recipients) < 2 else (f"{name} <{one}>" for one in recipients)))
    return tuple(found)


def resolve(address: str, directory: Directory) -> tuple[str, Target] | None:
    """Kind and target for a delivery's address, as `addresses` made it; None when it is not defined any more."""
    definition = directory.channel(address)
    if definition is not None:
        return definition.kind, definition.target
    parts = re.fullmatch(r"(.+) <([^<>]+)>", address)
    definition = directory.channel(parts[1]) if parts else None
    target = definition.target.only(parts[2]) if definition and parts else None
    return (definition.kind, target) if definition and target is not None else None


class DeliveryLoop:
    """Takes due deliveries from the outbox, hands each to its channel, and records what came of it.

    Attempts run side by side, bounded in all, per endpoint and per kind of channel, so that a dead or slow endpoint
    holds up no other. What cannot be recorded, since the database is away, is kept and recorded before anything new
    is taken, so nothing that was sent is sent again.
    """

    def __init__(
        self,
        outbox: Outbox,
        directory: Directory,
        channels: Mapping[str, Channel],
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._directory = directory
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._woken = asyncio.Event()
        self._running: dict[asyncio.Task[None], Delivery] = {}
        self._kinds: Counter[str] = Counter()
        self._ailing: set[str] = set()
        self._unrecorded: set[str] = set()
        self._trouble: str | None = None
        self._pause = 0.0
        self._counted = float("-inf")

    def wake(self) -> None:
        """Say that deliveries were written: they are taken at once."""
        self._woken.set()

    def trouble(self) -> str | None:
        """A readiness check: what keeps the loop from its outbox, or None."""
        return self._trouble

    async def run(self, stopping: asyncio.Event) -> None:
        """Deliver until `stopping` is set; then give what is under way some seconds, and close the channels.

        What is not done by then is not recorded: its lease ends, and another process or the next start takes it up.
        """
        waker = asyncio.create_task(self._wake_at(stopping))
        try:
            while not stopping.is_set():
                await self._rest(await self._turn())
        finally:
            waker.cancel()
            await self._wind_up()

    async def _wake_at(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._woken.set()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    async def _turn(self) -> float:
        """Take what is due and has room; seconds until it is worth looking again, unless woken."""
        room = self._settings.delivery.concurrency - len(self._running)
        if room <= 0 or self._unrecorded:
            return LONGEST_PAUSE
        try:
            now = self._clock()
            for delivery in await self._outbox.lease_due(
                now, room, self._lease(), self._busy(), self._settings.delivery.per_endpoint
            ):
                self._start(delivery, now)
            due = await self._outbox.next_due(self._clock())
            await self._count()
        except InfrastructureError as error:
            return self._failed(error)
        self._trouble, self._pause = None, 0.0
        wait = LONGEST_PAUSE if due is None else (due - self._clock()).total_seconds()
        # Due already, yet not taken: its endpoint is full, whose end wakes us, or another process holds it.
        return min(wait, LONGEST_PAUSE) if wait > 0 else 1.0

    def _failed(self, error: InfrastructureError) -> float:
        if self._trouble is None:
            log.error("outbox.lost", reason=str(error))
        self._trouble = f"the outbox cannot be read: {error}"
        self._pause = min(LONGEST_PAUSE, max(0.2, self._pause * 2))
        return self._pause

    async def _count(self) -> None:
        if time.monotonic() - self._counted >= LONGEST_PAUSE:
            self._counted = time.monotonic()
            metrics.DELIVERIES_WAITING.set((await self._outbox.counts()).get("waiting", 0))

    def _lease(self) -> timedelta:
        return timedelta(seconds=self._settings.delivery.timeout) + LEASE_MARGIN

    def _busy(self) -> Mapping[str, int]:
        """Attempts under way by channel; one whose last attempt failed counts as full but for one probe at a time."""
        busy = Counter(delivery.channel for delivery in self._running.values())
        for channel in self._ailing:
            busy[channel] += self._settings.delivery.per_endpoint - 1
        return busy

    def _start(self, delivery: Delivery, leased: datetime) -> None:
        task = asyncio.create_task(self._deliver(delivery, leased))
        self._running[task] = delivery
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._woken.set()

    async def _deliver(self, delivery: Delivery, leased: datetime) -> None:
        try:
            outcome = await self._attempt(delivery, leased)
            if outcome is not None:
                await self._record(delivery, outcome)
        except Exception:
            metrics.ATTEMPTS.labels("none", "error").inc()
            log.exception("delivery.broke", delivery_id=delivery.id, channel=delivery.channel)

    async def _attempt(self, delivery: Delivery, leased: datetime) -> Outcome | None:
        """One attempt; None when the lease may run out during it (this process was stopped and has woken up)."""
        now = self._clock()
        found = resolve(delivery.channel, self._directory)
        channel = self._channels.get(found[0]) if found else None
        if found is None or channel is None:
            reason = f"there is no channel {plain(delivery.channel, 80)!r}; define it, and this is sent"
            return decide(delivery.attempts, NotReadyError(reason), now, 0.0, 0.5, now - delivery.created)
        kind, target = found
        if now - leased >= LEASE_MARGIN:
            log.warning("lease.outrun", delivery_id=delivery.id)
            return None
        if self._kinds[kind] >= max(1, int(self._settings.delivery.concurrency * KIND_SHARE)):
            answer = f"waits for its turn: {self._kinds[kind]} deliveries by {kind} are under way"
            return Outcome(
                "waiting", now, now + CROWDED_AGAIN * (0.5 + self._chance()), answer, None, 0.0, attempted=False
            )
        self._kinds[kind] += 1
        try:
            return await self._send(delivery, kind, channel, target)
        finally:
            self._kinds[kind] -= 1

    async def _send(self, delivery: Delivery, kind: str, channel: Channel, target: Target) -> Outcome:
        start, now = time.monotonic(), self._clock()
        if delivery.attempts == 0:
            metrics.ALERT_TO_ATTEMPT.observe(max(0.0, (now - delivery.created).total_seconds()))
        message = Message(delivery.alert, delivery.created, self._settings.web.base_url)
        result = await self._result(channel, message, target, Attempt(delivery.id, delivery.attempts + 1, now))
        seconds = time.monotonic() - start
        outcome = decide(delivery.attempts + 1, result, self._clock(), seconds, self._chance(), now - delivery.created)
        metrics.ATTEMPTS.labels(kind, outcome.state).inc()
        metrics.ATTEMPT_SECONDS.labels(kind).observe(seconds)
        if outcome.state == "delivered":
            self._ailing.discard(delivery.channel)
        else:
            self._ailing.add(delivery.channel)
        return outcome

    async def _result(
        self, channel: Channel, message: Message, target: Target, attempt: Attempt
    ) -> Receipt | Exception:
        seconds = self._settings.delivery.timeout
        try:
            async with asyncio.timeout(seconds + 1):  # the channel's own limit, with the better reason, comes first
                return await channel.send(message, target, attempt)
        except TimeoutError:
            return NotNowError(f"no answer within {seconds:g} s")
        except TocsinError as error:
            return error
        except Exception as error:
            log.exception("channel.broke", delivery_id=attempt.id, kind=channel.kind)
            return error

    async def _record(self, delivery: Delivery, outcome: Outcome) -> None:
        pause = 0.2
        while True:
            try:
                kept = await self._outbox.record(delivery, outcome)
                break
            except InfrastructureError as error:
                if delivery.id not in self._unrecorded:
                    self._unrecorded.add(delivery.id)
                    log.error("outcome.kept", delivery_id=delivery.id, state=outcome.state, reason=str(error))
                self._trouble = f"outcomes cannot be recorded: {error}"
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
        self._unrecorded.discard(delivery.id)
        _log_outcome(delivery, outcome, kept)

    async def _wind_up(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=WIND_UP_SECONDS)
        left = list(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for channel in self._channels.values():
            await channel.aclose()


def _log_outcome(delivery: Delivery, outcome: Outcome, kept: bool) -> None:
    keys = {
        "delivery_id": delivery.id,
        "alert_id": delivery.alert_id,
        "channel": delivery.channel,
        "attempt": delivery.attempts + outcome.attempted,
        "answer": outcome.answer,
    }
    if not kept:
        log.warning("lease.lost", **keys)
    elif outcome.state == "delivered":
        log.info("delivery.delivered", seconds=round(outcome.seconds, 3), **keys)
    elif outcome.state == "failed":
        log.error("delivery.failed", **keys)
    else:
        log.warning("delivery.waits", next_attempt=outcome.next_attempt and outcome.next_attempt.isoformat(), **keys)
