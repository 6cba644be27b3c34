"""A receiver to try alerts with: a webhook endpoint and an SMTP server on loopback, which tell what arrives."""

import asyncio
import contextlib
import email
import email.policy
import http
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from alerts import render
from alerts.channels import signature
from alerts.quotes import plain
from streams.errors import UsageError
from streams.messages import Alert

HOST = "127.0.0.1"
MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 1024 * 1024
MAX_MAIL_BYTES = 1024 * 1024
REQUEST_SECONDS = 15.0
REMEMBERED = 10_000
"""Ids of which it is known that they came before; the oldest are forgotten."""

Verdict = Literal["verified", "not checked", "unsigned", "bad signature", "mail"]


@dataclass(frozen=True, slots=True)
class Failing:
    """How to fail, so that retries can be watched: with a status, for the first `times` arrivals or for all (None)."""

    status: int = 0
    retry_after: int | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook or mail that arrived. `seen` counts the arrivals of this id; `status` is what was answered.

    `sentence` is the alert's made sentence or the mail's subject; `reason` says what is wrong with a signature or body.
    """

    kind: Literal["webhook", "mail"]
    time: datetime
    id: str
    verdict: Verdict
    seen: int
    status: int
    rule: str = ""
    severity: str = ""
    sentence: str = ""
    reason: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    alert: Alert | None = None

    def line(self) -> str:
        """One line for a person."""
        again = f", attempt {self.seen}" if self.seen > 1 else ""
        answered = "" if self.status in (200, 250) else f", answered {self.status}"
        where = f"{self.time.astimezone():%H:%M:%S}  {self.kind:<7}  {self.id}  "
        if self.kind == "mail":
            return f"{where}{self.sender} → {', '.join(self.recipients)}{again}{answered}  {self.sentence}"
        told = f"[{self.severity}] {self.rule}: {self.sentence}" if self.alert else self.reason
        why = f" ({self.reason})" if self.reason and self.alert else ""
        return f"{where}{self.verdict}{why}{again}{answered}  {told}"

    def json(self) -> str:
        """The same as one JSON object."""
        return msgspec.json.encode(self).decode()


class _Body(msgspec.Struct):
    """What is read of a webhook's body."""

    type: str
    data: Alert


