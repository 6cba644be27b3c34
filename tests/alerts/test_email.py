"""E-mail against real SMTP servers on loopback: what is taken, put off, refused, and never sent in clear."""

import asyncio
import contextlib
import email
import email.policy
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import Attempt, NotNowError, NotReadyError, Receipt, RefusedError
from alerts.channels.email import Email, EmailTarget, compose
from alerts.render import Message
from alerts.settings import Smtp
from streams.errors import TocsinError
from tests.factories import an_alert

NOW = datetime(2023, 9, 5, 10, 13, tzinfo=UTC)
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted", "X-Auto-Response-Suppress",
    "MIME-Version", "Content-Type",
}  # fmt: skip


@dataclass
class Post:
    """An SMTP server's mind: answers by recipient and to DATA, and the mails that it took."""

    rcpt: dict[str, str] = field(default_factory=dict)
    data: str | Callable[[SMTP], str] = "250 OK queued as 7"
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.rcpt.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        content = envelope.content
        assert isinstance(content, bytes)
        self.raw.append(content)
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return self.data if isinstance(self.data, str) else self.data(server)


@contextlib.asynccontextmanager
async def served(post: Post, tls: ssl.SSLContext | None = None, wrapped: bool = False) -> AsyncIterator[int]:
    """A running server; its port."""
    loop = asyncio.get_running_loop()
    starttls = None if wrapped else tls
    server = await loop.create_server(
        lambda: SMTP(post, hostname="mx.test", tls_context=starttls), "127.0.0.1", 0, ssl=tls if wrapped else None
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def channel(port: int, security: str = "none", **values: object) -> Email:
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "security": security,
        "from": "Tocsin <tocsin@example.org>",
        **values,
    }
    return Email(Smtp.model_validate(settings), 2.0)


async def send(mail: Email, *to: str, number: int = 1) -> Receipt:
    target = EmailTarget.model_validate({"to": to or ("desk@example.org",)})
    message = Message(an_alert(), NOW, "https://desk.example")
    return await mail.send(message, target, Attempt("msg_1", number, datetime.now(UTC)))


async def error(mail: Email, *to: str) -> TocsinError:
    with pytest.raises(TocsinError) as caught:
        await send(mail, *to)
    return caught.value


async def test_a_mail_is_handed_over() -> None:
    post = Post()
    async with served(post) as port:
        assert await send(channel(port)) == Receipt("250 OK queued as 7", 250)
    [mail] = post.mails
    assert set(mail.keys()) == HEADERS
    assert mail["Subject"] == "[high] Planned: Kim Jong-un and Vladimir Putin to meet"
    assert (mail["From"], mail["To"]) == ("Tocsin <tocsin@example.org>", "desk@example.org")
    assert mail["Message-ID"] == "<msg_1@example.org>"
    assert mail["List-Id"] == "<rule-1.tocsin.example.org>"
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "im September Putin in Russland *treffen*" in text.get_content()
    assert ">treffen</span>" in html.get_content()


async def test_a_mail_is_the_same_bytes_in_every_attempt_even_after_a_drop_behind_data() -> None:
    def drop(server: SMTP) -> str:
        assert server.transport is not None
        server.transport.abort()
        return "250 never heard"

    post = Post(data=drop)
    async with served(post) as port:
        dropped = await error(channel(port))
        post.data = "250 OK"
        await send(channel(port), number=2)
    assert isinstance(dropped, NotNowError)
    assert post.raw[0] == post.raw[1]
    assert post.mails[0]["Message-ID"] == post.mails[1]["Message-ID"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("421 closing", NotNowError),
        ("450 busy", NotNowError),
        ("451 greylisted, try later", NotNowError),
        ("452 too many", NotNowError),
        ("550 no such user", RefusedError),
        ("552 over quota", RefusedError),
    ],
)
async def test_what_the_server_says_of_a_recipient_decides(answer: str, kind: type[Exception]) -> None:
    post = Post(rcpt={"desk@example.org": answer})
    async with served(post) as port:
        refused = await error(channel(port))
    assert type(refused) is kind
    assert getattr(refused, "status", None) == int(answer[:3])
    assert answer[4:] in str(refused)
    assert post.mails == []


