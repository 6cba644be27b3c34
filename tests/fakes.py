"""Stand-ins that several tests share; each passes the same contract as the real thing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

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
