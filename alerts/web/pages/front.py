"""The front page, and the page of one alert: what they show, gathered from the store and the broker."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts import render
from alerts.outbox import AlertRecord, DeliveryRecord, Ledger
from alerts.quotes import plain, web_url
from alerts.sentences import Line
from alerts.web import words
from alerts.web.lag import Lag, Measured
from streams.errors import InfrastructureError
from streams.messages import Alert, FeedState, FeedStatus

ROWS = 50
FEEDS = 100
DELIVERIES = 50
ROW_QUOTE = 260
URGENCY: Mapping[FeedState, int] = {"failing": 0, "gone": 1, "new": 2, "paused": 3, "well": 4}
"""Feeds that need a person come first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One alert of the list, or of its own page."""

    view: render.View
    stored: datetime
    countries: tuple[str, ...]
    deliveries: Sequence[DeliveryRecord]

    @property
    def waiting(self) -> int:
        """Its deliveries that have not arrived yet."""
        return sum(one.state == "waiting" for one in self.deliveries)

    @property
    def failed(self) -> int:
        """Its deliveries that will not arrive."""
        return sum(one.state == "failed" for one in self.deliveries)


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery of the list, with what it delivers."""

    record: DeliveryRecord
    sentence: str
    rule: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed of the list."""

    status: FeedStatus
    title: str
    url: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Front:
    """Everything on the front page. `trouble` says what could not be read; the rest is shown all the same."""

    now: datetime
    groups: Sequence[tuple[str, Sequence[Row]]]
    older: str | None
    feeds: Sequence[Feed]
    feeds_in_all: int
    feeds_failing: int
    last_article: datetime | None
    topics: Measured
    dead_letters: int
    deliveries: Sequence[Sent]
    counts: Mapping[str, int]
    trouble: str | None = None


async def front(ledger: Ledger, lag: Lag, now: datetime, before: datetime | None) -> Front:
    """Read all parts of the front page; a database that is away leaves them empty, and says so."""
    topics = await lag.read()
    try:
        records = await ledger.recent_alerts(ROWS + 1, before)
        feeds = await ledger.feed_statuses()
        deliveries = await ledger.recent_deliveries(DELIVERIES)
        counts = await ledger.counts()
    except InfrastructureError as error:
        return _arranged(now, (), (), (), {}, topics, plain(str(error)))
    return _arranged(now, records, feeds, deliveries, counts, topics, None)


def _arranged(
    now: datetime,
    records: Sequence[AlertRecord],
    feeds: Sequence[FeedStatus],
    deliveries: Sequence[tuple[DeliveryRecord, Alert]],
    counts: Mapping[str, int],
    topics: Measured,
    trouble: str | None,
) -> Front:
    rows = [row(record, ROW_QUOTE) for record in records[:ROWS]]
    grouped = itertools.groupby(rows, key=lambda one: words.day(one.stored, now))
    ordered = sorted(feeds, key=lambda one: (URGENCY[one.state], (one.title or one.feed).casefold()))
    return Front(
        now=now,
        groups=[(head, list(group)) for head, group in grouped],
        older=records[ROWS - 1].stored.isoformat() if len(records) > ROWS else None,
        feeds=[_feed(one) for one in ordered[:FEEDS]],
        feeds_in_all=len(feeds),
        feeds_failing=sum(one.state in ("failing", "gone") for one in feeds),
        last_article=max((one.last_article for one in feeds if one.last_article), default=None),
        topics=topics,
        dead_letters=next((one.messages for one in topics.topics if one.topic == "dead-letters"), 0),
        deliveries=[_sent(record, alert) for record, alert in deliveries],
        counts=counts,
        trouble=trouble,
    )


def row(record: AlertRecord, quote_limit: int = 2000) -> Row:
    """An alert with all that a page shows of it."""
    view = render.view(record.alert, quote_limit)
    return Row(view, record.stored, _countries(view.quotes[0].line) if view.quotes else (), record.deliveries)


def _countries(line: Line) -> tuple[str, ...]:
    codes = (one.country for one in (*line.left, *line.right) if one.country)
    return tuple(dict.fromkeys(plain(code, 8) for code in codes))[:6]


def _feed(status: FeedStatus) -> Feed:
    reason = status.reason if status.state in ("failing", "gone") else None
    return Feed(status, plain(status.title or status.feed, 120), web_url(status.feed), plain(reason or "", 300))


def _sent(record: DeliveryRecord, alert: Alert) -> Sent:
    view = render.view(alert, ROW_QUOTE)
    return Sent(record, view.sentence, view.rule)
