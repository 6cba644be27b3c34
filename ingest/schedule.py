"""When to ask a feed again: interval, back-off on failures, Retry-After, jitter. Pure: time and chance are given."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.feeds import Failed, Feed, Fetched, NotModified
from streams.messages import FeedState

MAX_BACK_OFF = timedelta(hours=24)
"""A failing feed is asked at least once a day, for ever: feeds are never dropped."""

JITTER = 0.1


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often feeds are asked: `interval`, within the bounds of what a server may ask for."""

    interval: timedelta
    shortest: timedelta
    longest: timedelta


def after_success(now: datetime, rhythm: Rhythm, *, asked: timedelta | None, chance: float) -> datetime:
    """The next time after a fetch that went well. `asked` is what the server wants, `chance` is in 0…1."""
    interval = max(rhythm.interval, asked or timedelta())
    return now + _jittered(min(max(interval, rhythm.shortest), rhythm.longest), chance)


def after_failure(now: datetime, rhythm: Rhythm, *, failures: int, asked: timedelta | None, chance: float) -> datetime:
    """The next time after the `failures`-th failure in a row: twice as long each time, up to MAX_BACK_OFF.

    Retry-After is obeyed up to the same bound; an absurd one does not silence a feed for ever.
    """
    doubled = rhythm.interval * 2 ** min(max(failures - 1, 0), 20) if rhythm.interval < MAX_BACK_OFF else MAX_BACK_OFF
    wait = max(min(doubled, MAX_BACK_OFF), rhythm.shortest)
    jittered = _jittered(wait, chance)
    return now + min(max(jittered, asked or timedelta()), MAX_BACK_OFF * (1 + JITTER))


def _jittered(wait: timedelta, chance: float) -> timedelta:
    """±10 %, so that feeds that were added together are not asked together for ever."""
    return wait * (1 + JITTER * (2 * chance - 1))


def settled(feed: Feed, outcome: Fetched | NotModified | Failed, now: datetime, rhythm: Rhythm, chance: float) -> Feed:
    """The feed after a fetch: its state, why, and when it is asked again. What it holds is entered elsewhere."""
    feed = replace(feed, checked=now, http_status=outcome.status)
    if isinstance(outcome, Failed):
        failures = feed.failures + 1
        state: FeedState = "gone" if outcome.gone else "failing"
        later = after_failure(now, rhythm, failures=failures, asked=outcome.after, chance=chance)
        return replace(
            feed, state=state, reason=outcome.reason, failures=failures, next=None if outcome.gone else later
        )
    later = after_success(now, rhythm, asked=outcome.after, chance=chance)
    feed = replace(feed, state="well", reason=None, failures=0, last_success=now, next=later)
    if isinstance(outcome, Fetched):
        feed = replace(feed, etag=outcome.etag, modified=outcome.modified)
    return feed
