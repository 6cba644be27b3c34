"""Outputs and dead letters on their way to the broker: idempotent, acknowledged by all replicas, compressed."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from streams.broker import MAX_DEAD_LETTER_BYTES, bootstrap, topic_name
from streams.errors import InfrastructureError, PermanentError
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, Topic

MAX_REQUEST_BYTES = 1_000_000
"""Larger outputs are refused before they are sent: a refusal by the broker breaks an idempotent producer's sequence."""

LONG_KEY_BYTES = 100_000
STOP_SECONDS = 3.0

TOO_LARGE, NO_VALUE = "x-too-large", "x-no-value"
"""Headers of a dead letter whose record did not fit into it, and of one that had neither key nor value."""


@dataclass(frozen=True, slots=True)
class Output:
    """A record to be written. Records of one key stay in order."""

    topic: Topic
    key: bytes | None
    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes before compression."""
        return len(self.key or b"") + len(self.value) + sum(len(k) + len(v) for k, v in self.headers.items())


class TooLargeError(PermanentError):
    """An output does not fit into a record."""


class Producer:
    """Writes for one worker. What `send` returns is done when the broker has the record."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._kafka: Any = None

    async def start(self) -> None:
        """Connect; the broker must be ready."""
        self._kafka = AIOKafkaProducer(
            bootstrap_servers=bootstrap(self._settings),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            request_timeout_ms=int(self._seconds * 1000),
            max_request_size=MAX_DEAD_LETTER_BYTES,
        )
        try:
            await self._kafka.start()
        except KafkaError as error:
            raise InfrastructureError(f"Kafka failed while a producer was started: {error!r}") from error

    async def stop(self) -> None:
        """Disconnect; what the broker has not taken by then is not waited for."""
        if self._kafka is not None:
            with contextlib.suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(self._kafka.stop(), STOP_SECONDS)

    async def send(self, output: Output) -> "asyncio.Future[Any]":
        """Hand over an output. TooLargeError when it can never be written, InfrastructureError when not now."""
        if output.size > MAX_REQUEST_BYTES:
            raise TooLargeError(
                f"the output for {output.topic.name} is {output.size} bytes; a record may have {MAX_REQUEST_BYTES}"
            )
        headers = list(output.headers.items())
        try:
            async with asyncio.timeout(self._seconds):
                sent: asyncio.Future[Any] = await self._kafka.send(
                    topic_name(self._settings, output.topic), output.value, key=output.key, headers=headers
                )
        except (KafkaError, TimeoutError) as error:
            raise InfrastructureError(f"{output.topic.name} cannot be written: {error!r}") from error
        return sent

    async def delivered(self, sent: "Sequence[asyncio.Future[Any]]") -> None:
        """Wait for the broker's answers. TooLargeError and InfrastructureError as for `send`."""
        if not sent:
            return
        _, late = await asyncio.wait(sent, timeout=self._seconds)
        if late:
            raise InfrastructureError(f"the broker did not take an output within {self._seconds:.0f} s")
        for one in sent:
            try:
                one.result()
            except MessageSizeTooLargeError as error:
                raise TooLargeError(f"the broker refuses an output as too large: {error}") from error
            except KafkaError as error:
                raise InfrastructureError(f"the broker did not take an output: {error!r}") from error

    async def bury(self, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
        """Write a dead letter and wait for the broker's answer."""
        try:
            async with asyncio.timeout(self._seconds):
                try:
                    await self._bury(key, value, headers)
                except MessageSizeTooLargeError:
                    # the original stays where it is, at x-src; its key would fit, were it not the key that is too large
                    short = key if len(key or b"") < LONG_KEY_BYTES else None
                    await self._bury(short, None, [*headers, (TOO_LARGE, b"1")])
        except (KafkaError, TimeoutError) as error:
            raise InfrastructureError(f"a dead letter cannot be written: {error!r}") from error

    async def _bury(self, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
        if key is None and value is None:
            # Kafka takes such a record, aiokafka's producer does not
            value, headers = b"", [*headers, (NO_VALUE, b"1")]
        topic = topic_name(self._settings, DEAD_LETTERS)
        await self._kafka.send_and_wait(topic, value, key=key, headers=list(headers))
