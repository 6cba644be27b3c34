"""Keep programs running: started again with a growing pause when they end, and stopped in order.

Every program has a process group of its own, so that a Ctrl-C in the terminal reaches only the supervisor, and so that
nothing of it remains when it has ended.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Self

from streams import service
from streams.errors import InfrastructureError

EXIT_USAGE = 2
LONGEST_PAUSE = 30.0
WELL_AFTER = 60.0
"""Seconds that a program must have run for its next end to count as the first one again."""

LONGEST_LINE = 8_192
COMPLAINT = "tocsin: "
"""How a command begins the lines in which it says what is wrong."""

STOP_SECONDS = service.SHUTDOWN_SECONDS + 1.0
"""A process ends itself hard SHUTDOWN_SECONDS after the signal; after this we do."""

HEAD_START = 1.5
"""Seconds that a program has for ending before the next one in the order is told to."""

Say = Callable[[str, str], None]
"""Takes the name of the program and a line about or from it."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and the name that its lines carry."""

    name: str
    command: tuple[str, ...]


def next_pause(before: float, ran: float) -> float:
    """Seconds to wait before the next start: 1, 2, 4 … 30, and 1 again after a run of WELL_AFTER."""
    return 1.0 if ran >= WELL_AFTER or before == 0 else min(LONGEST_PAUSE, before * 2)


class Guard:
    """The helper process that ends what is left should this process be killed."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("guard.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script)], stdin=subprocess.PIPE, start_new_session=True
        )

    def add(self, group: int) -> None:
        """End this process group if we are killed."""
        self._order(f"+{group}\n")

    def drop(self, group: int) -> None:
        """Leave this process group alone: it has ended."""
        self._order(f"-{group}\n")

    def _order(self, order: str) -> None:
        if self._process.stdin is None:
            raise InfrastructureError("the guard process has no standard input")
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(order.encode("ascii"))
            self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=5)


class Keeper:
    """Keeps one program running.

    `refused` is set when its settings do not fit at the start: then it is not started again, and `complaints` is what
    it said of them, in its lines that begin with `tocsin: `. Once `proven`, it is started again whatever it says: what
    it refuses (a rules file being edited, a Kafka that is away) may be in order a moment later.
    """

    def __init__(self, program: Program, guard: Guard, say: Say) -> None:
        self.program = program
        self.pid: int | None = None
        self.starts = 0
        self.proven = False
        self.refused = asyncio.Event()
        self.complaints: list[str] = []
        self._guard = guard
        self._say = say
        self._stopping = asyncio.Event()
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Start the program again and again until `stop` is called or its settings are wrong."""
        pause = 0.0
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                status = await self._run_once()
                if self._stopping.is_set():
                    return
                if status == EXIT_USAGE and not self.proven:
                    self._say(self.program.name, "cannot work with these settings, and is not started again")
                    self.refused.set()
                    return
                pause = next_pause(pause, time.monotonic() - began)
                self._say(self.program.name, f"{_describe_end(status)}; starting it again in {pause:g} s")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
        finally:
            self._gone.set()

    def terminate(self) -> None:
        """Tell the program to end, and start it no more."""
        self._stopping.set()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the program and everything it started at once."""
        self._stopping.set()
        self._signal(signal.SIGKILL)

    async def gone(self, within: float) -> bool:
        """Wait until the program has ended for good; False when it has not in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), within)
        return self._gone.is_set()

    async def _run_once(self) -> int:
        # A pipe of our own: asyncio's `wait` would wait for the end of the output as well, which a program's
        # child may hold open.
        read_end, write_end = os.pipe()
        with os.fdopen(read_end, "rb", 0) as output:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self.program.command,
                    stdin=subprocess.DEVNULL,
                    stdout=write_end,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                self._say(self.program.name, f"cannot be started: {error}")
                return EXIT_USAGE
            finally:
                os.close(write_end)
            return await self._watch(process, output)

    async def _watch(self, process: asyncio.subprocess.Process, output: FileIO) -> int:
        """Pass on what the process says until it has ended; then end what it may have left in its group."""
        self._guard.add(process.pid)
        self.complaints.clear()
        self.pid, self.starts = process.pid, self.starts + 1
        if self._stopping.is_set():  # told to stop while it was being started
            self._signal(signal.SIGTERM)
        pump = asyncio.create_task(self._pass_on(output))
        try:
            return await process.wait()
        finally:
            self._signal(signal.SIGKILL)
            self.pid = None
            self._guard.drop(process.pid)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pump, 1.0)

    async def _pass_on(self, output: FileIO) -> None:
        """Say every line of the program, cut where it is endless."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), output
        )
        rest = b""
        try:
            while data := await reader.read(65_536):
                *lines, rest = (rest + data).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._pass_line(line)
            if rest:
                self._pass_line(rest)
        finally:
            transport.close()

    def _pass_line(self, line: bytes) -> None:
        text = line[:LONGEST_LINE].decode("utf-8", "replace").rstrip()
        if text.startswith(COMPLAINT):
            self.complaints.append(text.removeprefix(COMPLAINT))
        self._say(self.program.name, text)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


async def stop(keepers: Sequence[Keeper], *, patience: float = STOP_SECONDS, head_start: float = HEAD_START) -> None:
    """Stop programs in the given order, each with a head start, and end hard what still runs after `patience`."""
    deadline = time.monotonic() + patience
    for keeper in keepers:
        keeper.terminate()
        await keeper.gone(min(head_start, max(0.0, deadline - time.monotonic())))
    for keeper in keepers:
        if not await keeper.gone(max(0.0, deadline - time.monotonic())):
            keeper.kill()
            await keeper.gone(2.0)


def _describe_end(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
