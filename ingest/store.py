"""What ingest keeps: feeds with their due times, the entries seen in them, and the outbox to Kafka.

What a fetch came to is written in one transaction: the feed's state, the seen ids, and the outgoing messages. So a
killed process loses nothing, and what it had not heard acknowledged it sends again under the same ids.
"""

import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ingest import articles
from ingest.feeds import Feed
from streams import database
from streams.messages import Article, FeedStatus, encode
from streams.settings import Settings
from streams.topics import ARTICLES, FEED_STATUS

STORE = "ingest"
MIGRATIONS = Path(__file__).parent / "migrations"

MAX_REVISIONS = 20
"""A page with a clock or a counter in its text is not news each time."""

FORGET_AFTER = timedelta(days=60)
"""An entry that its feed has not held for so long is forgotten; should it come back, it is news."""

TOUCH_AFTER = timedelta(days=1)

METADATA = sa.MetaData()
FEEDS = sa.Table(
    "feeds",
    METADATA,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("title", sa.Text),
    sa.Column("language", sa.Text),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("modified", sa.Text),
    sa.Column("body_hash", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("http_status", sa.Integer),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("added", sa.Double, nullable=False),
    sa.Column("checked", sa.Double),
    sa.Column("last_success", sa.Double),
    sa.Column("last_article", sa.Double),
    sa.Column("next", sa.Double, index=False),
    sa.Column("lease", sa.BigInteger, nullable=False),
    sa.Column("lease_until", sa.Double),
    sa.Column("lease_owner", sa.Text),
    sa.Index("feeds_by_next", "next"),
)
SEEN = sa.Table(
    "seen",
    METADATA,
    sa.Column("feed", sa.Text, primary_key=True),
    sa.Column("article", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("last_seen", sa.Double, nullable=False),
)
OUTBOX = sa.Table(
    "ingest_outbox",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Index("ingest_outbox_by_key", "topic", "key"),
    sqlite_autoincrement=True,
)
KEPT = ("title", "language", "folder", "etag", "modified", "body_hash", "failures", "reason", "http_status", "entries")
TIMES = ("checked", "last_success", "last_article", "next")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that Kafka has not acknowledged yet."""

    id: int
    topic: str
    key: str
    value: bytes


def migrate(settings: Settings) -> None:
    """Bring the store's tables up to date; before an event loop runs."""
    database.migrate(settings, STORE, MIGRATIONS)


def owner() -> str:
    """Who holds a lease: this process on this machine."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Store:
    """The feeds of one installation. Several processes may share it; a feed is leased to one of them at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    def connect(cls, settings: Settings) -> "Store":
        """The store that the settings name; `migrate` comes first."""
        return cls(database.connect(settings, STORE))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    async def add(self, feeds: Iterable[Feed], now: datetime) -> list[str]:
        """Subscribe; the URLs that were new. Known feeds stay as they are."""
        rows = {feed.url: _row(feed) | {"added": now.timestamp(), "next": now.timestamp()} for feed in feeds}
        async with database.writing(self._engine) as connection:
            known = set(await _known(connection, list(rows)))
            new = [row for url, row in rows.items() if url not in known]
            for start in range(0, len(new), 500):
                await connection.execute(self._insert(FEEDS), new[start : start + 500])
            return [row["url"] for row in new]

    async def remove(self, url: str) -> bool:
        """Unsubscribe, and forget what was seen; False when there was no such feed."""
        async with database.writing(self._engine) as connection:
            await connection.execute(sa.delete(SEEN).where(SEEN.c.feed == url))
            gone = await connection.execute(sa.delete(FEEDS).where(FEEDS.c.url == url))
            return gone.rowcount > 0

    async def pause(self, url: str) -> bool:
        """Ask a feed no more until `resume`; False when there is no such feed."""
        return await self._set(url, state="paused", next=None, lease_until=None, lease=FEEDS.c.lease + 1)

    async def resume(self, url: str, now: datetime) -> bool:
        """Ask a paused, failing or gone feed again, now; False when there is no such feed."""
        return await self._set(url, state="new", failures=0, reason=None, next=now.timestamp())

    async def _set(self, url: str, **values: Any) -> bool:
        async with database.writing(self._engine) as connection:
            done = await connection.execute(sa.update(FEEDS).where(FEEDS.c.url == url).values(**values))
            return done.rowcount > 0

    async def feeds(self) -> list[Feed]:
        """All feeds, by URL."""
        async with database.reading(self._engine) as connection:
            rows = await connection.execute(sa.select(FEEDS).order_by(FEEDS.c.url))
            return [_feed(row) for row in rows.mappings()]

    async def counts(self) -> dict[str, int]:
        """How many feeds are in each state."""
        async with database.reading(self._engine) as connection:
            rows = await connection.execute(sa.select(FEEDS.c.state, sa.func.count()).group_by(FEEDS.c.state))
            return {str(state): int(number) for state, number in rows}

    async def lease_due(self, now: datetime, limit: int, lease_for: timedelta) -> list[Feed]:
        """Take the feeds that are due, longest first; nobody else gets them before the lease ends."""
        moment = now.timestamp()
        free = sa.or_(FEEDS.c.lease_until.is_(None), FEEDS.c.lease_until <= moment)
        due = sa.select(FEEDS).where(FEEDS.c.next <= moment, free).order_by(FEEDS.c.next).limit(limit)
        async with database.reading(self._engine) as connection:
            if (await connection.execute(due)).first() is None:
                return []  # nothing to do: the writer's lock is not for looking
        async with database.writing(self._engine) as connection:
            rows = (await connection.execute(due.with_for_update(skip_locked=True))).mappings().all()
            feeds = [replace(feed := _feed(row), lease=feed.lease + 1) for row in rows]
            for feed in feeds:
                await connection.execute(
                    sa.update(FEEDS)
                    .where(FEEDS.c.url == feed.url)
                    .values(lease=feed.lease, lease_until=moment + lease_for.total_seconds(), lease_owner=owner())
                )
            return feeds

    async def free_leases_of_the_dead(self) -> None:
        """Give back what a killed process of this machine had leased, so that its successor need not wait."""
        async with database.writing(self._engine) as connection:
            holders = await connection.execute(
                sa.select(FEEDS.c.lease_owner).where(FEEDS.c.lease_until.is_not(None)).distinct()
            )
            dead = [holder for (holder,) in holders if _is_dead(holder or "")]
            await connection.execute(sa.update(FEEDS).where(FEEDS.c.lease_owner.in_(dead)).values(lease_until=None))

    async def release(self, feed: Feed) -> None:
        """Give a leased feed back unfetched; it stays due."""
        async with database.writing(self._engine) as connection:
            await connection.execute(sa.update(FEEDS).where(_leased(feed)).values(lease_until=None))

    async def record(self, feed: Feed, found: Sequence[Article], now: datetime) -> int | None:
        """Write what a fetch came to: `feed` as it is now, and the articles it held. How many of these were news.

        None, and nothing is written, when the lease is no longer ours.
        """
        async with database.writing(self._engine) as connection:
            if (await connection.execute(sa.select(FEEDS.c.url).where(_leased(feed)))).first() is None:
                return None
            news = await self._news(connection, feed.url, found, now)
            last = max([now, *([feed.last_article] if feed.last_article else [])]) if news else feed.last_article
            feed = replace(feed, last_article=last)
            values = {key: value for key, value in _row(feed).items() if key not in ("url", "lease", "folder")}
            done = sa.update(FEEDS).where(FEEDS.c.url == feed.url).values(**values, lease_until=None)
            await connection.execute(done)
            rows = [{"topic": ARTICLES.name, "key": article.id, "value": encode(article)} for article in news]
            status = status_of(feed, new=len(news))
            stale = sa.delete(OUTBOX).where(OUTBOX.c.topic == FEED_STATUS.name, OUTBOX.c.key == feed.url)
            await connection.execute(stale)
            rows.append({"topic": FEED_STATUS.name, "key": feed.url, "value": encode(status)})
            await connection.execute(sa.insert(OUTBOX), rows)
            return len(news)

    async def _news(
        self, connection: AsyncConnection, url: str, found: Sequence[Article], now: datetime
    ) -> list[Article]:
        """The articles that are new or changed, oldest first, entered as seen."""
        known = await _seen(connection, url, [article.id for article in found])
        news: list[Article] = []
        rows: list[dict[str, Any]] = []
        for article in found:
            digest = articles.digest(article)
            before = known.get(article.id)
            changed = before is None or before.digest != digest
            fresh = before is not None and now.timestamp() - before.last_seen < TOUCH_AFTER.total_seconds()
            if fresh and not changed:
                continue
            revision = 1 if before is None else before.revision + changed
            if changed and revision <= MAX_REVISIONS:
                news.append(_revised(article, revision))
            rows.append(
                {
                    "feed": url,
                    "article": article.id,
                    "digest": digest,
                    "revision": revision,
                    "last_seen": now.timestamp(),
                }
            )
        for start in range(0, len(rows), 500):
            await connection.execute(self._upsert_seen(), rows[start : start + 500])
        return news[::-1]

    async def outbox(self, limit: int) -> list[Outgoing]:
        """The oldest messages that were not acknowledged."""
        async with database.reading(self._engine) as connection:
            rows = await connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.id).limit(limit))
            return [Outgoing(row.id, row.topic, row.key, bytes(row.value)) for row in rows]

    async def acknowledge(self, messages: Sequence[Outgoing]) -> None:
        """Drop what Kafka has acknowledged."""
        async with database.writing(self._engine) as connection:
            await connection.execute(sa.delete(OUTBOX).where(OUTBOX.c.id.in_([message.id for message in messages])))

    async def forget(self, now: datetime) -> int:
        """Drop the ids of entries that their feeds have not held for FORGET_AFTER; how many."""
        async with database.writing(self._engine) as connection:
            limit = (now - FORGET_AFTER).timestamp()
            return (await connection.execute(sa.delete(SEEN).where(SEEN.c.last_seen < limit))).rowcount

    def _insert(self, table: sa.Table) -> Any:
        """An insert that leaves rows which are there as they are."""
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        return dialect.insert(table).on_conflict_do_nothing()

    def _upsert_seen(self) -> Any:
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(SEEN)
        changes = {name: insert.excluded[name] for name in ("digest", "revision", "last_seen")}
        return insert.on_conflict_do_update(index_elements=["feed", "article"], set_=changes)


