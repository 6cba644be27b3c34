"""Webhooks against real servers on loopback, well-behaved and hostile; signatures checked by a library that is not ours."""

import asyncio
import base64
import json
import os
import socket
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from alerts.channels import Attempt, NotNowError, Receipt, RefusedError, signature
from alerts.channels.webhook import Webhook, WebhookTarget, retry_after
from alerts.render import Message
from streams.errors import TemporaryError
from streams.outbound import Outbound
from tests.factories import an_alert
from tests.fakes import answer, serve_site

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER = "whsec_" + base64.b64encode(b"another-secret-of-thirty-2-bytes").decode()
NOW = datetime(2023, 9, 5, 10, 13, tzinfo=UTC)
LOOPBACK = (ip_network("127.0.0.0/8"),)
TIMEOUT = 0.5


@pytest.fixture
async def webhook() -> AsyncIterator[Webhook]:
    channel = Webhook(Outbound(LOOPBACK, user_agent="test/1"), TIMEOUT)
    yield channel
    await channel.aclose()


def target(url: str, secret: str | None = SECRET) -> WebhookTarget:
    return WebhookTarget.model_validate({"url": url, "secret": secret})


async def send(webhook: Webhook, url: str, *, number: int = 1, time: datetime | None = None) -> Receipt:
    attempt = Attempt("msg_1", number, time or datetime.now(UTC))
    return await webhook.send(Message(an_alert(), NOW), target(url), attempt)


async def refusal(webhook: Webhook, url: str) -> NotNowError | RefusedError:
    with pytest.raises((NotNowError, RefusedError)) as caught:
        await send(webhook, url, time=NOW)
    assert isinstance(caught.value, NotNowError | RefusedError)
    return caught.value


async def test_a_webhook_is_signed_and_its_id_and_body_are_the_same_in_every_attempt(webhook: Webhook) -> None:
    async with serve_site(hook=answer(b"thanks", status="202 Accepted")) as site:
        receipt = await send(webhook, site.url("/hook"))
        await send(webhook, site.url("/hook"), number=2, time=datetime.now(UTC) + timedelta(seconds=90))
    assert receipt == Receipt("202 Accepted", 202)
    first, second = site.requests
    assert first["webhook-id"] == second["webhook-id"] == "msg_1"
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) in (89, 90, 91)
    assert site.bodies[0] == site.bodies[1]
    assert first["content-type"] == "application/json"
    for headers, body in zip(site.requests, site.bodies, strict=True):
        assert Verifier(SECRET).verify(body, headers)["type"] == "alert.fired"
        with pytest.raises(WebhookVerificationError):
            Verifier(OTHER).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Verifier(SECRET).verify(body + b" ", headers)


async def test_without_a_secret_webhooks_are_unsigned(webhook: Webhook) -> None:
    async with serve_site(hook=b"ok") as site:
        await webhook.send(Message(an_alert(), NOW), target(site.url("/hook"), None), Attempt("msg_1", 1, NOW))
    assert "webhook-signature" not in site.requests[0]
    assert site.requests[0]["webhook-id"] == "msg_1"
    assert json.loads(site.bodies[0])["data"]["id"] == "al_1"


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "204 No Content"])
async def test_any_2xx_is_taken_over(webhook: Webhook, status: str) -> None:
    async with serve_site(hook=answer(b"", status=status)) as site:
        assert (await send(webhook, site.url("/hook"))).answer == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 Bad Request", NotNowError),
        ("404 Not Found", NotNowError),
        ("408 Request Timeout", NotNowError),
        ("410 Gone", RefusedError),
        ("429 Too Many Requests", NotNowError),
        ("500 Internal Server Error", NotNowError),
        ("503 Service Unavailable", NotNowError),
    ],
)
async def test_all_else_is_tried_again_but_410(webhook: Webhook, status: str, kind: type[Exception]) -> None:
    async with serve_site(hook=answer(b"", status=status)) as site:
        error = await refusal(webhook, site.url("/hook"))
    assert type(error) is kind
    assert str(error).startswith(status)
    assert error.status == int(status[:3])


