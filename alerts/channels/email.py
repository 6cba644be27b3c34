"""E-mail: one message by SMTP, text and HTML, with a Message-ID that is the same over all attempts."""

import contextlib
import re
from collections.abc import AsyncIterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any, ClassVar, Self

import aiosmtplib
from pydantic import field_validator

from alerts import render
from alerts.channels import channel
from alerts.quotes import plain
from alerts.settings import Settings, Smtp

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
"""One plain address; names in brackets, quoted parts and lists are not."""

ACCEPTED = 250

LONG_HEADERS = SMTP.clone(max_line_length=998)
"""Headers as long as RFC 5322 allows: folded at 78, a subject may begin on a line of its own, and is read with a blank
in front.
"""


class EmailTarget(channel.Target):
    """Those who get the mail: one address or a list of them. Each has a mail and a delivery of their own."""

    to: tuple[str, ...]

    @field_validator("to", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("to")
    @classmethod
    def _check_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            if not ADDRESS.fullmatch(address) or ".." in address:
                raise ValueError(f"{plain(address, 80)!r} is no e-mail address; write desk@example.org")
        if not addresses:
            raise ValueError("names nobody; write at least one address")
        return tuple(dict.fromkeys(addresses))

    def recipients(self) -> tuple[str, ...]:
        """Each address."""
        return self.to

    def only(self, recipient: str) -> Self | None:
        """The same with one of its addresses."""
        return self.model_copy(update={"to": (recipient,)}) if recipient in self.to else None


class Email:
    """Hands mails to the server that the settings name; what it says of a recipient decides."""

    kind: ClassVar[str] = "email"
    Target: ClassVar[type[EmailTarget]] = EmailTarget

    def __init__(self, smtp: Smtp, timeout: float) -> None:
        self._smtp = smtp
        self._timeout = timeout

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """A channel to the mail server of the settings."""
        return cls(settings.smtp, settings.delivery.timeout)

    async def send(self, message: render.Message, target: EmailTarget, attempt: channel.Attempt) -> channel.Receipt:
        """Send one mail. Refused for now (4xx, no connection, no TLS): NotNowError. Refused for good: RefusedError.

        A target of several addresses is one transaction; if the server takes some and puts off others, all are tried
        again, with the same Message-ID.
        """
        if not self._smtp.host:
            raise channel.NotReadyError("no mail server is set: name one with smtp.host in the settings")
        mail = compose(message, target.to, self._smtp.sender, attempt.id)
        sender = parseaddr(self._smtp.sender)[1]
        try:
            async with self._session() as session:
                refused, answer = await session.sendmail(sender, list(target.to), mail.as_bytes(policy=LONG_HEADERS))
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal({one.recipient: (one.code, one.message) for one in error.recipients}) from error
        except aiosmtplib.SMTPDataError as error:
            raise _verdict(error.code, f"{error.code} {plain(error.message)}") from error
        except aiosmtplib.SMTPResponseException as error:
            # At greeting, TLS, login or sender: what is wrong is not the mail, so it waits until that is mended.
            raise channel.NotNowError(
                f"{self._server()}: {error.code} {plain(error.message)}", status=error.code
            ) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise channel.NotNowError(f"{self._server()}: {plain(str(error)) or type(error).__name__}") from error
        if refused and any(code < 500 for code, _ in refused.values()):
            raise _refusal(dict(refused))
        noted = f"; refused: {_told(dict(refused))}" if refused else ""
        return channel.Receipt(f"{ACCEPTED} {plain(answer)}{noted}", ACCEPTED)

    async def aclose(self) -> None:
        """Nothing is kept open between mails."""

    def _server(self) -> str:
        return f"mail server {self._smtp.host}:{self._smtp.port}"

    @contextlib.asynccontextmanager
    async def _session(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A session as secure as the settings ask: `starttls` and `tls` never go on in clear."""
        smtp = self._smtp
        session = aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            timeout=self._timeout,
            use_tls=smtp.security == "tls",
            start_tls=smtp.security == "starttls",
            username=smtp.username or None,
            password=smtp.password.get_secret_value() or None,
        )
        try:
            await session.connect()
            yield session
            # The mail is accepted: what happens to the goodbye changes nothing.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await session.quit(timeout=2)
        finally:
            session.close()


def _refusal(answers: dict[str, tuple[int, str]]) -> channel.NotNowError | channel.RefusedError:
    """For good only when every recipient that was refused is refused for good."""
    least = min(code for code, _ in answers.values())
    return _verdict(least, _told(answers))


def _verdict(code: int, answer: str) -> channel.NotNowError | channel.RefusedError:
    kind = channel.RefusedError if code >= 500 else channel.NotNowError
    return kind(answer, status=code)


def _told(answers: dict[str, tuple[int, str]]) -> str:
    return "; ".join(f"{address}: {code} {plain(text)}" for address, (code, text) in answers.items())


def compose(message: render.Message, to: tuple[str, ...], sender: str, delivery_id: str) -> EmailMessage:
    """The mail: byte for byte the same headers and texts for the same delivery, whatever the titles and names hold."""
    mail = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2] or "localhost"
    local = address.rpartition("@")[0] or "tocsin"
    mail["From"] = Address(display_name=plain(name, 80), username=local, domain=domain)
    mail["To"] = ", ".join(to)
    mail["Subject"] = message.subject
    mail["Date"] = message.created
    mail["Message-ID"] = f"<{delivery_id}@{domain}>"
    mail["List-Id"] = f"<{re.sub(r'[^A-Za-z0-9]', '-', message.alert.rule.id)[:80] or 'alerts'}.tocsin.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    _fill(mail, message)
    return mail


def _fill(mail: EmailMessage, message: render.Message) -> None:
    # Quoted-printable keeps every line below 998 octets, whatever the texts hold, and needs no 8BITMIME of the server.
    options: dict[str, Any] = {"charset": "utf-8", "cte": "quoted-printable"}
    mail.set_content(message.text, **options)
    mail.add_alternative(message.html, subtype="html", **options)
    # The boundary would otherwise be chosen at random: the same delivery is to be the same mail.
    mail.set_boundary(f"==={mail['Message-ID'].strip('<>').partition('@')[0]}===")
