"""Webhooks by Standard Webhooks 1.0: one signed POST of JSON, with an id that is the same over all attempts."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import ClassVar, Self

from pydantic import SecretStr, field_validator

from alerts import quotes, render
from alerts.channels import channel, signature
from alerts.settings import Settings
from streams import outbound
from streams.errors import PermanentError

USER_AGENT = "tocsin-webhooks/1"
ANSWER_BYTES = 64 * 1024
EXCERPT = 200
"""Characters of a refusing answer that are kept for people."""


class WebhookTarget(channel.Target):
    """A receiver's `url`, and the `secret` that it verifies our signatures with; without one, webhooks are unsigned."""

    url: str
    secret: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        try:
            outbound.check_url(url)
        except PermanentError as error:
            raise ValueError(f"{error}; write https://host/path") from error
        return url.strip()

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            signature.key(secret.get_secret_value())
        return secret

    def keys(self) -> tuple[bytes, ...]:
        """The keys that sign."""
        return () if self.secret is None else (signature.key(self.secret.get_secret_value()),)


class Webhook:
    """Posts alerts to receivers' URLs: 2xx is success, 410 is for good, all else is tried again later."""

    kind: ClassVar[str] = "webhook"
    Target: ClassVar[type[WebhookTarget]] = WebhookTarget

    def __init__(self, way_out: outbound.Outbound, timeout: float) -> None:
        self._outbound = way_out
        self._timeout = timeout

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """A channel of its own way out, as wide as deliveries may be under way."""
        way_out = outbound.Outbound(
            settings.outbound.allow, user_agent=USER_AGENT, max_connections=settings.delivery.concurrency
        )
        return cls(way_out, settings.delivery.timeout)

    async def send(self, message: render.Message, target: WebhookTarget, attempt: channel.Attempt) -> channel.Receipt:
        """Post the message; its body is the same over all attempts, its timestamp and signature are this attempt's."""
        body = message.payload
        headers = signature.sign(target.keys(), attempt.id, attempt.time, body)
        request = outbound.Request(
            url=target.url,
            method="POST",
            headers={"content-type": "application/json", **headers},
            body=body,
            deadline=self._timeout,
            max_bytes=ANSWER_BYTES,
            truncate=True,
            redirects=0,
        )
        try:
            response = await self._outbound.send(request)
        except PermanentError as error:
            # An address that is not allowed, or a certificate: the operator can mend it, and then no alert is lost.
            raise channel.NotNowError(str(error)) from error
        return _judge(response, attempt.time)

    async def aclose(self) -> None:
        """Close connections."""
        await self._outbound.aclose()


def _judge(response: outbound.Response, now: datetime) -> channel.Receipt:
    status = response.status
    if 200 <= status < 300:
        return channel.Receipt(_phrase(status), status)
    if status == HTTPStatus.GONE:
        raise channel.RefusedError(
            f"{_phrase(status)}: the receiver wants no more webhooks at this address", status=status
        )
    if 300 <= status < 400:
        raise channel.NotNowError(f"{_phrase(status)}: redirects are not followed; give the final URL", status=status)
    excerpt = quotes.plain(response.body[: 4 * EXCERPT].decode("utf-8", "replace"), EXCERPT)
    answer = f"{_phrase(status)}: {excerpt}" if excerpt else _phrase(status)
    raise channel.NotNowError(answer, status=status, after=retry_after(response.headers.get("retry-after"), now))


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks to wait, in either of its forms (RFC 9110, 10.2.3); None for nonsense."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), 365 * 86_400))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(timedelta(0), moment - now)
