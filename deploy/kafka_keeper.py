"""Keep the Kafka of this machine running, as `tocsin up` keeps the processes."""

import asyncio
import contextlib
import os
import signal
import time

from deploy import health, supervisor
from deploy.blocking import in_thread
from deploy.kafka import LocalKafka
from deploy.settings import Settings
from deploy.supervisor import Guard
from streams.errors import TocsinError


class KafkaKeeper:
    """Keeps the Kafka of this machine running; one that was running before is used and left running."""

    def __init__(self, settings: Settings, guard: Guard, say: supervisor.Say) -> None:
        self._kafka = LocalKafka.of(settings, lambda line: say("kafka", line))
        self._guard = guard
        self._say = say
        self._pid: int | None = None
        self._adopted = False
        self._stopping = False

    async def start(self) -> None:
        """Start it unless it runs, and wait until it is ready."""
        before = await in_thread(self._kafka.status)
        self._adopted = before.running
        await in_thread(self._kafka.start)
        self._pid = (await in_thread(self._kafka.status)).pid
        if self._pid is not None and not self._adopted:
            self._guard.add(self._pid)

    async def launched(self) -> None:
        """Wait until it has a process: its address is known from then on."""
        while not await in_thread(self._kafka.launched):  # noqa: ASYNC110 -- another process: there is no event to wait for
            await asyncio.sleep(0.05)

    async def watch(self) -> None:
        """Start it again, after a growing pause, whenever it has ended."""
        pause = 0.0
        began = time.monotonic()
        while not self._stopping:
            await asyncio.sleep(0.5)
            if self._stopping or (self._pid is not None and health.is_alive(self._pid)):
                continue
            self._forget()
            pause = supervisor.next_pause(pause, time.monotonic() - began)
            self._say("kafka", f"has ended; starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            began = time.monotonic()
            try:
                await self.start()
            except TocsinError as error:
                self._say("kafka", str(error))

    async def stop(self, within: float) -> None:
        """Stop it in order, or hard when it takes longer than `within` seconds."""
        self._stopping = True
        if self._adopted:
            self._say("kafka", "was running before and is left running; `tocsin kafka stop` ends it")
            return
        pid = self._pid or (await in_thread(self._kafka.status)).pid
        try:
            await asyncio.wait_for(in_thread(self._kafka.stop), within)
        except TimeoutError:
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
        self._forget()

    def _forget(self) -> None:
        if self._pid is not None and not self._adopted:
            self._guard.drop(self._pid)
        self._pid = None
