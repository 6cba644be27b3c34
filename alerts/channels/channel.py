"""The shape of a channel: what it must be told, what it sends, and how it says that it could not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict

from alerts.render import Message
from alerts.settings import Settings
from streams.errors import PermanentError, TemporaryError


class Target(BaseModel):
    """Where one channel's messages go. Its fields are what a user may set; secrets are SecretStr."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def recipients(self) -> tuple[str, ...]:
        """Those who can each accept or refuse for themselves; empty where the target is one endpoint."""
        return ()

    def only(self, recipient: str) -> Self | None:
        """The same target for one of its recipients; None when it is none of them."""
        return None


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which attempt this is. `id` is constant over all of them, `number` counts from 1, `time` is now."""

    id: str
    number: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side took the message over. `answer` is what it said, `status` its HTTP or SMTP code."""

    answer: str
    status: int | None = None


class NotNowError(TemporaryError):
    """The other side did not take it this time; `status` is its code, `after` what it asked to wait."""

    def __init__(self, message: str, *, status: int | None = None, after: timedelta | None = None) -> None:
        super().__init__(message, after=after)
        self.status = status


class RefusedError(PermanentError):
    """The other side will never take it; `status` is its code."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NotReadyError(TemporaryError):
    """Nothing was sent, since something is not set up here; the message says what to set."""


class Channel(Protocol):
    """Sends one message, once. Duplicates, retries and bookkeeping are around it; it knows no other channel.

    `send` returns when the other side has taken the message over, or raises TemporaryError (NotNowError, NotReadyError)
    or PermanentError (RefusedError). It is bounded in time and in what it reads, and may be cancelled.
    """

    kind: ClassVar[str]
    Target: ClassVar[type[Any]]

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """A channel that is ready to send, with what the settings say."""

    async def send(self, message: Message, target: Any, attempt: Attempt) -> Receipt:
        """Hand the message over to `target`, an instance of the channel's own Target."""

    async def aclose(self) -> None:
        """Close connections."""