async def test_what_a_refusing_receiver_says_is_kept_as_one_short_line(webhook: Webhook) -> None:
    async with serve_site(hook=answer(b"queue\r\nfull\0" + b"x" * 5000, status="500 Oops")) as site:
        error = await refusal(webhook, site.url("/hook"))
    assert str(error).startswith("500 Internal Server Error: queue full xxx")
    assert len(str(error)) < 250


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("5", timedelta(seconds=5)),
        (" 120 ", timedelta(minutes=2)),
        ("Tue, 05 Sep 2023 10:23:00 GMT", timedelta(minutes=10)),
        ("Tue, 05 Sep 2023 12:23:00 +0200", timedelta(minutes=10)),
        ("Mon, 04 Sep 2023 10:23:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("٣", None),
        ("Tue, 99 Sep 2023 99:99:99 GMT", None),
    ],
)
async def test_retry_after(webhook: Webhook, header: str, after: timedelta | None) -> None:
    assert retry_after(header, NOW) == after
    if header.isascii():
        page = answer(b"", status="429 Too Many Requests", Retry_After=header)
        async with serve_site(hook=page) as site:
            assert (await refusal(webhook, site.url("/hook"))).__dict__.get("after") == after


def test_an_absurd_retry_after_is_a_number_still() -> None:
    assert retry_after("9" * 400, NOW) == timedelta(days=365)


async def test_a_redirect_into_the_own_network_is_not_followed(webhook: Webhook) -> None:
    async with serve_site(hook=answer(b"", status="302 Found", Location="http://169.254.169.254/")) as site:
        error = await refusal(webhook, site.url("/hook"))
    assert type(error) is NotNowError
    assert str(error) == "302 Found: redirects are not followed; give the final URL"
    assert site.asked == ["/hook"]


async def test_a_private_address_is_not_dialled_but_waits_for_the_operator() -> None:
    channel = Webhook(Outbound((), user_agent="test/1"), TIMEOUT)
    async with serve_site(hook=b"ok") as site:
        error = await refusal(channel, site.url("/hook"))
        assert site.asked == []
    await channel.aclose()
    assert type(error) is NotNowError
    assert "outbound.allow" in str(error)


async def test_an_endless_body_is_cut_and_the_status_counts(webhook: Webhook) -> None:
    written = 0

    async def endless(writer: asyncio.StreamWriter, _asked: Mapping[str, str]) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while written < 100_000_000:
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    async with serve_site(hook=endless) as site:
        assert (await send(webhook, site.url("/hook"))).status == 200
    assert written < 20_000_000


async def drip(writer: asyncio.StreamWriter, _asked: Mapping[str, str]) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        writer.write(f"X-{number}: slow\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.1)


async def hang(_writer: asyncio.StreamWriter, _asked: Mapping[str, str]) -> None:
    await asyncio.sleep(3)


@pytest.mark.parametrize("page", [drip, hang])
async def test_slow_receivers_are_left_at_the_limit(webhook: Webhook, page: object) -> None:
    async with serve_site(hook=page) as site:  # type: ignore[arg-type]
        start = asyncio.get_running_loop().time()
        with pytest.raises(TemporaryError, match=r"did not finish its answer in 0\.5 s"):
            await send(webhook, site.url("/hook"))
        assert asyncio.get_running_loop().time() - start < 2 * TIMEOUT


async def reset(writer: asyncio.StreamWriter, _asked: Mapping[str, str]) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def test_a_reset_connection_is_tried_again(webhook: Webhook) -> None:
    async with serve_site(hook=reset) as site:
        with pytest.raises(TemporaryError, match=r"the connection to 127\.0\.0\.1 failed"):
            await send(webhook, site.url("/hook"))


async def test_a_closed_port_is_tried_again(webhook: Webhook) -> None:
    async with serve_site() as site:
        url = site.url("/hook")
    with pytest.raises(TemporaryError, match="does not answer"):
        await send(webhook, url)


# --- signatures


@given(
    st.binary(min_size=24, max_size=64),
    st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1),
    st.binary(),
)
def test_our_signatures_and_our_verifier_agree(key: bytes, message_id: str, body: bytes) -> None:
    headers = signature.sign((key,), message_id, NOW, body)
    signature.verify((key,), headers, body, NOW)
    with pytest.raises(signature.SignatureError):
        signature.verify((key,), headers, body + b"x", NOW)
    with pytest.raises(signature.SignatureError):
        signature.verify((key + b"x",), headers, body, NOW)


