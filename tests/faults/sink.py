"""A webhook endpoint for tests that writes down every receipt; it verifies with a library that is not ours."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_dG9jc2luLXRlc3RzLXNlY3JldC0wMTIzNDU2Nzg5YWI="


@dataclass
class Sink:
    """Receipts by webhook-id, with the bodies as they came, and what was wrong with any of them."""

    receipts: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Close the server."""
        if self._server is not None:
            self._server.close()

    @property
    def url(self) -> str:
        """Where webhooks are to be sent."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"

    def articles(self) -> dict[str, str]:
        """For each webhook-id the URL of the article that it told of."""
        return {key: json.loads(bodies[0])["data"]["article"]["url"] for key, bodies in self.receipts.items()}

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1")
            lines = (line.partition(":") for line in head.split("\r\n")[1:] if line)
            headers = {name.strip().lower(): value.strip() for name, _, value in lines}
            body = await asyncio.wait_for(reader.readexactly(int(headers["content-length"])), 10)
            self._note(headers, body)
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            return
        finally:
            writer.close()

    def _note(self, headers: dict[str, str], body: bytes) -> None:
        try:
            Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError as error:
            self.faults.append(f"signature: {error}")
        key = headers.get("webhook-id", "")
        if self.receipts[key] and self.receipts[key][0] != body:
            self.faults.append(f"{key}: another body than before")
        self.receipts[key].append(body)
