"""When to try a delivery again: the schedule as data, and what follows from an attempt."""

from datetime import datetime, timedelta

from alerts.channels.channel import NotReadyError, Receipt
from alerts.outbox import Outcome
from alerts.quotes import plain
from streams.errors import PermanentError, TemporaryError, TocsinError

SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long to wait before each attempt, counted from the one before: ten in 75.6 hours (Standard Webhooks 1.0)."""

JITTER = 0.2
LONGEST_WAIT = timedelta(hours=24)
"""However long a receiver asks to wait."""

READY_SOONEST, READY_LATEST = timedelta(seconds=30), timedelta(hours=1)
"""When to look again whether a channel has been set up."""


def decide(
    attempts: int,
    result: Receipt | Exception,
    now: datetime,
    seconds: float,
    chance: float,
    age: timedelta = timedelta(0),
) -> Outcome:
    """What follows from an attempt: delivered, later (and when), or never. Pure.

    `attempts` counts this one. `chance` in 0…1 spreads the schedule by ±20 %. A wait that the receiver asks for counts
    when it is longer than the schedule's, up to 24 hours. An exception that is no verdict is tried again as well.
    What only waits for something to be set up is looked at again soon while it is young, and less often with its `age`.
    """
    if isinstance(result, Receipt):
        return Outcome("delivered", now, None, plain(result.answer, 500), result.status, seconds)
    answer = plain(str(result) if isinstance(result, TocsinError) else f"{type(result).__name__}: {result}", 500)
    status: int | None = getattr(result, "status", None)
    if isinstance(result, NotReadyError):
        return Outcome(
            "waiting",
            now,
            now + min(READY_LATEST, max(READY_SOONEST, age / 10)),
            answer,
            status,
            seconds,
            attempted=False,
        )
    if isinstance(result, PermanentError) or attempts >= len(SCHEDULE):
        return Outcome("failed", now, None, answer, status, seconds)
    wait = SCHEDULE[attempts] * (1 - JITTER + 2 * JITTER * chance)
    if isinstance(result, TemporaryError) and result.after is not None:
        wait = max(wait, min(result.after, LONGEST_WAIT))
    return Outcome("waiting", now, now + wait, answer, status, seconds)