@given(st.binary(min_size=24, max_size=64), st.text(max_size=200))
def test_our_signatures_pass_the_standard_s_library(key: bytes, text: str) -> None:
    body = json.dumps(text).encode()
    headers = dict(signature.sign((key,), "msg_x", datetime.now(UTC), body))
    assert Verifier(key).verify(body, headers) == text


def test_the_standard_s_library_s_signatures_pass_our_verifier() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    signed = Verifier(SECRET).sign("msg_x", now, '{"a": 1}')
    headers = {"webhook-id": "msg_x", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signed}
    signature.verify((signature.key(SECRET),), headers, b'{"a": 1}', now)
    assert dict(signature.sign((signature.key(SECRET),), "msg_x", now, b'{"a": 1}')) == headers
    with pytest.raises(signature.SignatureError):
        signature.verify((signature.key(OTHER),), headers, b'{"a": 1}', now)


def test_while_a_secret_is_changed_both_signatures_are_there() -> None:
    old, new = signature.key(SECRET), signature.key(OTHER)
    headers = signature.sign((new, old), "msg_x", NOW, b"{}")
    assert len(headers["webhook-signature"].split(" ")) == 2
    signature.verify((old,), headers, b"{}", NOW)
    signature.verify((new,), headers, b"{}", NOW)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"webhook-signature": ""}, "not signed"),
        ({"webhook-id": ""}, "not signed"),
        ({"webhook-id": "msg_y"}, "no signature was made with this secret"),
        ({"webhook-signature": "v1,AAAA"}, "no signature was made with this secret"),
        ({"webhook-signature": "é v2,x \ud800"}, "no signature was made with this secret"),
        ({"webhook-timestamp": "soon"}, "no number"),
        ({"webhook-timestamp": "²"}, "no number"),
        ({"webhook-timestamp": "9" * 30}, "no number"),
        ({"webhook-timestamp": str(int(NOW.timestamp()) - 301)}, "301 s away"),
        ({"webhook-timestamp": str(int(NOW.timestamp()) + 301)}, "301 s away"),
    ],
)
def test_what_is_not_signed_as_it_should_is_refused(changes: dict[str, str], reason: str) -> None:
    headers = {**signature.sign((signature.key(SECRET),), "msg_x", NOW, b"{}"), **changes}
    with pytest.raises(signature.SignatureError, match=reason):
        signature.verify((signature.key(SECRET),), headers, b"{}", NOW)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("0123", "begins with whsec_"),
        ("whsec_ä", "not base64"),
        ("whsec_####", "not base64"),
        ("whsec_" + base64.b64encode(os.urandom(23)).decode(), "holds 24 to 64 bytes, this one 23"),
        ("whsec_" + base64.b64encode(os.urandom(65)).decode(), "holds 24 to 64 bytes, this one 65"),
    ],
)
def test_secrets_that_are_none(secret: str, reason: str) -> None:
    with pytest.raises(signature.SignatureError, match=reason) as caught:
        signature.key(secret)
    assert secret not in str(caught.value)


def test_secrets_may_come_without_padding() -> None:
    assert signature.key(SECRET.rstrip("=")) == signature.key(SECRET)
