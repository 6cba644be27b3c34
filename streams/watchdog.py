"""A look at a Faust app from a thread of its own, for the ways in which it stops consuming without an exception.

aiokafka and Faust park some errors where nobody looks; the attributes read here are private, so their versions are
pinned and a test proves that they are there.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each condition is borne, in seconds. `commit` must be more than the longest legitimate step."""

    heartbeat: float = 60.0
    start: float = 60.0
    crash: float = 15.0
    rebalance: float = 180.0
    commit: float = 300.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a partition is: `committed` is None before the first commit of the group."""

    end: int | None
    position: int | None
    committed: int | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be seen of an app at one moment."""

    crashed: str | None = None
    consuming: bool = False
    parked_error: str | None = None
    coordinating: bool = True
    coordinator_known: bool = True
    rebalancing: bool = False
    unacknowledged: int = 0
    partitions: Mapping[tuple[str, int], Progress] = field(default_factory=dict)


def look(app: Any) -> Sight:
    """Read an app's state; called from another thread, so it only reads."""
    crashed = repr(app.crash_reason) if app.crashed else ("it stopped by itself" if app.should_stop else None)
    consumer = app._consumer
    thread = getattr(consumer, "_thread", None)
    client = getattr(thread, "_consumer", None)
    coordinator = getattr(client, "_coordinator", None)
    if consumer is None or client is None or coordinator is None:
        return Sight(crashed=crashed)
    parked = coordinator._pending_exception
    return Sight(
        crashed=crashed,
        consuming=True,
        parked_error=None if parked is None else repr(parked),
        coordinating=not coordinator._coordination_task.done(),
        coordinator_known=coordinator.coordinator_id is not None,
        rebalancing=bool(app.rebalancing),
        unacknowledged=len(consumer._unacked_messages),
        partitions=_partitions(client, dict(consumer._committed_offset)),
    )


def _partitions(client: Any, committed: Mapping[Any, int | None]) -> dict[tuple[str, int], Progress]:
    subscription = client._subscription.subscription
    assignment = subscription.assignment if subscription is not None else None
    if assignment is None:
        return {}
    found = {}
    for partition in list(assignment.tps):
        state = assignment.state_value(partition)
        if state is not None:
            found[tuple(partition)] = Progress(state.highwater, state._position, committed.get(partition))
    return found


@dataclass
class Judge:
    """Decides by what it sees and for how long; `now` is a monotonic clock in seconds."""

    patience: Patience
    began: float
    _since: dict[object, float] = field(default_factory=dict)
    _at: dict[tuple[str, int], int | None] = field(default_factory=dict)
    _first: dict[tuple[str, int], int] = field(default_factory=dict)

    def verdict(self, sight: Sight, heartbeat: float, now: float) -> str | None:
        """Why the process must end, or None."""
        if now - heartbeat > self.patience.heartbeat:
            return f"the event loop has not turned for {now - heartbeat:.0f} s"
        if self._lasts("crashed", sight.crashed is not None, now) > self.patience.crash:
            return f"Faust crashed and the process did not end: {sight.crashed}"
        if not sight.consuming:
            late = now - self.began > self.patience.start
            return f"the consumer did not start in {now - self.began:.0f} s" if late else None
        if sight.parked_error is not None:
            return f"the group's coordination failed: {sight.parked_error}"
        if not sight.coordinating:
            return "the group's coordination has ended"
        if (age := self._lasts("rebalance", sight.rebalancing, now)) > self.patience.rebalance:
            return f"a rebalance lasts {age:.0f} s"
        return self._stuck(sight, now)

    def lag(self, sight: Sight) -> dict[tuple[str, int], int]:
        """Records that each partition is behind; before the first commit, behind where reading began."""
        lags = {}
        for key, progress in sight.partitions.items():
            if progress.position is not None:
                self._first.setdefault(key, progress.position)
            start = progress.committed if progress.committed is not None else self._first.get(key)
            if progress.end is not None and start is not None:
                lags[key] = max(0, progress.end - start)
        return lags

    def _stuck(self, sight: Sight, now: float) -> str | None:
        lags = self.lag(sight)
        for key in set(self._at) - set(sight.partitions):
            for memory in (self._at, self._since, self._first):
                memory.pop(key, None)
        for key, progress in sight.partitions.items():
            moved = self._at.get(key, -1) != progress.committed
            self._at[key] = progress.committed
            if moved or not lags.get(key):
                self._since[key] = now
            elif (age := now - self._since[key]) > self.patience.commit:
                return f"{key[0]}:{key[1]} is {lags[key]} records behind and nothing was committed for {age:.0f} s"
        held = sight.unacknowledged > 0 and not any(lags.values())
        if (age := self._lasts("held", held, now)) > self.patience.commit:
            return f"{sight.unacknowledged} records are in hand and none was finished for {age:.0f} s"
        return None

    def _lasts(self, what: str, holds: bool, now: float) -> float:
        if not holds:
            self._since.pop(what, None)
            return 0.0
        return now - self._since.setdefault(what, now)


class Watchdog:
    """Judges every second in a thread of its own, and ends the process when it must."""

    def __init__(
        self,
        see: Callable[[], Sight],
        heartbeat: Callable[[], float],
        patience: Patience,
        end: Callable[[str], None],
        show: Callable[[Mapping[tuple[str, int], int]], None],
        *,
        every: float = 1.0,
    ) -> None:
        self._see, self._heartbeat, self._end, self._show = see, heartbeat, end, show
        self._patience, self._every = patience, every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching: an ordinary shutdown has its own deadline."""
        self._stopped.set()

    def _watch(self) -> None:
        judge = Judge(self._patience, time.monotonic())
        sight = Sight()
        while not self._stopped.wait(self._every):
            try:
                sight = self._see()
            except RuntimeError:
                # a dict grew while it was copied: judge by what was seen last, the next look is in a second
                log.debug("watchdog.blinked")
            reason = judge.verdict(sight, self._heartbeat(), time.monotonic())
            self._show(judge.lag(sight))
            if reason is not None and not self._stopped.is_set():
                log.error("watchdog.barked", reason=reason)
                self._end(reason)
                return