@dataclass
class Receiver:
    """The endpoint and the mail server; `on_event` is told of each arrival, after its answer was decided.

    Ports of 0 are chosen when it starts. Without `secrets` signatures are not checked; with them, what none of them
    signed is answered 401. Only this machine can reach it.
    """

    on_event: Callable[[Received], None]
    http_port: int = 0
    smtp_port: int = 0
    secrets: Sequence[str] = ()
    failing: Failing = Failing()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _arrivals: int = 0
    _seen: "OrderedDict[str, int]" = field(default_factory=OrderedDict)
    _keys: tuple[bytes, ...] = ()

    @property
    def url(self) -> str:
        """Where webhooks are to be sent."""
        return f"http://{HOST}:{self.http_port}/webhook"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Receiver"]:
        """Serve until the block ends. Raises UsageError for a secret that is none or a port that is taken."""
        try:
            self._keys = tuple(signature.key(secret) for secret in self.secrets)
        except signature.SignatureError as error:
            raise UsageError(f"--secret: {error}") from error
        loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as stack:
            web = await _listening(
                "--http-port",
                self.http_port,
                asyncio.start_server(self._serve, HOST, self.http_port, limit=MAX_HEAD_BYTES),
            )
            stack.callback(web.close)
            self.http_port = web.sockets[0].getsockname()[1]
            post = await _listening(
                "--smtp-port", self.smtp_port, loop.create_server(self._session, HOST, self.smtp_port)
            )
            stack.callback(post.close)
            self.smtp_port = post.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer; what is too long, too slow or no HTTP is answered shortly and let go."""
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(REQUEST_SECONDS):
                headers = _headers(await reader.readuntil(b"\r\n\r\n"))
                length = headers.get("content-length", "")
                if not (length.isascii() and length.isdigit()) or int(length[:12]) > MAX_BODY_BYTES:
                    writer.write(_answer(413 if length else 411, None))
                else:
                    writer.write(self.take_webhook(headers, await reader.readexactly(int(length))))
                await writer.drain()
        writer.close()

    def take_webhook(self, headers: Mapping[str, str], body: bytes) -> bytes:
        """Judge a webhook, tell of it, and give the HTTP answer. Header names in lower case."""
        now = self.clock()
        verdict, reason = self._verdict(headers, body, now)
        alert, complaint = _alert(body)
        failing = self._fail()
        status = 401 if verdict in ("unsigned", "bad signature") and self._keys else 200
        status = failing.status if failing else status
        view = render.view(alert) if alert else None
        message_id = plain(headers.get("webhook-id", ""), 80)
        self.on_event(
            Received(
                kind="webhook",
                time=now,
                id=message_id or "without id",
                verdict=verdict,
                seen=self._count(message_id),
                status=status,
                rule=view.rule if view else "",
                severity=alert.rule.severity if alert else "",
                sentence=view.sentence if view else "",
                reason=reason or complaint,
                alert=alert,
            )
        )
        return _answer(status, failing.retry_after if failing else None)

    def _verdict(self, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[Verdict, str]:
        if not headers.get("webhook-signature"):
            return "unsigned", ""
        if not self._keys:
            return "not checked", ""
        try:
            signature.verify(self._keys, headers, body, now)
        except signature.SignatureError as error:
            return "bad signature", str(error)
        return "verified", ""

    def _fail(self) -> Failing | None:
        """How this arrival is to fail, if it is."""
        self._arrivals += 1
        failing = self.failing
        return failing if failing.status and (failing.times is None or self._arrivals <= failing.times) else None

    def _count(self, message_id: str) -> int:
        if not message_id:
            return 1
        seen = self._seen.pop(message_id, 0) + 1
        self._seen[message_id] = seen
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return seen

    def _session(self) -> SMTP:
        return SMTP(_Post(self), hostname="tocsin-receive", data_size_limit=MAX_MAIL_BYTES, timeout=REQUEST_SECONDS)

    def take_mail(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """Tell of a mail, and give the SMTP answer: a failure is 451, tried again, or for 410 Gone 550."""
        mail = email.message_from_bytes(content, policy=email.policy.default)
        failing = self._fail()
        status = (550 if failing.status == http.HTTPStatus.GONE else 451) if failing else 250
        message_id = plain(_header(mail, "Message-ID"), 120).strip("<>")
        self.on_event(
            Received(
                kind="mail",
                time=self.clock(),
                id=message_id or "without id",
                verdict="mail",
                seen=self._count(message_id),
                status=status,
                sentence=plain(_header(mail, "Subject")),
                sender=plain(sender, 120),
                recipients=tuple(plain(one, 120) for one in recipients),
            )
        )
        return {250: "250 OK", 451: "451 told to fail, try again later", 550: "550 told to fail for good"}[status]


class _Post:
    """What aiosmtpd asks."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- its name
        """Take a whole mail."""
        content = envelope.content
        data = content if isinstance(content, bytes) else str(content or "").encode()
        return self._receiver.take_mail(envelope.mail_from or "", envelope.rcpt_tos, data)


async def _listening(option: str, port: int, starting: Awaitable[asyncio.Server]) -> asyncio.Server:
    try:
        return await starting
    except OSError as error:
        raise UsageError(
            f"{option}: port {port} on {HOST} is in use or not allowed ({error.strerror}); "
            "choose another (0 takes a free one)"
        ) from error


def _headers(head: bytes) -> Mapping[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}


def _answer(status: int, retry_after: int | None) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}", "Connection: close", "Content-Length: 0"]
    lines += [f"Retry-After: {retry_after}"] if retry_after is not None else []
    return "\r\n".join([*lines, "", ""]).encode()


def _alert(body: bytes) -> tuple[Alert | None, str]:
    try:
        return msgspec.json.decode(body, type=_Body).data, ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, f"the body is no alert: {plain(str(error), 120)}"


def _header(mail: "email.message.Message[str, str]", name: str) -> str:
    """A header as text; one that cannot be parsed is nothing."""
    try:
        return str(mail.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError):  # email's parsers give up in all these ways
        return ""
