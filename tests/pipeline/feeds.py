"""A web server on loopback with one good feed and every bad answer that a feed list meets sooner or later."""

import asyncio
import gzip
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

REFERENCE = tomllib.loads((Path(__file__).parent / "reference.toml").read_text(encoding="utf-8"))["article"]

BAD = {
    "page": "a web page",
    "empty": "empty",
    "bomb": "larger",
    "big": "larger",
    "loop": "redirect",
    "private": "private",
    "path": "no feed",
    "gone": "gone",
    "slow": "did not finish",
}
"""Each bad feed, and a word that its reason must have."""


def rss(articles: list[dict[str, str]], language: str = "de") -> bytes:
    """Articles as RSS 2.0."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{a['id']}</guid><link>http://news.example/{a['id']}</link>"
        f"<title>{escape(a['title'])}</title><dc:language>{a['language']}</dc:language>"
        f"<description>{escape(a['text'].strip())}</description><pubDate>{a['published']}</pubDate></item>"
        for a in articles
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?>"
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>Reference</title>"
        f"<link>http://news.example/</link><language>{language}</language>{items}</channel></rss>"
    ).encode()


@dataclass
class Feeds:
    """Serves `/good.xml` and one address for each key of BAD."""

    asked: dict[str, int] = field(default_factory=dict)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Close the server."""
        if self._server is not None:
            self._server.close()

    def url(self, name: str) -> str:
        """The address of a feed."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/{name}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1")
            name = head.split(" ", 2)[1].lstrip("/")
            self.asked[name] = self.asked.get(name, 0) + 1
            if name == "slow":
                await asyncio.sleep(10)
            for piece in _answer(name):
                writer.write(piece)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError):
            return
        finally:
            writer.close()


def _answer(name: str) -> list[bytes]:
    if name == "good.xml":
        return [_head(200, "application/rss+xml"), rss(REFERENCE)]
    if name == "big":
        return [_head(200, "application/rss+xml"), *[b"<a>" * 100_000] * 350]
    if name == "bomb":
        return [_head(200, "application/rss+xml", "Content-Encoding: gzip\r\n"), gzip.compress(bytes(100_000_000))]
    if name in ("loop", "private"):
        target = "/loop" if name == "loop" else "http://10.0.0.1/feed"
        return [_head(302, "text/plain", f"Location: {target}\r\n")]
    bodies = {
        "page": b"<!doctype html><html><head><title>News</title></head><body>Hello</body></html>",
        "path": b"/etc/passwd",
        "empty": b"",
        "slow": b"",
    }
    return [_head(410 if name == "gone" else 200, "text/html"), bodies.get(name, b"")]


def _head(status: int, kind: str, more: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{more}Connection: close\r\n\r\n".encode()
