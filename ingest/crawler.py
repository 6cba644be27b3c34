"""The loop of ingest: due feed, fetch, parse, what is new, when next.

One feed that fails, hangs or lies costs the others nothing: each is visited in a task of its own, with deadlines on
its fetch and its parsing, and whatever goes wrong ends as one sentence in its status.
"""

import asyncio
import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog

from ingest import articles, fetch, schedule
from ingest.feeds import Failed, Feed, Fetched, NotModified
from ingest.parser_process import Job, Parsed, Parser
from ingest.settings import Ingest
from ingest.store import Store
from streams import metrics
from streams.errors import TocsinError
from streams.messages import Article
from streams.outbound import Outbound

LOOK_SECONDS = 1.0
"""How often the store is asked for due feeds, so that an added one is fetched within two seconds."""

STOP_SECONDS = 5.0
"""How long running visits may go on once the process is to stop; then they are given back unfetched."""

COUNT_SECONDS = 15.0
FORGET_EVERY = timedelta(hours=6)

log = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Crawler:
    """Visits feeds as they fall due, until told to stop. `news` is called after each visit that brought something."""

    store: Store
    outbound: Outbound
    parser: Parser
    settings: Ingest
    news: Callable[[], None] = lambda: None
    clock: Callable[[], datetime] = _now
    chance: Callable[[], float] = random.random
    _visits: set[asyncio.Task[None]] = field(default_factory=set)
    _counted: float = -COUNT_SECONDS
    _forgotten: datetime | None = None

    @property
    def rhythm(self) -> schedule.Rhythm:
        """How often feeds are asked."""
        return schedule.Rhythm(self.settings.interval, self.settings.min_interval, self.settings.max_interval)

    async def run(self, stopping: asyncio.Event) -> None:
        """Visit due feeds until `stopping`. Raises InfrastructureError when the store does not answer."""
        await self.store.free_leases_of_the_dead()
        try:
            while not stopping.is_set():
                started = await self.start_due()
                await self._keep_house()
                await self._rest(stopping, 0.0 if started else LOOK_SECONDS)
        finally:
            await self._wind_up()

    async def start_due(self) -> int:
        """Start a visit to each due feed, as far as there is room; how many were started."""
        room = self.settings.concurrency - len(self._visits)
        if room <= 0:
            return 0
        feeds = await self.store.lease_due(self.clock(), room, self._lease_time())
        for feed in feeds:
            self._visits.add(asyncio.create_task(self.visit(feed), name=feed.url))
        return len(feeds)

    async def visit(self, feed: Feed) -> None:
        """Fetch, parse and record one feed."""
        started = time.monotonic()
        try:
            outcome, parsed = await self._ask(feed)
        except asyncio.CancelledError:
            await self.store.release(feed)
            raise
        except Exception as error:
            log.exception("feed.broke", feed_url=feed.url)
            outcome, parsed = Failed(f"tocsin failed on it ({type(error).__name__}: {error}); please report it"), None
        metrics.FETCH_SECONDS.observe(time.monotonic() - started)
        await self._record(feed, outcome, parsed)

    async def _ask(self, feed: Feed) -> tuple[Fetched | NotModified | Failed, Parsed | None]:
        now = self.clock()
        outcome = await fetch.fetch(feed, self.outbound, self.settings, now)
        if not isinstance(outcome, Fetched):
            return outcome, None
        if _body_hash(outcome.body) == feed.body_hash and feed.state == "well":
            return replace_validators(outcome), None
        job = Job(outcome.body, feed.url, outcome.url, outcome.content_type, now, self.settings.max_body_bytes)
        try:
            parsed = await self.parser.parse(job)
        except TocsinError as error:
            return Failed(f"the feed {error}", outcome.status), None
        if parsed.error:
            return Failed(f"the feed {parsed.error}", outcome.status), None
        return outcome, parsed

    async def _record(self, feed: Feed, outcome: Fetched | NotModified | Failed, parsed: Parsed | None) -> None:
        now = self.clock()
        after = schedule.settled(feed, outcome, now, self.rhythm, self.chance())
        found: tuple[Article, ...] = ()
        if parsed is not None and isinstance(outcome, Fetched):
            found = parsed.articles
            after = replace(
                after,
                title=parsed.title or feed.title,
                language=articles.language_code(parsed.language) or feed.language,
                entries=parsed.entries,
                body_hash=_body_hash(outcome.body),
            )
        new = await self.store.record(after, found, now)
        self._tell(after, outcome, new)
        self.news()

    def _tell(self, feed: Feed, outcome: Fetched | NotModified | Failed, new: int | None) -> None:
        kind = {Fetched: "fetched", NotModified: "unchanged", Failed: "failed"}[type(outcome)]
        metrics.FETCHES.labels(kind).inc()
        if new is None:
            log.info("feed.lost", feed_url=feed.url, reason="was removed, paused, or taken by another process")
        elif isinstance(outcome, Failed):
            again = feed.next.isoformat(timespec="seconds") if feed.next else None
            log.warning("feed.failed", feed_url=feed.url, reason=outcome.reason, failures=feed.failures, next=again)
        else:
            metrics.FETCH_LAST_SUCCESS.set_to_current_time()
            moved = outcome.moved if isinstance(outcome, Fetched) else None
            log.info("feed.fetched", feed_url=feed.url, outcome=kind, entries=feed.entries, new=new, moved=moved)

    def _lease_time(self) -> timedelta:
        """Longer than a visit can take."""
        return self.settings.timeout + self.settings.parse_timeout * 2 + timedelta(seconds=60)

    async def _rest(self, stopping: asyncio.Event, seconds: float) -> None:
        """Wait for a while, or until a visit makes room; a visit that found the store gone ends the loop."""
        waiting = asyncio.create_task(stopping.wait())
        full = len(self._visits) >= self.settings.concurrency
        try:
            awaited = {waiting, *self._visits} if full else {waiting}
            await asyncio.wait(awaited, timeout=seconds or None if full else seconds, return_when="FIRST_COMPLETED")
        finally:
            waiting.cancel()
        done = {visit for visit in self._visits if visit.done()}
        self._visits -= done
        for visit in done:
            visit.result()

    async def _wind_up(self) -> None:
        """Let running visits end, for a short while; what does not is given back and fetched after the next start."""
        if not self._visits:
            return
        _done, late = await asyncio.wait(self._visits, timeout=STOP_SECONDS)
        for visit in late:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)
        self._visits.clear()

    async def _keep_house(self) -> None:
        if time.monotonic() - self._counted >= COUNT_SECONDS:
            self._counted = time.monotonic()
            counts = await self.store.counts()
            for state in ("new", "well", "failing", "gone", "paused"):
                metrics.FEEDS.labels(state).set(counts.get(state, 0))
        now = self.clock()
        if self._forgotten is None or now - self._forgotten >= FORGET_EVERY:
            self._forgotten = now
            await self.store.forget(now)


def replace_validators(outcome: Fetched) -> NotModified:
    """A whole answer with the body that we know: nothing to parse."""
    return NotModified(status=outcome.status, after=outcome.after)


def _body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