@pytest.mark.parametrize(("answer", "kind"), [("451 later", NotNowError), ("554 looks like spam", RefusedError)])
async def test_what_the_server_says_of_the_mail_decides(answer: str, kind: type[Exception]) -> None:
    async with served(Post(data=answer)) as port:
        refused = await error(channel(port))
    assert type(refused) is kind
    assert str(refused) == answer


async def test_one_recipient_who_is_refused_for_good_keeps_none_of_the_others_from_it() -> None:
    post = Post(rcpt={"gone@example.org": "550 no such user"})
    async with served(post) as port:
        receipt = await send(channel(port), "gone@example.org", "desk@example.org")
    assert len(post.mails) == 1
    assert receipt.answer == "250 OK queued as 7; refused: gone@example.org: 550 no such user"


async def test_while_one_recipient_is_put_off_all_are_tried_again() -> None:
    post = Post(rcpt={"grey@example.org": "451 later"})
    async with served(post) as port:
        assert isinstance(await error(channel(port), "grey@example.org", "desk@example.org"), NotNowError)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody vouches for."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    return context


async def test_without_starttls_on_the_other_side_nothing_goes_out_in_clear() -> None:
    post = Post()
    async with served(post) as port:
        refused = await error(channel(port, "starttls"))
    assert isinstance(refused, NotNowError)
    assert "STARTTLS" in str(refused)
    assert post.mails == []


@pytest.mark.parametrize(("security", "wrapped"), [("starttls", False), ("tls", True)])
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: ssl.SSLContext, security: str, wrapped: bool
) -> None:
    post = Post()
    async with served(post, certificate, wrapped) as port:
        refused = await error(channel(port, security))
    assert isinstance(refused, NotNowError)
    assert "certificate verify failed" in str(refused)
    assert post.mails == []


async def test_a_server_that_speaks_no_tls_gets_nothing_when_tls_is_asked_for() -> None:
    post = Post()
    async with served(post) as port:
        assert isinstance(await error(channel(port, "tls")), NotNowError)
    assert post.mails == []


async def test_a_password_that_the_server_does_not_want_waits() -> None:
    async with served(Post()) as port:
        refused = await error(channel(port, username="tocsin", password="hunter2"))
    assert isinstance(refused, NotNowError)
    assert f"mail server 127.0.0.1:{port}" in str(refused)
    assert "hunter2" not in str(refused)


async def test_a_closed_port_is_tried_again() -> None:
    async with served(Post()) as port:
        pass
    assert isinstance(await error(channel(port)), NotNowError)


async def test_a_server_that_says_nothing_is_left() -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    mail = Email(Smtp(host="127.0.0.1", port=server.sockets[0].getsockname()[1], security="none"), 0.3)
    refused = await error(mail)
    server.close()
    assert isinstance(refused, NotNowError)


async def test_without_a_mail_server_mails_wait_and_say_what_to_set() -> None:
    refused = await error(Email(Smtp(), 1.0))
    assert isinstance(refused, NotReadyError)
    assert str(refused) == "no mail server is set: name one with smtp.host in the settings"


hostile = st.text(
    st.one_of(
        st.sampled_from('\r\n\0\u202e\u2066\u2028\x85\x1b:, <>"@é你\ud800'), st.characters(exclude_categories=())
    ),
    max_size=300,
)


@given(
    title=hostile, rule=hostile, source=hostile, sender=st.sampled_from(["tocsin@localhost", "Évén <a@b.example>", ""])
)
def test_no_text_ever_makes_a_header_or_breaks_one(title: str, rule: str, source: str, sender: str) -> None:
    alert = an_alert(events=(), title=f"Kim{title}\r\nBcc: spy@example.org", rule_name=rule, source_title=source)
    mail = compose(Message(alert, NOW), ("desk@example.org",), sender, "msg_1")
    raw = mail.as_bytes()
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert set(parsed.keys()) == HEADERS
    assert len(parsed.keys()) == len(HEADERS)
    assert parsed["To"] == "desk@example.org"
    assert not set(str(parsed["Subject"])) & set("\r\n\0\u202e\u2066\u2028")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]  # type: ignore[union-attr]