def status_of(feed: Feed, *, new: int) -> FeedStatus:
    """What is told about a feed after a fetch."""
    return FeedStatus(
        feed=feed.url,
        state=feed.state,
        checked=feed.checked or datetime.fromtimestamp(0, UTC),
        title=feed.title,
        language=feed.language,
        reason=feed.reason,
        http_status=feed.http_status,
        entries=feed.entries,
        new=new,
        failures=feed.failures,
        last_success=feed.last_success,
        last_article=feed.last_article,
        next=feed.next,
    )


def _leased(feed: Feed) -> sa.ColumnElement[bool]:
    return sa.and_(FEEDS.c.url == feed.url, FEEDS.c.lease == feed.lease)


def _is_dead(holder: str) -> bool:
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _revised(article: Article, revision: int) -> Article:
    return msgspec.structs.replace(article, revision=revision)


async def _known(connection: AsyncConnection, urls: Sequence[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(urls), 500):
        rows = await connection.execute(sa.select(FEEDS.c.url).where(FEEDS.c.url.in_(urls[start : start + 500])))
        found.extend(row.url for row in rows)
    return found


async def _seen(connection: AsyncConnection, url: str, ids: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(ids), 500):
        chosen = SEEN.c.feed == url, SEEN.c.article.in_(ids[start : start + 500])
        found.update({row.article: row for row in await connection.execute(sa.select(SEEN).where(*chosen))})
    return found


def _row(feed: Feed) -> dict[str, Any]:
    times = {name: moment.timestamp() if (moment := getattr(feed, name)) else None for name in TIMES}
    kept = {name: getattr(feed, name) for name in KEPT}
    return {"url": feed.url, "state": feed.state, "lease": feed.lease, **kept, **times}


def _feed(row: Any) -> Feed:
    values: dict[str, Any] = {name: row[name] for name in KEPT}
    for name in TIMES:
        values[name] = datetime.fromtimestamp(row[name], UTC) if row[name] is not None else None
    return Feed(url=row["url"], state=row["state"], lease=row["lease"], **values)
