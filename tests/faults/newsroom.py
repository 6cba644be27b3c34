"""A newsroom for tests under load: feeds that grow article by article, and a ledger of what each article must come to."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

MEETING = (
    "Kim Jong-un will Putin am {day}. September treffen",
    "Am {day}. September wird der nordkoreanische Machthaber Kim Jong-un nach Russland reisen, um den russischen "
    "Präsidenten Wladimir Putin zu treffen, wie der Kreml mitteilte. Vorgang {number}.",
)
ORDINARY = (
    "Stadtrat berät über Radwege, Teil {number}",
    "Der Stadtrat hat am Montag über neue Radwege und einen Spielplatz beraten. Vorgang {number}.",
)


@dataclass(frozen=True)
class Item:
    """One article of the newsroom. `alerts` says whether a rule on leaders' meetings must fire for it."""

    guid: str
    title: str
    text: str
    published: datetime
    alerts: bool


@dataclass
class Newsroom:
    """Several feeds on one loopback server. `served` holds the guids that went out in a whole answer."""

    feeds: int = 5
    items: list[list[Item]] = field(default_factory=list)
    served: set[str] = field(default_factory=set)
    requests: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free loopback port."""
        self.items = [[] for _ in range(self.feeds)]
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Close the server."""
        if self._server is not None:
            self._server.close()

    @property
    def port(self) -> int:
        """The port that was taken."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def urls(self) -> list[str]:
        """The feeds' addresses."""
        return [f"http://127.0.0.1:{self.port}/feed-{number}.xml" for number in range(self.feeds)]

    def publish(self, number: int, randomness: random.Random) -> Item:
        """Add one article to a feed; about one in four must alert."""
        alerts = randomness.random() < 0.25
        title, text = MEETING if alerts else ORDINARY
        values = {"day": 1 + number % 28, "number": number}
        published = datetime.now(UTC) - timedelta(seconds=randomness.randint(0, 30))
        item = Item(f"item-{number}", title.format(**values), text.format(**values), published, alerts)
        self.items[number % self.feeds].append(item)
        return item

    def all_items(self) -> list[Item]:
        """Every article published so far."""
        return [item for feed in self.items for item in feed]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1")
            number = int(request.split(" ", 2)[1].removeprefix("/feed-").removesuffix(".xml"))
            items = list(self.items[number])
            etag = f'"{number}-{len(items)}"'
            self.requests += 1
            if f"if-none-match: {etag}" in request.lower():
                writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\nConnection: close\r\n\r\n".encode())
            else:
                body = _rss(number, items).encode()
                writer.write(
                    f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {etag}\r\n"
                    f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                    + body
                )
            await writer.drain()
            self.served.update(item.guid for item in items)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError, IndexError):
            return
        finally:
            writer.close()


def _rss(number: int, items: list[Item]) -> str:
    entries = "".join(
        f"<item><guid isPermaLink='false'>{item.guid}</guid><title>{escape(item.title)}</title>"
        f"<link>http://news.example/{item.guid}</link><description>{escape(item.text)}</description>"
        f"<pubDate>{format_datetime(item.published)}</pubDate></item>"
        for item in reversed(items)
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
        f"<title>Feed {number}</title><link>http://news.example/</link><description>Under load</description>"
        f"<language>de</language>{entries}</channel></rss>"
    )
