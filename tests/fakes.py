"""Stand-ins that several tests share; each passes the same contract as the real thing."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.outbox import AlertRecord, Delivery, DeliveryRecord, Outcome, State
from streams.errors import InfrastructureError
from streams.messages import Alert, FeedStatus, content_id

Answer = Callable[[asyncio.StreamWriter, Mapping[str, str]], Awaitable[None]]
"""Writes a whole HTTP answer, status line included; gets the request's headers, names in lower case."""


@dataclass
class Site:
    """An HTTP server on loopback: `pages` are answers by path, `asked` is what was asked for, in order."""

    pages: dict[str, Answer | bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head[1:] if line)}
            self.asked.append(head[0].split(" ")[1])
            self.requests.append(headers)
            self.bodies.append(await reader.readexactly(int(headers.get("content-length", "0"))))
            page = self.pages.get(self.asked[-1].partition("?")[0], answer(b"not here", status="404 Not Found"))
            if isinstance(page, bytes):
                page = answer(page)
            await page(writer, headers)
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def answer(body: bytes, *, status: str = "200 OK", **headers: str) -> Answer:
    """An answer with a body; header names are written with `_` for `-`."""

    async def write(writer: asyncio.StreamWriter, _asked: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    return write


@contextlib.asynccontextmanager
async def serve_site(**pages: Answer | bytes) -> AsyncIterator[Site]:
    """A running site; give pages here by name (`feed=` is `/feed`) or later in `site.pages`."""
    site = Site({f"/{name}": page for name, page in pages.items()})
    server = await asyncio.start_server(site.handle, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()


@dataclass
class Row:
    """A delivery in a MemoryOutbox."""

    delivery: Delivery
    due: datetime | None
    state: State = "waiting"
    leased_until: datetime | None = None
    outcomes: list[Outcome] = field(default_factory=list)


class MemoryOutbox:
    """An outbox in memory. `away` makes it a database that does not answer."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.away = False

    def add(self, alert: Alert, channel: str, now: datetime) -> str:
        """A new delivery, due at once; its id."""
        delivery_id = content_id("msg", alert.id, channel)
        self.rows[delivery_id] = Row(Delivery(delivery_id, alert.id, channel, 0, now, alert, 0), now)
        return delivery_id

    def outcomes(self, delivery_id: str) -> list[Outcome]:
        return self.rows[delivery_id].outcomes

    async def lease_due(
        self, now: datetime, limit: int, lease_for: timedelta, busy: Mapping[str, int], per_endpoint: int
    ) -> list[Delivery]:
        self._answer()
        taken: list[Delivery] = []
        used = Counter(busy)
        for row in sorted(self._open(), key=lambda row: row.due or now):
            if len(taken) == limit:
                break
            channel = row.delivery.channel
            if row.due is None or row.due > now or (row.leased_until or now) > now or used[channel] >= per_endpoint:
                continue
            used[channel] += 1
            row.delivery = replace(row.delivery, lease=row.delivery.lease + 1)
            row.leased_until = now + lease_for
            taken.append(row.delivery)
        return taken

    async def record(self, delivery: Delivery, outcome: Outcome) -> bool:
        self._answer()
        row = self.rows[delivery.id]
        if row.delivery.lease != delivery.lease or row.leased_until is None:
            return False
        row.state, row.due, row.leased_until = outcome.state, outcome.next_attempt, None
        row.delivery = replace(row.delivery, attempts=row.delivery.attempts + outcome.attempted)
        row.outcomes.append(outcome)
        return True

    async def next_due(self, now: datetime) -> datetime | None:
        self._answer()
        return min((max(row.due, row.leased_until or row.due) for row in self._open() if row.due), default=None)

    async def counts(self) -> Mapping[str, int]:
        self._answer()
        return Counter(row.state for row in self.rows.values())

    def _open(self) -> list[Row]:
        return [row for row in self.rows.values() if row.state == "waiting"]

    def _answer(self) -> None:
        if self.away:
            raise InfrastructureError("the database does not answer")


@dataclass
class MemoryLedger:
    """What the page reads, in memory. `away` makes it a database that does not answer."""

    records: list[AlertRecord] = field(default_factory=list)
    feeds: list[FeedStatus] = field(default_factory=list)
    away: bool = False

    async def recent_alerts(self, limit: int, before: datetime | None = None) -> Sequence[AlertRecord]:
        self._answer()
        newest = sorted(self.records, key=lambda record: record.stored, reverse=True)
        return [record for record in newest if before is None or record.stored < before][:limit]

    async def alert_record(self, alert_id: str) -> AlertRecord | None:
        self._answer()
        return next((record for record in self.records if record.alert.id == alert_id), None)

    async def recent_deliveries(self, limit: int) -> Sequence[tuple[DeliveryRecord, Alert]]:
        self._answer()
        rows = [(delivery, record.alert) for record in self.records for delivery in record.deliveries]
        return sorted(rows, key=lambda row: (row[0].state == "delivered", -row[0].created.timestamp()))[:limit]

    async def feed_statuses(self) -> Sequence[FeedStatus]:
        self._answer()
        return self.feeds

    async def counts(self) -> Mapping[str, int]:
        self._answer()
        return Counter(delivery.state for record in self.records for delivery in record.deliveries)

    def _answer(self) -> None:
        if self.away:
            raise InfrastructureError("the database does not answer")


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 30, every: float = 0.01) -> None:
    """Wait until a condition holds, looking every few milliseconds; TimeoutError when it does not in time."""
    async with asyncio.timeout(seconds):
        while True:
            answered = condition()
            if answered if isinstance(answered, bool) else await answered:
                return
            await asyncio.sleep(every)
