"""The receiver: what it says of webhooks and mails that arrive, and how it fails when it is told to."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import aiosmtplib
import pytest

from alerts.channels import Attempt, NotNowError, Receipt, RefusedError
from alerts.channels.email import Email, EmailTarget
from alerts.channels.webhook import Webhook, WebhookTarget
from alerts.render import Message
from alerts.settings import Smtp
from deploy.receive import Failing, Received, Receiver
from streams.errors import UsageError
from streams.outbound import Outbound
from tests.factories import an_alert

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER = "whsec_" + base64.b64encode(b"another-secret-of-thirty-2-bytes").decode()
NOW = datetime(2023, 9, 5, 10, 13, tzinfo=UTC)


@contextlib.asynccontextmanager
async def receiving(**options: object) -> AsyncIterator[tuple[Receiver, list[Received]]]:
    arrived: list[Received] = []
    async with Receiver(arrived.append, **options).running() as receiver:  # type: ignore[arg-type]
        yield receiver, arrived


async def post(
    receiver: Receiver, secret: str | None, *, time: datetime | None = None, message_id: str = "msg_1"
) -> Receipt:
    channel = Webhook(Outbound((ip_network("127.0.0.0/8"),), user_agent="test/1"), 2)
    target = WebhookTarget.model_validate({"url": receiver.url, "secret": secret})
    try:
        return await channel.send(Message(an_alert(), NOW), target, Attempt(message_id, 1, time or datetime.now(UTC)))
    finally:
        await channel.aclose()


async def mail(receiver: Receiver) -> Receipt:
    channel = Email(Smtp(host="127.0.0.1", port=receiver.smtp_port, security="none"), 2)
    target = EmailTarget.model_validate({"to": "desk@example.org"})
    return await channel.send(Message(an_alert(), NOW), target, Attempt("msg_2", 1, NOW))


async def test_a_signed_webhook_is_verified_and_told_in_one_line() -> None:
    async with receiving(secrets=(SECRET,)) as (receiver, arrived):
        assert (await post(receiver, SECRET)).status == 200
    [one] = arrived
    assert (one.verdict, one.seen, one.rule, one.severity) == ("verified", 1, "Leaders meet", "high")
    assert one.alert == an_alert()
    assert one.line().endswith("msg_1  verified  [high] Leaders meet: Kim Jong-un and Vladimir Putin plan to meet")
    told = json.loads(one.json())
    assert told["alert"]["article"]["title"] == "Kim will Putin in Russland treffen"
    assert told["sentence"] == "Kim Jong-un and Vladimir Putin plan to meet"


async def test_a_repeat_is_seen_by_its_id() -> None:
    async with receiving() as (receiver, arrived):
        for message_id in ("msg_1", "msg_2", "msg_1"):
            await post(receiver, SECRET, message_id=message_id)
    assert [(one.id, one.seen) for one in arrived] == [("msg_1", 1), ("msg_2", 1), ("msg_1", 2)]
    assert "attempt 2" in arrived[2].line()
    assert {one.verdict for one in arrived} == {"not checked"}


@pytest.mark.parametrize(
    ("secret", "age", "verdict", "reason"),
    [
        (None, 0, "unsigned", ""),
        (OTHER, 0, "bad signature", "no signature was made with this secret"),
        (SECRET, 400, "bad signature", "s away from now"),
    ],
)
async def test_what_is_not_signed_with_the_secret_is_refused(
    secret: str | None, age: int, verdict: str, reason: str
) -> None:
    async with receiving(secrets=(SECRET,)) as (receiver, arrived):
        with pytest.raises(NotNowError, match="401 Unauthorized"):
            await post(receiver, secret, time=datetime.now(UTC) - timedelta(seconds=age))
    assert (arrived[0].verdict, arrived[0].status) == (verdict, 401)
    assert reason in arrived[0].reason
    assert "answered 401" in arrived[0].line()


async def test_it_fails_as_often_as_it_is_told_to() -> None:
    async with receiving(failing=Failing(status=429, retry_after=5, times=2)) as (receiver, arrived):
        for _ in range(2):
            with pytest.raises(NotNowError, match="429 Too Many Requests") as caught:
                await post(receiver, None)
            assert caught.value.after == timedelta(seconds=5)
        assert (await post(receiver, None)).status == 200
    assert [one.status for one in arrived] == [429, 429, 200]
    assert arrived[2].seen == 3


async def test_it_takes_mails_and_tells_of_them() -> None:
    async with receiving() as (receiver, arrived):
        assert (await mail(receiver)).status == 250
    [one] = arrived
    assert (one.kind, one.sender, one.recipients) == ("mail", "tocsin@localhost", ("desk@example.org",))
    assert one.id == "msg_2@localhost"
    assert one.line().endswith(
        "tocsin@localhost → desk@example.org  [high] Planned: Kim Jong-un and Vladimir Putin to meet"
    )


@pytest.mark.parametrize(("status", "kind"), [(500, NotNowError), (429, NotNowError), (410, RefusedError)])
async def test_mails_fail_as_well(status: int, kind: type[Exception]) -> None:
    async with receiving(failing=Failing(status=status)) as (receiver, arrived):
        with pytest.raises(kind):
            await mail(receiver)
    assert arrived[0].status == (550 if status == 410 else 451)


async def test_hostile_mails_are_told_in_one_line() -> None:
    content = b"Subject: =?utf-8?q?a=0Ab=1B[31m?=\r\nMessage-ID: <x\r\n y>\r\nFrom: \xff\xfe\r\n\r\nhi\r\n"
    async with (
        receiving() as (receiver, arrived),
        aiosmtplib.SMTP(hostname="127.0.0.1", port=receiver.smtp_port) as smtp,
    ):
        await smtp.sendmail("a@example.org", ["b@example.org"], content)
    assert len(arrived[0].line().splitlines()) == 1
    assert "\x1b" not in arrived[0].line()


async def ask(receiver: Receiver, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.http_port)
    writer.write(request)
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nnot {js", b"200"),
        (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"200"),
    ],
)
async def test_what_is_no_alert_is_answered_all_the_same(request_: bytes, status: bytes) -> None:
    async with receiving() as (receiver, arrived):
        assert (await ask(receiver, request_)).split(b" ")[1] == status
    if status == b"200":
        assert arrived[0].reason.startswith("the body is no alert")
        assert "the body is no alert" in arrived[0].line()
    else:
        assert arrived == []


async def test_a_head_without_end_is_let_go() -> None:
    async with receiving() as (receiver, arrived):
        assert await ask(receiver, b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 30_000) == b""
    assert arrived == []


async def test_a_taken_port_and_a_bad_secret_are_told() -> None:
    async with receiving() as (receiver, _arrived):
        for option in ("http_port", "smtp_port"):
            with pytest.raises(UsageError, match=f"--{option.replace('_', '-')}: port {receiver.http_port} .* in use"):
                async with receiving(**{option: receiver.http_port}):
                    raise AssertionError("it started on a port that is taken")
    with pytest.raises(UsageError, match="--secret: a signing secret begins with whsec_"):
        async with receiving(secrets=("hunter2",)):
            raise AssertionError("it started with a secret that is none")


async def test_only_so_many_ids_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.receive.REMEMBERED", 2)
    arrived: list[Received] = []
    receiver = Receiver(arrived.append)
    for number in (1, 2, 3, 2, 1):
        receiver.take_webhook({"webhook-id": f"msg_{number}"}, b"{}")
    assert [one.seen for one in arrived] == [1, 1, 1, 2, 1]
